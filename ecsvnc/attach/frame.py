"""What a terminal is to show: rows of cells and a cursor. Pure.

Text screens, pictures, the menu and the status line are all laid out as such cells, so that one place draws them.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from ecsvnc.screen.colours import console_colour
from ecsvnc.screen.text_screen import Cell, Position

Row = tuple[Cell, ...]

_BLACK, _LIGHT_GREY = 0x000000, 0xAAAAAA
"""The colours of almost all text on consoles, which a terminal shows in its own two."""

BLANK = Cell(" ", _LIGHT_GREY, _BLACK)


class Frame(NamedTuple):
    """What is shown from the upper left corner on; a row may be shorter than the terminal is wide."""

    rows: tuple[Row, ...]
    cursor: Position | None = None


def is_blank(cell: Cell) -> bool:
    """Whether nothing is in a cell, on the terminal's own background."""
    return cell.character == " " and console_colour(cell.background) == 0


def text_row(text: str, *, columns: int, is_marked: bool = False) -> Row:
    """A row of ecsvnc's own, so many columns wide: a text in reversed colours, in plain ones if it is marked."""
    foreground, background = (_LIGHT_GREY, _BLACK) if is_marked else (_BLACK, _LIGHT_GREY)
    cells = [Cell(part, foreground, background) for character in text for part in _in_cells(character)]
    return (*cells[:columns], *(Cell(" ", foreground, background),) * (columns - len(cells)))


def width_of(text: str) -> int:
    """How many cells a text needs."""
    return sum(len(_in_cells(character)) for character in text)


def _in_cells(character: str) -> tuple[str, ...]:
    return (character, "") if unicodedata.east_asian_width(character) in "WF" else (character,)
