"""A text screen as lines for a terminal, and as values for JSON. Pure."""

from __future__ import annotations

from itertools import groupby

from ecsvnc.screen.colours import console_colour
from ecsvnc.screen.text_screen import Cell, TextScreen

RESET = "\x1b[0m"


def ansi_lines(screen: TextScreen) -> list[str]:
    """Each row with its colours (ECMA-48 SGR); blanks at its end are left out if they are black.

    The 16 colours of text consoles are the terminal's own, others are given as they are. White on black, as almost all
    text is, is left to the terminal.
    """
    return [_ansi_line(list(row)) for row in screen.cells]


def _ansi_line(row: list[Cell]) -> str:
    while row and row[-1].character == " " and console_colour(row[-1].background) == 0:
        row.pop()
    parts = []
    for sgr, cells in groupby(row, key=_sgr):
        text = "".join(cell.character for cell in cells)
        parts.append(f"\x1b[{sgr}m{text}{RESET}" if sgr else text)
    return "".join(parts)


def _sgr(cell: Cell) -> str:
    """The parameters of SGR for the colours of a cell; empty for the terminal's own. A blank has no foreground."""
    foreground = console_colour(cell.foreground)
    background = console_colour(cell.background)
    parts = []
    if cell.character.strip() and foreground != 7:
        parts.append(sgr_parameters(cell.foreground, foreground, 30))
    if background != 0:
        parts.append(sgr_parameters(cell.background, background, 40))
    return ";".join(parts)


def sgr_parameters(colour: int, index: int | None, base: int) -> str:
    """SGR's number for one of the 16 colours: `base` and 7 more, and 60 higher for the bright ones. Else 24 bits."""
    if index is None:
        return f"{base + 8};2;{colour >> 16};{colour >> 8 & 255};{colour & 255}"
    return str(base + index if index < 8 else base + 52 + index)


def text_values(screen: TextScreen) -> dict[str, object]:
    """What `--output json` has of the text: `lines`, `columns`, `rows`, `cursor` (`column`, `row`), `unknown`."""
    return {
        "lines": list(screen.lines),
        "columns": screen.columns,
        "rows": screen.rows,
        "cursor": screen.cursor and screen.cursor._asdict(),
        "unknown": screen.unknown,
    }
