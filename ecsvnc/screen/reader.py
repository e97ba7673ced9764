"""Reads the text of a console's screen. Pure; the reader keeps what it has found of the screen.

The grid of cells is searched when the size of the screen changes or its text can no longer be read.
"""

from __future__ import annotations

from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.find_grid import find_grid
from ecsvnc.screen.grid_reader import GridReader
from ecsvnc.screen.text_screen import TextScreen

MAX_SKIPPED = 64
"""A search at every offset can take a second. After each in vain, twice as many screens are read without one."""


class ScreenReader:
    """Reads one console's screens, one after another."""

    def __init__(self) -> None:
        self._kind: tuple[int, int, int, bool] | None = None
        self._reader: GridReader | None = None
        self._skip = 0
        self._skipped = 0

    def read(self, framebuffer: Framebuffer) -> TextScreen | None:
        """The text on the screen; None if it shows a picture and no text."""
        return self._read(framebuffer, has_noise=False)

    def read_picture(self, framebuffer: Framebuffer) -> TextScreen | None:
        """The text in a picture of the screen whose pixels, of 32 bits, compression changed a little (JPEG)."""
        return self._read(framebuffer, has_noise=True)

    def _read(self, framebuffer: Framebuffer, *, has_noise: bool) -> TextScreen | None:
        if not framebuffer.pixels:  # a console may announce a screen of no size, while it changes its mode
            return None
        kind = (framebuffer.width, framebuffer.height, framebuffer.bytes_per_pixel, has_noise)
        if kind != self._kind:
            self._kind, self._reader, self._skip, self._skipped = kind, None, 0, 0
        if self._reader:
            screen = self._reader.read(framebuffer)
            if self._reader.evidence.is_text:
                return screen
        self._reader = self._find_grid(framebuffer, has_noise=has_noise)
        return self._reader.read(framebuffer) if self._reader else None

    def _find_grid(self, framebuffer: Framebuffer, *, has_noise: bool) -> GridReader | None:
        anywhere = not has_noise and self._skipped >= self._skip
        reader = find_grid(framebuffer, has_noise=has_noise, anywhere=anywhere)
        if reader:
            self._skip = self._skipped = 0
        elif anywhere:
            self._skip, self._skipped = min(self._skip * 2 or 1, MAX_SKIPPED), 0
        else:
            self._skipped += 1
        return reader
