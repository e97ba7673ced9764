"""Tells a cursor from a character `_`, which has the same bitmap on a VGA: the cursor blinks. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecsvnc.screen.text_screen import Position

if TYPE_CHECKING:
    from ecsvnc.screen.text_screen import TextScreen

BLINK_S = 0.35
"""The longest time between two changes of a cursor: QEMU's VGA shows and hides it every 0.27 s, Linux every 0.2 s."""


def may_have_cursor(screen: TextScreen) -> bool:
    """Whether a `_` stands where a cursor usually does: after a blank or first in a row, with blanks after it."""
    return screen.cursor is None and any(line.endswith("_") and line[-2:] in ("_", " _") for line in screen.lines)


def without_cursor(one: TextScreen, other: TextScreen) -> TextScreen | None:
    """The text of two pictures of a screen that differ only in a cursor's cell, with the cursor; else None."""
    if one.grid != other.grid:
        return None
    different = [
        (Position(column, row), {cell.character, cells[column].character})
        for row, (cells, line) in enumerate(zip(other.cells, one.cells, strict=True))
        if cells != line
        for column, cell in enumerate(line)
        if cell != cells[column]
    ]
    if len(different) != 1 or different[0][1] != {"_", " "}:
        return None
    position = different[0][0]
    is_blank = one.cells[position.row][position.column].character == " "
    return replace(one if is_blank else other, cursor=position)
