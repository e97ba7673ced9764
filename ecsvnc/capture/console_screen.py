"""The screen of an open console."""

from __future__ import annotations

from ecsvnc.capture.blinking import BLINK_S, may_have_cursor, without_cursor
from ecsvnc.capture.shot import Shot
from ecsvnc.console.client import ConsoleClient
from ecsvnc.runtime import Runtime
from ecsvnc.screen.reader import ScreenReader


class ConsoleScreen:
    """The screen of an open console. The client reconnects when the connection breaks.

    Without `reads_text`, shots only have pixels, since reading takes time.
    """

    def __init__(self, console: ConsoleClient, runtime: Runtime, *, reads_text: bool = True) -> None:
        self._console = console
        self._runtime = runtime
        self._reader = ScreenReader() if reads_text else None
        self._seen = -1

    def look(self) -> Shot:
        """The screen, once it is up to date."""
        self._console.settle()
        shot = self._shot()
        if shot.text is None or not may_have_cursor(shot.text):
            return shot
        later = self.next(BLINK_S)
        if later is None or later.text is None:
            return shot
        text = without_cursor(shot.text, later.text)
        return later if text is None else later._replace(text=text)

    def next(self, timeout_s: float) -> Shot | None:
        """The screen after its next change; None if there was none."""
        self._console.wait(timeout_s)
        return self._shot() if self._console.version != self._seen else None

    def _shot(self) -> Shot:
        self._seen = self._console.version
        framebuffer = self._console.framebuffer
        text = self._reader.read(framebuffer) if self._reader is not None else None
        return Shot(framebuffer, text, self._runtime.now(), "console")
