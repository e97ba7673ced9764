"""A graphical screen in a terminal: two pixels in each cell, one above the other.

A cell of a terminal is about twice as high as it is wide, so that the half of one is a square.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ecsvnc.attach.frame import BLANK, Row
from ecsvnc.pictures import scaled_pixels
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.text_screen import Cell

_UPPER_HALF, _LOWER_HALF = "▀", "▄"
_SHADES = " ░▒▓█"


def half_blocks(framebuffer: Framebuffer, columns: int, rows: int, *, has_colours: bool = True) -> tuple[Row, ...]:
    """The screen, as large as it fits into so many cells; its upper left corner is the first cell's.

    Without colours, the brightness of a cell is a shade, and an edge inside it half a block.
    """
    if not framebuffer.pixels or columns < 1 or rows < 1:
        return ()
    scale = min(columns / framebuffer.width, 2 * rows / framebuffer.height)
    width = max(1, round(framebuffer.width * scale))
    height = max(1, round(framebuffer.height * scale))
    pixels = scaled_pixels(framebuffer, width, height)
    lines = [pixels[start : start + width] for start in range(0, len(pixels), width)]
    if height % 2:
        lines.append((BLANK.background,) * width)
    row = _coloured_row if has_colours else _shaded_row
    return tuple(tuple(row(upper, lower)) for upper, lower in zip(lines[::2], lines[1::2], strict=True))


def _coloured_row(uppers: tuple[int, ...], lowers: tuple[int, ...]) -> Iterator[Cell]:
    for upper, lower in zip(uppers, lowers, strict=True):
        yield Cell(" " if upper == lower else _UPPER_HALF, upper, lower)


def _shaded_row(uppers: tuple[int, ...], lowers: tuple[int, ...]) -> Iterator[Cell]:
    for upper, lower in zip(map(_brightness, uppers), map(_brightness, lowers), strict=True):
        yield BLANK._replace(character=_shade(upper, lower))


def _shade(upper: float, lower: float) -> str:
    """The character for two brightnesses from 0 to 1."""
    if abs(upper - lower) >= 0.5:
        return _UPPER_HALF if upper > lower else _LOWER_HALF
    return _SHADES[round((upper + lower) / 2 * (len(_SHADES) - 1))]


@lru_cache(maxsize=4096)
def _brightness(colour: int) -> float:
    """From 0 to 1 (ITU-R BT.601)."""
    red, green, blue = colour.to_bytes(3, "big")
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255
