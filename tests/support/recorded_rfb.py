"""What a VNC server sent once, with its times: recorded from a real one, and played as often as one likes.

A file has the pixels of what QEMU sent as zlib, and is itself packed with xz, which finds the same text on one screen
after the other: that is a tenth of the size. `load` packs them with zlib again as QEMU does. With QEMU's zlib that
gives the bytes that QEMU sent, as the recorder checks.
"""

from __future__ import annotations

import lzma
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from support.rfb_updates import ZLIB, ZlibStream, rectangle, update

_UPDATE = struct.Struct(">IH")
"""Milliseconds since the first, and how many rectangles."""

_RECTANGLE = struct.Struct(">HHHHiI")
"""As in RFB, and how many bytes follow."""


class Rectangle(NamedTuple):
    """One rectangle of an update. `data` is what follows its head in RFB; of zlib, the pixels that are packed in it."""

    x: int
    y: int
    width: int
    height: int
    encoding: int
    data: bytes


class Update(NamedTuple):
    """What was sent at once, seconds after the first."""

    at_s: float
    rectangles: tuple[Rectangle, ...]


def save(path: Path, updates: Iterable[Update]) -> None:
    """Write a recording."""
    packer = lzma.LZMACompressor(preset=9 | lzma.PRESET_EXTREME)
    with path.open("wb") as file:
        for at_s, rectangles in updates:
            file.write(packer.compress(_UPDATE.pack(round(at_s * 1000), len(rectangles))))
            for each in rectangles:
                file.write(packer.compress(_RECTANGLE.pack(*each[:-1], len(each.data)) + each.data))
        file.write(packer.flush())


def load(path: Path) -> Iterator[tuple[float, bytes]]:
    """The updates of a recording as a server sends them, one after the other, to one client that gets them all."""
    stream = ZlibStream()
    with lzma.open(path) as file:
        while head := file.read(_UPDATE.size):
            at_ms, count = _UPDATE.unpack(head)
            rectangles = [_read_rectangle(file) for _ in range(count)]
            yield at_ms / 1000, as_sent(rectangles, stream)


def as_sent(rectangles: Iterable[Rectangle], stream: ZlibStream) -> bytes:
    """An update, packed as QEMU does."""
    return update(
        *(
            stream.rectangle(x, y, width, height, data)
            if encoding == ZLIB
            else rectangle(x, y, width, height, encoding, data)
            for x, y, width, height, encoding, data in rectangles
        )
    )


def _read_rectangle(file: BinaryIO) -> Rectangle:
    *place, count = _RECTANGLE.unpack(file.read(_RECTANGLE.size))
    return Rectangle(*place, file.read(count))
