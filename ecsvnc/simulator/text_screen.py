"""A text screen: a grid of characters with a cursor, scrolling and scrollback."""

from __future__ import annotations

from collections import deque

from ecsvnc.simulator.font import GLYPH_HEIGHT
from ecsvnc.simulator.framebuffer import Framebuffer

Cell = tuple[str, int, int]
"""A character, the colour of its ink and that of its paper."""

SCROLLBACK_ROWS = 400


class TextScreen:
    """`columns` by `rows` characters. The cursor may be one past the last column: it wraps at the next character."""

    def __init__(self, columns: int, rows: int, *, ink: int, paper: int) -> None:
        self.columns = columns
        self.rows = rows
        self.ink = ink
        self.paper = paper
        self._blank: Cell = (" ", ink, paper)
        self._grid = [self._empty_row() for _ in range(rows)]
        self._gone: deque[list[Cell]] = deque(maxlen=SCROLLBACK_ROWS)
        self._drawn: list[list[Cell]] = []
        self.cursor_column = 0
        self.cursor_row = 0
        self.scrolled_back = 0
        """How many rows of scrollback are in view."""

    def write(self, text: str, ink: int | None = None, paper: int | None = None) -> None:
        r"""Write at the cursor; `\n` begins a new line."""
        for character in text:
            if character == "\n":
                self._next_line()
                continue
            if self.cursor_column == self.columns:
                self._next_line()
            cell = (character, self.ink if ink is None else ink, self.paper if paper is None else paper)
            self._grid[self.cursor_row][self.cursor_column] = cell
            self.cursor_column += 1

    def erase_back(self, count: int) -> None:
        """Erase the last `count` characters before the cursor, across line ends too."""
        for _ in range(count):
            if self.cursor_column == 0 and self.cursor_row > 0:
                self.cursor_row -= 1
                self.cursor_column = self.columns
            self.cursor_column = max(0, self.cursor_column - 1)
            self._grid[self.cursor_row][self.cursor_column] = self._blank

    def clear(self) -> None:
        """Clear the screen, not the scrollback."""
        self._grid = [self._empty_row() for _ in range(self.rows)]
        self.cursor_column = self.cursor_row = 0
        self.scrolled_back = 0

    def reset(self) -> None:
        """Clear the screen and the scrollback."""
        self.clear()
        self._gone.clear()

    def scroll_view(self, rows: int) -> None:
        """Scroll the view back, or forward with a negative number."""
        self.scrolled_back = max(0, min(len(self._gone), self.scrolled_back + rows))

    def visible(self) -> list[list[Cell]]:
        """The rows in view, as copies."""
        kept = list(self._gone)[len(self._gone) - self.scrolled_back :]
        return [list(row) for row in (kept + self._grid)[: self.rows]]

    def cursor(self) -> tuple[int, int] | None:
        """The column and row where the cursor is in view; None when it is not."""
        row = self.cursor_row + self.scrolled_back
        return (min(self.cursor_column, self.columns - 1), row) if row < self.rows else None

    def text(self) -> str:
        """The visible text, as lines without trailing spaces."""
        return "\n".join("".join(cell[0] for cell in row).rstrip() for row in self.visible())

    def draw(self, framebuffer: Framebuffer, rows: list[list[Cell]]) -> None:
        """Draw `rows` (what is `visible`, with marks on it) from the upper left corner, those that changed."""
        for number, row in enumerate(rows):
            if number >= len(self._drawn) or row != self._drawn[number]:
                framebuffer.cells(0, number * GLYPH_HEIGHT, row)
        self._drawn = rows

    def _next_line(self) -> None:
        self.cursor_column = 0
        if self.cursor_row < self.rows - 1:
            self.cursor_row += 1
            return
        self._gone.append(self._grid.pop(0))
        self._grid.append(self._empty_row())

    def _empty_row(self) -> list[Cell]:
        return [self._blank] * self.columns
