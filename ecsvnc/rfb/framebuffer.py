"""A console's screen as a client keeps it: rows of pixels. Pure, and bounded.

Two pixel formats are kept, by the bytes of a pixel:

    1   RGB332: red in the three highest bits, green in the next three, blue in the two lowest
    4   32 bits, little-endian 0x00RRGGBB: the bytes blue, green, red, unused
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ecsvnc.errors import RfbError

MAX_PIXELS = 5120 * 2880
"""The largest screen that QEMU's VNC server shows (VNC_MAX_WIDTH, VNC_MAX_HEIGHT)."""


@dataclass(slots=True)
class Framebuffer:
    """`width` by `height` pixels, row by row without padding; black unless `pixels` are given.

    Raises RfbError for more than MAX_PIXELS: the size comes from a server.
    """

    width: int
    height: int
    bytes_per_pixel: int
    pixels: bytearray = field(default_factory=bytearray, repr=False)

    def __post_init__(self) -> None:
        if self.width * self.height > MAX_PIXELS:
            raise RfbError(
                f"The console announced a screen of {self.width}x{self.height} pixels; at most {MAX_PIXELS} are read.",
                hint="Choose a lower resolution in the instance.",
            )
        if not self.pixels:
            self.pixels = bytearray(self.width * self.height * self.bytes_per_pixel)

    @property
    def stride(self) -> int:
        """Bytes of one row."""
        return self.width * self.bytes_per_pixel

    @property
    def is_one_colour(self) -> bool:
        """Whether all pixels are equal, as on a screen that was never drawn. True for one without pixels."""
        first = self.pixels[: self.bytes_per_pixel]
        return self.pixels == first * (self.width * self.height)

    def check(self, x: int, y: int, width: int, height: int) -> None:
        """Raise RfbError for a rectangle that is not inside the screen."""
        if x + width > self.width or y + height > self.height:
            raise RfbError(
                f"The console sent a rectangle outside its screen: {width}x{height} at {x},{y} on "
                f"{self.width}x{self.height}."
            )

    def write(self, x: int, y: int, width: int, height: int, data: bytes | bytearray) -> None:
        """Put `data`, rows of `width` pixels, at this place. Raises RfbError for what lies outside the screen."""
        self.check(x, y, width, height)
        length = width * self.bytes_per_pixel
        start = y * self.stride + x * self.bytes_per_pixel
        if width == self.width:
            self.pixels[start : start + length * height] = data
            return
        view = memoryview(data)
        for row in range(height):
            self.pixels[start : start + length] = view[row * length : (row + 1) * length]
            start += self.stride
