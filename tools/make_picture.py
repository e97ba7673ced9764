"""Draws the README's picture: `python tools/make_picture.py` runs the demo on a terminal and makes docs/terminal.svg.

A test says when the program prints something else.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path

import pyte

PICTURE = Path(__file__).parents[1] / "docs" / "terminal.svg"

PROGRAM = Path(sys.executable).with_name("ecsvnc")

ENVIRON = {"PATH": os.defpath, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
"""Nothing of the machine on which it is made."""

COMMANDS = (("demo", "list"), ("demo", "screen", "web-1", "-o", "ansi"))

_COLUMNS, _ROWS = 92, 48
_CELL_WIDTH, _CELL_HEIGHT, _FONT_SIZE, _MARGIN = 8.4, 18, 14, 16
_BACKGROUND, _FOREGROUND = "#11151c", "#d6dae0"
_COLOURS = {
    "black": "#3b4252",
    "red": "#f07178",
    "green": "#8fce6f",
    "brown": "#e6c07b",  # pyte's name of yellow
    "blue": "#6cb6ff",
    "magenta": "#d2a8ff",
    "cyan": "#62d1d1",
    "white": "#d6dae0",
}


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(drawn(screen()), "utf-8")


def screen() -> pyte.Screen:
    """A terminal on which COMMANDS were typed and ran to their ends."""
    terminal = pyte.Screen(_COLUMNS, _ROWS)
    stream = pyte.ByteStream(terminal)
    for command in COMMANDS:
        stream.feed(f"\x1b[32m$\x1b[0m \x1b[1mecsvnc {' '.join(command)}\x1b[0m\r\n".encode())
        stream.feed(_shown(command))
    return terminal


def _shown(command: tuple[str, ...]) -> bytes:
    """What a command shows on a terminal."""
    outer, inner = pty.openpty()
    termios.tcsetwinsize(inner, (_ROWS, _COLUMNS))
    process = subprocess.Popen([PROGRAM, *command], stdin=inner, stdout=inner, stderr=inner, env=ENVIRON)
    os.close(inner)
    shown = b""
    try:
        while piece := os.read(outer, 65536):
            shown += piece
    except OSError:  # EIO: the program has ended
        pass
    finally:
        os.close(outer)
    if process.wait() != 0:
        raise SystemExit(shown.decode())
    return shown


def drawn(terminal: pyte.Screen) -> str:
    """The screen as SVG, to the last row with text."""
    rows = len("\n".join(row.rstrip() for row in terminal.display).rstrip().split("\n"))
    width = _COLUMNS * _CELL_WIDTH + 2 * _MARGIN
    height = rows * _CELL_HEIGHT + 2 * _MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}">',
        f'<rect width="100%" height="100%" rx="10" fill="{_BACKGROUND}"/>',
        f'<g font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="{_FONT_SIZE}">',
        *(run for row in range(rows) for run in _runs(terminal, row)),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _runs(terminal: pyte.Screen, row: int) -> Iterator[str]:
    """The pieces of a row that look alike: their background, and their text."""
    cells = [terminal.buffer[row][column] for column in range(_COLUMNS)]
    top = _MARGIN + row * _CELL_HEIGHT
    for look, group in groupby(range(_COLUMNS), key=lambda column: cells[column]._replace(data="")):
        columns = list(group)
        text = "".join(cells[column].data for column in columns)
        left, width = _MARGIN + columns[0] * _CELL_WIDTH, len(columns) * _CELL_WIDTH
        front, back = _colour(look.fg, _FOREGROUND), _colour(look.bg, _BACKGROUND)
        if look.reverse:
            front, back = back, front
        if back != _BACKGROUND:
            yield f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{_CELL_HEIGHT}" fill="{back}"/>'
        if text.strip():
            stripped = text.rstrip()
            weight = ' font-weight="bold"' if look.bold else ""
            yield (
                f'<text x="{left:.1f}" y="{top + _FONT_SIZE - 1}" fill="{front}"{weight} xml:space="preserve" '
                f'textLength="{len(stripped) * _CELL_WIDTH:.1f}">{escape(stripped)}</text>'
            )


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return _COLOURS.get(name.removeprefix("bright"), f"#{name}")


if __name__ == "__main__":
    main()
