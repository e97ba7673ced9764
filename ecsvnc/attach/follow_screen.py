"""The text on a screen that changes all the time, so that it can be shown without flicker. Pure: times are given to it.

While a console connects, changes its mode or draws, its text cannot be read for a moment: what was shown stays then,
and at first nothing is. Whether a picture has become text is looked at twice a second, since a search for text takes
long.
"""

from __future__ import annotations

from dataclasses import replace

from ecsvnc.capture.blinking import without_cursor
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.reader import ScreenReader
from ecsvnc.screen.text_screen import TextScreen

STAYS_S = 0.3
"""How long a screen without text is not yet taken for a picture."""

CURSOR_STAYS_S = 0.7
"""How long the cursor is shown where it was last: it blinks, in the demo for half a second, and moves undrawn."""

SEARCHED_EVERY_S = 0.5


class ScreenFollower:
    """Follows one console's screen. All times in seconds of one clock that never jumps."""

    def __init__(self) -> None:
        self.text: TextScreen | None = None
        """The text to show; None if there is none, or not yet."""
        self.is_picture = False
        """Whether the screen is to be shown as a picture."""
        self._reader = ScreenReader()
        self._last: TextScreen | None = None  # as it was read
        self._lost_at_s: float | None = None
        self._cursor_seen_at_s = 0.0
        self._search_at_s = 0.0
        self._due_at_s: float | None = None

    def due_in_s(self, now: float) -> float | None:
        """Seconds until `look` should be called although nothing has changed; None if it need not be."""
        return None if self._due_at_s is None else max(0.0, self._due_at_s - now)

    def look(self, framebuffer: Framebuffer, now: float) -> None:
        """The screen has changed, or it is time."""
        if self.is_picture and now < self._search_at_s:
            self._due_at_s = self._search_at_s
            return
        # The first picture after a connection, and after a change of mode, is often black.
        is_passing = framebuffer.is_one_colour and not self.is_picture
        read = None if is_passing and now < (self._lost_at_s or now) + STAYS_S else self._reader.read(framebuffer)
        if read is not None:
            self.text = self._with_cursor(read, now)
            self._last, self._lost_at_s, self.is_picture = read, None, False
            hides_cursor = read.cursor is None and self.text.cursor is not None
            self._due_at_s = self._cursor_seen_at_s + CURSOR_STAYS_S if hides_cursor else None
            return
        self._lost_at_s = now if self._lost_at_s is None else self._lost_at_s
        if not self.is_picture and now < self._lost_at_s + STAYS_S:
            self._due_at_s = self._lost_at_s + STAYS_S
            return
        self.text = self._last = self._due_at_s = None
        self.is_picture = True
        self._search_at_s = now if framebuffer.is_one_colour else now + SEARCHED_EVERY_S

    def _with_cursor(self, read: TextScreen, now: float) -> TextScreen:
        """The screen with its cursor: the one that blinks, or for a moment the last one."""
        if read.cursor is None and self._last is not None and (told := without_cursor(self._last, read)) is not None:
            read = told
        if read.cursor is not None or (self._last is not None and self._last.cursor is not None):
            self._cursor_seen_at_s = now  # if it is not there now, it was until now
        if read.cursor is not None:
            return read
        if self.text is not None and self.text.grid == read.grid and now < self._cursor_seen_at_s + CURSOR_STAYS_S:
            return replace(read, cursor=self.text.cursor)
        return read
