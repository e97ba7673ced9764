"""The simulated machine's pixels in the client's pixel format, encoded as Raw, zlib or ZRLE."""

from __future__ import annotations

import sys
import zlib

from ecsvnc.rfb.pixel_format import TRUE_COLOUR_32, PixelFormat
from ecsvnc.simulator.framebuffer import PIXEL_BYTES, Framebuffer, Rectangle

RAW = 0
ZLIB = 6
ZRLE = 16
DESKTOP_SIZE = -223
CURSOR = -239
QEMU_EXTENDED_KEY_EVENT = -258
QEMU_LED_STATE = -261

_ZRLE_TILE = 64  # RFC 6143, section 7.7.6
_ZRLE_RAW, _ZRLE_SOLID = b"\0", b"\1"


class PixelWriter:
    """Writes pixels in one format. It must be a true-colour one."""

    def __init__(self, pixel_format: PixelFormat) -> None:
        self._format = pixel_format
        self._is_ours = pixel_format == TRUE_COLOUR_32
        self._known = _Translations(pixel_format)

    def write(self, pixels: bytes) -> bytes:
        """Pixels as the framebuffer has them, in the client's format."""
        if self._is_ours:
            return pixels
        known = self._known
        return b"".join([known[pixel] for pixel in memoryview(pixels).cast("I")])

    def write_compressed(self, pixels: bytes) -> bytes:
        """The same as ZRLE's CPIXELs: 32 bits that hold a colour in three of their bytes without the fourth."""
        written = self.write(pixels)
        unused = self._unused_byte()
        if unused is None:
            return written
        kept = [written[byte::PIXEL_BYTES] for byte in range(PIXEL_BYTES) if byte != unused]
        compressed = bytearray(3 * len(kept[0]))
        for place, plane in enumerate(kept):
            compressed[place::3] = plane
        return bytes(compressed)

    def _unused_byte(self) -> int | None:
        """Which byte of a pixel CPIXEL leaves out (RFC 6143, section 7.7.5), if any."""
        if self._format.bits_per_pixel != 32 or self._format.depth > 24:
            return None
        bits = (
            self._format.red_max << self._format.red_shift
            | self._format.green_max << self._format.green_shift
            | self._format.blue_max << self._format.blue_shift
        )
        if bits < 1 << 24:
            return 0 if self._format.is_big_endian else 3
        if not bits & 0xFF:
            return 3 if self._format.is_big_endian else 0
        return None


class _Translations(dict[int, bytes]):
    """Each colour seen so far, in the client's format. A screen has at most a few hundred."""

    def __init__(self, pixel_format: PixelFormat) -> None:
        super().__init__()
        self._format = pixel_format

    def __missing__(self, pixel: int) -> bytes:
        blue, green, red, _ = pixel.to_bytes(PIXEL_BYTES, sys.byteorder)
        wanted = self._format
        value = (
            _scaled(red, wanted.red_max) << wanted.red_shift
            | _scaled(green, wanted.green_max) << wanted.green_shift
            | _scaled(blue, wanted.blue_max) << wanted.blue_shift
        )
        length = wanted.bits_per_pixel // 8
        translated = self[pixel] = value.to_bytes(length, "big" if wanted.is_big_endian else "little")
        return translated


def _scaled(part: int, maximum: int) -> int:
    return (part * maximum + 127) // 255


class Zlib:
    """Zlib (RFB community specification): raw pixels in one zlib stream that runs through all of a connection."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj(zlib.Z_BEST_SPEED)

    def encode(self, framebuffer: Framebuffer, area: Rectangle, writer: PixelWriter) -> bytes:
        """The rectangle's data: length and compressed pixels."""
        return self.pack(writer.write(framebuffer.crop(area)))

    def pack(self, data: bytes | bytearray) -> bytes:
        """Data in the stream, with its length before it."""
        packed = self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        return len(packed).to_bytes(4, "big") + packed


class Zrle(Zlib):
    """ZRLE (RFC 6143, section 7.7.6). One zlib stream runs through all rectangles of a connection.

    Of its tile types two are used: a solid colour, and raw pixels, which zlib compresses well enough for text.
    """

    def encode(self, framebuffer: Framebuffer, area: Rectangle, writer: PixelWriter) -> bytes:
        """The rectangle's data: length and compressed tiles."""
        tiles = bytearray()
        for y in range(area.y, area.bottom, _ZRLE_TILE):
            for x in range(area.x, area.right, _ZRLE_TILE):
                width, height = min(_ZRLE_TILE, area.right - x), min(_ZRLE_TILE, area.bottom - y)
                pixels = framebuffer.crop(Rectangle(x, y, width, height))
                first = pixels[:PIXEL_BYTES]
                if pixels == first * (width * height):
                    tiles += _ZRLE_SOLID + writer.write_compressed(first)
                else:
                    tiles += _ZRLE_RAW + writer.write_compressed(pixels)
        return self.pack(tiles)


_ARROW = """\
X...........
XX..........
X+X.........
X++X........
X+++X.......
X++++X......
X+++++X.....
X++++++X....
X+++++++X...
X++++++++X..
X+++++XXXXX.
X++X++X.....
X+XX++X.....
XX..X++X....
X...X++X....
.....XX.....
""".splitlines()


def arrow_cursor(writer: PixelWriter) -> tuple[Rectangle, bytes]:
    """The pointer's shape for the Cursor pseudo-encoding (section 7.8.1): hotspot and size, and the data."""
    shades = {"X": 0x000000, "+": 0xFFFFFF, ".": 0x000000}
    pixels = b"".join(shades[dot].to_bytes(PIXEL_BYTES, "little") for line in _ARROW for dot in line)
    width = len(_ARROW[0])
    row_bytes = (width + 7) // 8
    rows = (line.replace(".", "0").replace("X", "1").replace("+", "1").ljust(8 * row_bytes, "0") for line in _ARROW)
    mask = b"".join(int(row, 2).to_bytes(row_bytes, "big") for row in rows)
    return Rectangle(0, 0, width, len(_ARROW)), writer.write(pixels) + mask
