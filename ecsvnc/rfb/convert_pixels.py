"""Converts pixels of any format to those of a `Framebuffer`, for servers that ignore SetPixelFormat."""

from __future__ import annotations

import sys
from array import array
from functools import lru_cache

from ecsvnc.errors import RfbError
from ecsvnc.rfb.pixel_format import PixelFormat

_TO_RED = bytes(value & 0xE0 for value in range(256))
_TO_GREEN = bytes(value >> 3 & 0x1C for value in range(256))
_TO_BLUE = bytes(value >> 6 for value in range(256))


def convert_pixels(data: bytes | bytearray, source: PixelFormat, bytes_per_pixel: int) -> bytes | bytearray:
    """The same pixels with 1 or 4 bytes each. Colour components are truncated, as QEMU does, or scaled.

    Raises RfbError for a colour map, and for 32 bits whose colours are not a byte each.
    """
    if not source.is_true_colour:
        raise _unsupported()
    red = _plane(data, source, source.red_max, source.red_shift)
    green = _plane(data, source, source.green_max, source.green_shift)
    blue = _plane(data, source, source.blue_max, source.blue_shift)
    if bytes_per_pixel == 1:
        planes = (red.translate(_TO_RED), green.translate(_TO_GREEN), blue.translate(_TO_BLUE))
        whole = 0
        for plane in planes:
            whole |= int.from_bytes(plane, "big")  # large numbers: the fastest way without a C extension
        return whole.to_bytes(len(red), "big")
    pixels = bytearray(4 * len(red))
    pixels[0::4], pixels[1::4], pixels[2::4] = blue, green, red
    return pixels


def _plane(data: bytes | bytearray, source: PixelFormat, maximum: int, shift: int) -> bytes | bytearray:
    """One colour component of each pixel, from 0 to 255."""
    if source.bits_per_pixel == 32:
        if maximum != 255 or shift % 8:
            raise _unsupported()
        return data[3 - shift // 8 if source.is_big_endian else shift // 8 :: 4]
    if source.bits_per_pixel == 8:
        return data.translate(_table(maximum, shift)[:256])
    pixels = array("H", data)
    if source.is_big_endian != (sys.byteorder == "big"):
        pixels.byteswap()
    return bytes(map(_table(maximum, shift).__getitem__, pixels))


@lru_cache(maxsize=3)
def _table(maximum: int, shift: int) -> bytes:
    """That component of each possible pixel of at most 16 bits."""
    return bytes((pixel >> shift & maximum) * 255 // max(maximum, 1) for pixel in range(1 << 16))


def _unsupported() -> RfbError:
    return RfbError(
        "The console sends pixels in a format of its own that ecsvnc does not support.",
        hint="Use a VNC viewer: `ecsvnc open --viewer`.",
    )
