"""A VNC client for tests, as bytes in and bytes out: it keeps the picture that it was sent, as colours."""

from __future__ import annotations

import struct
import zlib

from ecsvnc.rfb.pixel_format import TRUE_COLOUR_32, PixelFormat
from ecsvnc.simulator.framebuffer import Rectangle

RAW, ZLIB, ZRLE, DESKTOP_SIZE, CURSOR, QEMU_KEYS = 0, 6, 16, -223, -239, -258


def set_pixel_format(pixel_format: PixelFormat) -> bytes:
    return b"\0\0\0\0" + pixel_format.encode()


def set_encodings(*encodings: int) -> bytes:
    return struct.pack(f">BxH{len(encodings)}i", 2, len(encodings), *encodings)


def request(x: int, y: int, width: int, height: int, *, incremental: bool) -> bytes:
    return struct.pack(">BBHHHH", 3, incremental, x, y, width, height)


def key(keysym: int, *, down: bool) -> bytes:
    return struct.pack(">BBxxI", 4, down, keysym)


def type_text(text: str) -> bytes:
    keysyms = [0xFF0D if character == "\n" else ord(character) for character in text]
    return b"".join(key(keysym, down=down) for keysym in keysyms for down in (True, False))


def pointer(x: int, y: int, buttons: int) -> bytes:
    return struct.pack(">BBHH", 5, buttons, x, y)


class Picture:
    """What a client was shown, through a pixel format: `pixels[y][x]` is (red, green, blue) of 0 to 255, or None."""

    def __init__(self, width: int, height: int, pixel_format: PixelFormat = TRUE_COLOUR_32) -> None:
        self.pixels: list[list[tuple[int, int, int] | None]] = [[None] * width for _ in range(height)]
        self.format = pixel_format
        self.rectangles: list[tuple[int, int, int, int, int]] = []
        """Position, size and encoding of all that came."""
        self._inflate = zlib.decompressobj()
        self._colours = _Colours(pixel_format)

    def take_updates(self, data: bytes) -> None:
        """Paint whole FramebufferUpdates; anything else, or anything left over, is an error."""
        at = 0
        while at < len(data):
            kind, count = struct.unpack_from(">BxH", data, at)
            assert kind == 0
            assert count > 0
            at += 4
            for _ in range(count):
                x, y, width, height, encoding = struct.unpack_from(">HHHHi", data, at)
                self.rectangles.append((x, y, width, height, encoding))
                at = self._take(Rectangle(x, y, width, height), encoding, data, at + 12)
        assert at == len(data)

    def _take(self, area: Rectangle, encoding: int, data: bytes, at: int) -> int:
        """Take the data of one rectangle; returns where it ends."""
        each = self.format.bits_per_pixel // 8
        x, y, width, height = area
        if encoding in (QEMU_KEYS, DESKTOP_SIZE):
            return at
        if encoding == CURSOR:
            return at + width * height * each + (width + 7) // 8 * height
        if encoding == RAW:
            self._paint(area, data[at : at + width * height * each], each)
            return at + width * height * each
        assert encoding in (ZLIB, ZRLE)
        (length,) = struct.unpack_from(">I", data, at)
        if encoding == ZLIB:
            self._paint(area, self._inflate.decompress(data[at + 4 : at + 4 + length]), each)
            return at + 4 + length
        tiles = self._inflate.decompress(data[at + 4 : at + 4 + length])
        for tile_y in range(y, y + height, 64):
            for tile_x in range(x, x + width, 64):
                columns, rows = min(64, x + width - tile_x), min(64, y + height - tile_y)
                kind, tiles = tiles[0], tiles[1:]
                assert kind in (0, 1)
                count = (columns * rows if kind == 0 else 1) * self._cpixel_bytes()
                pixels, tiles = tiles[:count] * (1 if kind == 0 else columns * rows), tiles[count:]
                self._paint(Rectangle(tile_x, tile_y, columns, rows), pixels, self._cpixel_bytes())
        assert not tiles
        return at + 4 + length

    def _cpixel_bytes(self) -> int:
        # The formats of the tests have their colours in the low three bytes, or are deeper than 24 bits.
        return 3 if self.format.bits_per_pixel == 32 and self.format.depth <= 24 else self.format.bits_per_pixel // 8

    def _paint(self, area: Rectangle, pixels: bytes, each: int) -> None:
        colours = [self._colours[raw] for (raw,) in struct.iter_unpack(f"{each}s", pixels)]
        assert len(colours) == area.width * area.height
        for row in range(area.height):
            line = colours[row * area.width : (row + 1) * area.width]
            self.pixels[area.y + row][area.x : area.x + area.width] = line


class _Colours(dict[bytes, tuple[int, int, int]]):
    """The colour of every pixel that was met so far."""

    def __init__(self, pixel_format: PixelFormat) -> None:
        self._format = pixel_format

    def __missing__(self, raw: bytes) -> tuple[int, int, int]:
        value = int.from_bytes(raw, "big" if self._format.is_big_endian else "little")
        self[raw] = (
            _part(value, self._format.red_shift, self._format.red_max),
            _part(value, self._format.green_shift, self._format.green_max),
            _part(value, self._format.blue_shift, self._format.blue_max),
        )
        return self[raw]


def _part(value: int, shift: int, maximum: int) -> int:
    return (value >> shift & maximum) * 255 // maximum
