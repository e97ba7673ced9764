"""The pixel format of RFB (RFC 6143, section 7.4): how a colour becomes bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ecsvnc.errors import RfbError

_LAYOUT = struct.Struct(">BBBBHHHBBB3x")

PIXEL_FORMAT_BYTES = _LAYOUT.size


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """One pixel: `bits_per_pixel` 8, 16 or 32; a colour's part is `(pixel >> shift) & max` when `is_true_colour`."""

    bits_per_pixel: int
    depth: int
    is_big_endian: bool
    is_true_colour: bool
    red_max: int
    green_max: int
    blue_max: int
    red_shift: int
    green_shift: int
    blue_shift: int

    @classmethod
    def decode(cls, data: bytes) -> PixelFormat:
        """Read the 16 bytes of a PIXEL_FORMAT. Raises RfbError if it is not valid."""
        if len(data) != PIXEL_FORMAT_BYTES:
            raise RfbError(f"A pixel format has {PIXEL_FORMAT_BYTES} bytes, not {len(data)}.")
        bits, depth, big_endian, true_colour, *colours = _LAYOUT.unpack(data)
        pixel_format = cls(bits, depth, bool(big_endian), bool(true_colour), *colours)
        if not pixel_format._is_valid():
            raise RfbError("The pixel format is not valid.")
        return pixel_format

    def encode(self) -> bytes:
        """The 16 bytes of a PIXEL_FORMAT, the flags as 0 or 1."""
        return _LAYOUT.pack(
            self.bits_per_pixel,
            self.depth,
            self.is_big_endian,
            self.is_true_colour,
            self.red_max,
            self.green_max,
            self.blue_max,
            self.red_shift,
            self.green_shift,
            self.blue_shift,
        )

    def _is_valid(self) -> bool:
        if self.bits_per_pixel not in (8, 16, 32) or not 1 <= self.depth <= self.bits_per_pixel:
            return False
        if not self.is_true_colour:
            return True  # a colour map: the maxima and shifts mean nothing
        parts = (
            (self.red_max, self.red_shift),
            (self.green_max, self.green_shift),
            (self.blue_max, self.blue_shift),
        )
        # A maximum is 2**n - 1 (section 7.4), and must lie inside the pixel; the parts may not overlap.
        if any(maximum & (maximum + 1) or (maximum << shift) >> self.bits_per_pixel for maximum, shift in parts):
            return False
        red, green, blue = (maximum << shift for maximum, shift in parts)
        return not (red & green or red & blue or green & blue)


TRUE_COLOUR_32 = PixelFormat(
    bits_per_pixel=32,
    depth=24,
    is_big_endian=False,
    is_true_colour=True,
    red_max=255,
    green_max=255,
    blue_max=255,
    red_shift=16,
    green_shift=8,
    blue_shift=0,
)
"""The format that nearly every server offers and every client supports: the bytes blue, green, red, unused."""

RGB332 = PixelFormat(
    bits_per_pixel=8,
    depth=8,
    is_big_endian=False,
    is_true_colour=True,
    red_max=7,
    green_max=7,
    blue_max=3,
    red_shift=5,
    green_shift=2,
    blue_shift=0,
)
"""One byte a pixel. The 16 colours of a text console stay distinct."""
