"""Colours of pixels, and the 16 colours that text consoles have. Pure.

A colour is a number 0xRRGGBB. Red, green and blue of the VGA's 16 colours are 0x00, 0x55, 0xAA or 0xFF, which RGB332
(rfb/framebuffer.py) distinguishes. Those of GRUB (0xA8, 0xFE …) and of UEFI (0x98 …) differ a little.
"""

from __future__ import annotations

from functools import lru_cache

VGA_COLOURS = (
    0x000000, 0xAA0000, 0x00AA00, 0xAA5500, 0x0000AA, 0xAA00AA, 0x00AAAA, 0xAAAAAA,
    0x555555, 0xFF5555, 0x55FF55, 0xFFFF55, 0x5555FF, 0xFF55FF, 0x55FFFF, 0xFFFFFF,
)  # fmt: skip
"""In the order of ECMA-48 (SGR 30 to 37), then the bright ones."""

EDK2_COLOURS = (
    0x000000, 0x980000, 0x009800, 0x989800, 0x000098, 0x980098, 0x009898, 0x989898,
    0x101010, 0xFF1010, 0x10FF10, 0xFFFF10, 0x1010FF, 0xF010FF, 0x10FFFF, 0xFFFFFF,
)  # fmt: skip
"""UEFI's 16 colours as edk2's console draws them, in the same order. Its dark grey is black in RGB332."""


def rgb332(colour: int) -> int:
    """The pixel of RGB332 that a server makes of a colour: the highest bits of each part."""
    return (colour >> 16 & 0xE0) | (colour >> 11 & 0x1C) | (colour >> 6 & 0x03)


def _widened(pixel: int) -> int:
    """The colour in the middle of those that a pixel of RGB332 stands for."""
    red, green, blue = pixel >> 5, pixel >> 2 & 7, pixel & 3
    return round(red * 255 / 7) << 16 | round(green * 255 / 7) << 8 | round(blue * 255 / 3)


_INDEX = {rgb332(colour): index for index, colour in enumerate(VGA_COLOURS)}
_INDEX_OF_EDK2 = {rgb332(colour): index for index, colour in enumerate(EDK2_COLOURS)}

RGB332_COLOURS = tuple(
    VGA_COLOURS[index] if (index := _INDEX.get(pixel, _INDEX_OF_EDK2.get(pixel))) is not None else _widened(pixel)
    for pixel in range(256)
)
"""The colour of each pixel of RGB332: one of the 16 where it can be one."""

NEAR = 12
"""Servers and frame buffers with fewer bits for a colour change it by less than this."""


@lru_cache(maxsize=1024)
def console_colour(colour: int) -> int | None:
    """Which of the 16 colours this is, in the order of VGA_COLOURS, or None."""
    for colours in (VGA_COLOURS, EDK2_COLOURS):
        for index, other in enumerate(colours):
            if all(abs((colour >> shift & 255) - (other >> shift & 255)) <= NEAR for shift in (16, 8, 0)):
                return index
    return None
