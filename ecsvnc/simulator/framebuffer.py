"""The framebuffer of a simulated machine: 32-bit pixels, and what changed in them.

A colour is 0xRRGGBB. A pixel is four bytes: blue, green, red, 0. The screen session offers this format to its
clients, so that the picture can be sent unchanged.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ecsvnc.simulator import font

PIXEL_BYTES = 4
TILE_WIDTH = 48
TILE_HEIGHT = 16


class Rectangle(NamedTuple):
    """A part of the picture, in pixels from the upper left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height

    def common(self, other: Rectangle) -> Rectangle | None:
        """The intersection; None if it is empty."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        width, height = min(self.right, other.right) - x, min(self.bottom, other.bottom) - y
        return Rectangle(x, y, width, height) if width > 0 and height > 0 else None

    def hull(self, other: Rectangle) -> Rectangle:
        """The smallest rectangle that covers both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rectangle(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def holds(self, x: int, y: int) -> bool:
        """Whether the pixel is inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom


class Framebuffer:
    """`width` by `height` pixels, initially black. Drawing is clipped to it, except text, which must fit."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.stride = width * PIXEL_BYTES
        self.pixels = bytearray(self.stride * height)
        self.version = 0
        """Grows with every change."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    @property
    def whole(self) -> Rectangle:
        """All of it."""
        return Rectangle(0, 0, self.width, self.height)

    def fill(self, area: Rectangle, colour: int) -> None:
        """Paint a rectangle."""
        visible = self.whole.common(area)
        if visible is None:
            return
        line = _pixel(colour) * visible.width
        for y in range(visible.y, visible.bottom):
            at = y * self.stride + visible.x * PIXEL_BYTES
            self.pixels[at : at + len(line)] = line
        self.version += 1

    def stamp(self, bitmap: font.Bitmap, x: int, y: int, colour: int) -> None:
        """Paint the inked pixels of a bitmap; the others stay as they were."""
        for row, column, length in bitmap.ink():
            self.fill(Rectangle(x + column, y + row, length, 1), colour)

    def cells(self, x: int, y: int, cells: list[tuple[str, int, int]]) -> None:
        """Write a row of characters, each with its own ink and paper. They must fit into the picture."""
        rows = [_cell_rows(*cell) for cell in cells]
        for row, pieces in enumerate(zip(*rows, strict=True)):
            line = b"".join(pieces)
            at = (y + row) * self.stride + x * PIXEL_BYTES
            self.pixels[at : at + len(line)] = line
        self.version += 1

    def crop(self, area: Rectangle) -> bytes:
        """The pixels of a rectangle inside the picture, row by row."""
        first, length = area.x * PIXEL_BYTES, area.width * PIXEL_BYTES
        return b"".join(
            self.pixels[y * self.stride + first : y * self.stride + first + length] for y in range(area.y, area.bottom)
        )

    def copy_to(self, other: bytearray, area: Rectangle) -> None:
        """Copy a rectangle of the pixels to the same place of another picture of the same size."""
        for y in range(area.y, area.bottom):
            start = y * self.stride + area.x * PIXEL_BYTES
            end = start + area.width * PIXEL_BYTES
            other[start:end] = self.pixels[start:end]

    def changes_since(self, before: bytes | bytearray) -> list[Rectangle]:
        """Where the picture differs from an earlier one of the same size: at most one rectangle a band of tiles."""
        changes = []
        for y in range(0, self.height, TILE_HEIGHT):
            height = min(TILE_HEIGHT, self.height - y)
            start, end = y * self.stride, (y + height) * self.stride
            if self.pixels[start:end] != before[start:end]:
                changes.append(self._change_in_band(before, y, height))
        return _joined(changes)

    def _change_in_band(self, before: bytes | bytearray, y: int, height: int) -> Rectangle:
        columns = [
            x
            for x in range(0, self.width, TILE_WIDTH)
            if any(
                self.pixels[start : start + TILE_WIDTH * PIXEL_BYTES]
                != before[start : start + TILE_WIDTH * PIXEL_BYTES]
                for start in range(y * self.stride + x * PIXEL_BYTES, (y + height) * self.stride, self.stride)
            )
        ]
        left, right = columns[0], min(columns[-1] + TILE_WIDTH, self.width)
        return Rectangle(left, y, right - left, height)


def _joined(bands: list[Rectangle]) -> list[Rectangle]:
    """Merge adjacent bands of the same width."""
    joined: list[Rectangle] = []
    for band in bands:
        above = joined[-1] if joined else None
        if above and (above.x, above.width, above.bottom) == (band.x, band.width, band.y):
            joined[-1] = above.hull(band)
        else:
            joined.append(band)
    return joined


def _pixel(colour: int) -> bytes:
    return colour.to_bytes(PIXEL_BYTES, "little")


@lru_cache(maxsize=2048)
def _cell_rows(character: str, ink: int, paper: int) -> tuple[bytes, ...]:
    """A character's 16 rows as pixels."""
    shades = {"0": _pixel(paper), "1": _pixel(ink)}
    bitmap = font.glyph(character)
    return tuple(b"".join(shades[bit] for bit in f"{row:0{bitmap.width}b}") for row in bitmap.rows)
