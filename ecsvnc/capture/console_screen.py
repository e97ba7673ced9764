"""The screen of an open console."""

from __future__ import annotations

from ecsvnc.capture.shot import Shot
from ecsvnc.console.client import ConsoleClient
from ecsvnc.runtime import Runtime
from ecsvnc.screen.reader import ScreenReader


class ConsoleScreen:
    """What an open console shows. A connection that breaks is taken up again by the client."""

    def __init__(self, console: ConsoleClient, runtime: Runtime) -> None:
        self._console = console
        self._runtime = runtime
        self._reader = ScreenReader()
        self._seen = -1

    def look(self) -> Shot:
        """What is on it, once the picture is up to date."""
        self._console.settle()
        return self._shot()

    def next(self, timeout_s: float) -> Shot | None:
        """What is on it after its next change; None if there was none."""
        self._console.wait(timeout_s)
        return self._shot() if self._console.version != self._seen else None

    def _shot(self) -> Shot:
        self._seen = self._console.version
        framebuffer = self._console.framebuffer
        return Shot(framebuffer, self._reader.read(framebuffer), self._runtime.now(), "console")
