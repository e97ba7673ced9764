"""The console's screen as the terminal shows it: the part that fits, as text or as a picture."""

from __future__ import annotations

from ecsvnc.attach.follow_screen import ScreenFollower
from ecsvnc.attach.frame import Frame
from ecsvnc.attach.half_blocks import half_blocks
from ecsvnc.attach.viewport import follow, part
from ecsvnc.console.client import ConsoleClient
from ecsvnc.screen.text_screen import Position, TextScreen

PICTURE_SIZE = (80, 24)
"""Columns and rows of a picture where no terminal has a size."""


class ScreenWindow:
    """A window onto one console's screen."""

    def __init__(self, console: ConsoleClient, *, has_colours: bool) -> None:
        self.follows_cursor = True
        """Whether the part that is shown moves with the cursor; else it stays where `move` put it."""
        self._console = console
        self._has_colours = has_colours
        self._follower = ScreenFollower()
        self._seen = -1
        self._corner = Position(0, 0)
        self._pictures: dict[tuple[int, int], Frame] = {}  # of what was seen last, by their size

    @property
    def text(self) -> TextScreen | None:
        """The text that it shows; None if the screen is shown as a picture, or not yet."""
        return self._follower.text

    @property
    def due_in_s(self) -> float | None:
        """Seconds until `look` has something to do although nothing is received; None for never."""
        return self._follower.due_in_s(self._console.now)

    def look(self) -> bool:
        """Read the screen if it has changed. Returns whether it was read."""
        if self._seen == self._console.version and self.due_in_s != 0:
            return False
        self._seen = self._console.version
        self._pictures.clear()
        self._follower.look(self._console.framebuffer, self._console.now)
        return True

    def frame(self, columns: int, rows: int) -> Frame:
        """What a terminal of this size shows of it, which may be larger on the right and below; no rows at first."""
        text = self.text
        if text is None:
            return self._picture_in(columns, rows)
        cursor = text.cursor if self.follows_cursor else None
        self._corner = follow(self._corner, cursor, (text.columns, text.rows), (columns, rows))
        column, row = self._corner
        cursor = text.cursor and Position(text.cursor.column - column, text.cursor.row - row)
        return Frame(part(text.cells, self._corner), cursor)

    @property
    def whole(self) -> Frame:
        """All of the screen, whatever the terminal's size: a picture in PICTURE_SIZE."""
        text = self.text
        return Frame(text.cells, text.cursor) if text is not None else self._picture_in(*PICTURE_SIZE)

    def move(self, columns: int, rows: int) -> None:
        """Show another part: so many columns to the right, and rows down."""
        self._corner = Position(self._corner.column + columns, self._corner.row + rows)

    def _picture_in(self, columns: int, rows: int) -> Frame:
        if not self._follower.is_picture:
            return Frame(())
        size = (columns, rows)
        if size not in self._pictures:
            blocks = half_blocks(self._console.framebuffer, *size, has_colours=self._has_colours)
            self._pictures[size] = Frame(blocks)
        return self._pictures[size]
