"""What a text screen shows: characters in cells, their colours, and the cursor. Pure.

A colour is a number 0xRRGGBB.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

UNKNOWN = "\ufffd"
"""The character of a cell that could not be read."""


class Cell(NamedTuple):
    """One cell. A wide character (Chinese, Japanese, Korean) is in the first of two cells; that of the second is ""."""

    character: str
    foreground: int
    background: int


class Position(NamedTuple):
    """A place on the screen, counted from 0."""

    column: int
    row: int


class Grid(NamedTuple):
    """Where the cells are on the screen, in pixels. `gap`: the ninth column of the VGA's cells, which is no glyph's."""

    x: int
    y: int
    columns: int
    rows: int
    cell_width: int
    cell_height: int
    gap: int = 0


@dataclass(frozen=True)
class TextScreen:
    """A screen of text as it was read. `cells` has `grid.rows` rows of `grid.columns` cells."""

    grid: Grid
    cells: tuple[tuple[Cell, ...], ...]
    cursor: Position | None
    unknown: int
    """How many cells could not be read."""

    @property
    def columns(self) -> int:
        """How many cells a row has."""
        return self.grid.columns

    @property
    def rows(self) -> int:
        """How many rows of cells there are."""
        return self.grid.rows

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The characters of each row, without the blanks at its end."""
        return tuple("".join([cell.character for cell in row]).rstrip() for row in self.cells)
