"""What a VNC server sends, for tests: messages and rectangles as bytes."""

from __future__ import annotations

import struct
import zlib

from ecsvnc.rfb.pixel_format import TRUE_COLOUR_32
from ecsvnc.rfb.server_init import ServerInit

RAW, ZLIB, DESKTOP_SIZE, QEMU_KEYS, QEMU_LEDS = 0, 6, -223, -258, -261
BELL = b"\2"


def server_init(width, height, name="web-1", pixel_format=TRUE_COLOUR_32):
    return ServerInit(width, height, pixel_format, name).encode()


def update(*rectangles):
    return struct.pack(">BxH", 0, len(rectangles)) + b"".join(rectangles)


def rectangle(x, y, width, height, encoding, *data):
    return struct.pack(">HHHHi", x, y, width, height, encoding) + b"".join(data)


def raw(x, y, width, height, data):
    return rectangle(x, y, width, height, RAW, data)


def resized(width, height):
    return rectangle(0, 0, width, height, DESKTOP_SIZE)


def cut_text(text):
    return struct.pack(">BxxxI", 3, len(text)) + text


def colour_map(count):
    return struct.pack(">BxHH", 1, 0, count) + bytes(6 * count)


class ZlibStream:
    """The one zlib stream of a connection, as QEMU packs it."""

    def __init__(self):
        self._stream = zlib.compressobj(level=9, memLevel=9)

    def rectangle(self, x, y, width, height, data):
        packed = self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        return rectangle(x, y, width, height, ZLIB, struct.pack(">I", len(packed)) + packed)
