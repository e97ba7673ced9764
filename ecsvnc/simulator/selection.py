"""The pointer on a text screen: a block that follows it, text selected by dragging, and pasting it."""

from __future__ import annotations

from ecsvnc.simulator.text_screen import Cell

LEFT, MIDDLE, WHEEL_UP, WHEEL_DOWN = 1, 2, 8, 16
"""Buttons of a PointerEvent (RFC 6143, section 7.5.5)."""


class Selection:
    """The pointer's position and selection, in cells of a grid of `columns`."""

    def __init__(self, columns: int, *, paper: int) -> None:
        self.text = ""
        """What was selected last; it stays when the selection is no longer shown."""
        self._columns = columns
        self._paper = paper
        self._pointer: tuple[int, int] | None = None
        self._buttons = 0
        self._from: int | None = None
        self._to = 0

    def pointer(self, column: int, row: int, buttons: int, rows: list[list[Cell]]) -> int:
        """The pointer moved, or a button changed; `rows` is what is in view. Returns the buttons newly pressed."""
        pressed = buttons & ~self._buttons
        is_dragging = bool((buttons | self._buttons) & LEFT)
        self._buttons = buttons
        self._pointer = (column, row)
        here = row * self._columns + column
        if pressed & LEFT:
            self._from = here
        if self._from is not None and is_dragging:
            self._to = here
            self.text = "".join(rows[row][column][0] for column, row in self._cells()).strip()
        return pressed

    def unmark(self) -> None:
        """Stop showing the selection."""
        self._from = None

    def mark(self, rows: list[list[Cell]]) -> None:
        """Show selection and pointer on the rows that are about to be drawn."""
        for column, row in self._cells():
            character, ink, _ = rows[row][column]
            rows[row][column] = (character, ink, self._paper)
        if self._pointer:
            invert(rows, *self._pointer)

    def _cells(self) -> list[tuple[int, int]]:
        """Columns and rows of what is marked, in reading order."""
        if self._from is None:
            return []
        first, last = sorted((self._from, self._to))
        return [(at % self._columns, at // self._columns) for at in range(first, last + 1)]


def invert(rows: list[list[Cell]], column: int, row: int) -> None:
    """Change ink and paper of one cell."""
    character, ink, paper = rows[row][column]
    rows[row][column] = (character, paper, ink)
