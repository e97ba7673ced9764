"""Reads one cell: a character and two colours from its pixels, if its bitmap is known. Pure.

Every cell is remembered by its pixels, so that reading a screen is mostly looking them up.
"""

from __future__ import annotations

from typing import NamedTuple

from ecsvnc.screen.colours import RGB332_COLOURS
from ecsvnc.screen.glyph_table import glyph_table
from ecsvnc.screen.text_screen import UNKNOWN, Cell

MAX_REMEMBERED = 20_000
"""A moving picture has ever new cells. No text screen seen so far had 2,000."""

LARGEST_NOISE = 32
LEAST_CONTRAST = 48
"""With noise, colours are equal if no channel differs by the first, and two if the luma differs by the second."""

MARGIN = 0.2
"""In a noisy picture, how near to the middle between two colours a pixel may not be, as a part of their difference."""


class TwoColours(NamedTuple):
    """A cell with two colours. `bitmap` has a bit for each pixel; it is set where the pixel has the second colour."""

    bitmap: int
    first: int
    second: int


class OneColour(NamedTuple):
    """A cell without anything in it."""

    colour: int


PICTURE = Cell(UNKNOWN, 0xFFFFFF, 0x000000)
"""A cell of more than two colours."""

Pixels = TwoColours | OneColour | None
"""The pixels of a cell. None: more than two colours, so no text."""


def pixels_of_8_bits(raw: bytes) -> Pixels:
    """The pixels of a cell in RGB332."""
    first = raw[:1]
    rest = raw.replace(first, b"")
    if not rest:
        return OneColour(RGB332_COLOURS[raw[0]])
    if rest.count(rest[:1]) != len(rest):
        return None
    return TwoColours(_bits(raw, _ZEROES[raw[0]]), RGB332_COLOURS[raw[0]], RGB332_COLOURS[rest[0]])


def pixels_of_32_bits(raw: bytes) -> Pixels:
    """The pixels of a cell with 32 bits each."""
    colours = len(set(memoryview(raw).cast("I")))
    if colours == 1:
        return OneColour(_colour(raw, 0))
    if colours > 2:
        return None
    for channel in range(3):
        plane = raw[channel::4]
        if rest := plane.replace(plane[:1], b""):
            place = plane.index(rest[:1])
            return TwoColours(_bits(plane, _ZEROES[plane[0]]), _colour(raw, 0), _colour(raw, place * 4))
    return OneColour(_colour(raw, 0))  # they differ in the byte that is no colour


def pixels_with_noise(raw: bytes) -> Pixels:
    """The pixels of a cell with 32 bits each, of a picture whose compression changed them a little (JPEG).

    JPEG keeps luma better than colour, often with twice the resolution. A pixel has the one colour or the other if its
    luma is on this side of the middle. If one is near the middle, or the contrast is low, nothing is certain.
    """
    planes = [raw[channel::4] for channel in range(3)]
    if max(max(plane) - min(plane) for plane in planes) < LARGEST_NOISE:
        return OneColour(_mean(planes, bytes(len(planes[0])), 0))
    luma = _luma(planes)
    low, high = min(luma), max(luma)
    middle, margin = (low + high) / 2, (high - low) * MARGIN / 2
    if high - low < LEAST_CONTRAST or any(middle - margin < level < middle + margin for level in set(luma)):
        return None
    mask = luma.translate(bytes(level > middle for level in range(256)))
    return TwoColours(int(mask.translate(_DIGITS), 2), _mean(planes, mask, 0), _mean(planes, mask, 1))


def _luma(planes: list[bytes]) -> bytes:
    """The luma of blue, green and red (ITU-R BT.601), added as three long numbers: no sum is larger than a byte."""
    parts = (plane.translate(weighted) for plane, weighted in zip(planes, _LUMA, strict=True))
    return sum(int.from_bytes(part, "big") for part in parts).to_bytes(len(planes[0]), "big")


_LUMA = tuple(bytes(round(level * weight) for level in range(256)) for weight in (0.114, 0.587, 0.299))


def _bits(plane: bytes, zeroes: bytes) -> int:
    return int(plane.translate(zeroes), 2)


_ZEROES = tuple(b"1" * level + b"0" + b"1" * (255 - level) for level in range(256))
"""For each byte the translation that makes it the digit 0, and any other byte 1."""

_DIGITS = b"01" + b"1" * 254


def _colour(raw: bytes, place: int) -> int:
    """0xRRGGBB of the bytes blue, green, red."""
    return int.from_bytes(raw[place : place + 3], "little")


def _mean(planes: list[bytes], mask: bytes, wanted: int) -> int:
    """The mean colour of the pixels of one kind."""
    colour = 0
    for plane in reversed(planes):
        levels = [level for level, kind in zip(plane, mask, strict=True) if kind == wanted]
        colour = colour << 8 | round(sum(levels) / len(levels))
    return colour


UNDERLINES = ((2, 0), (3, 1), (3, 0))
UNDERLINES_OF_LOW_CELLS = ((1, 0), (2, 0))
"""Cursors, as rows from the bottom, and how many rows are below them: of Linux on a framebuffer (bit_cursor) and GRUB,
the VGA (vgacon_cursor, and what a BIOS sets), edk2. Low are cells of less than ten rows. Linux has higher ones too.
"""


class CellReader(dict[bytes, Cell]):
    """Reads cells of one size and kind of pixel: `reader[pixels]` is the Cell.

    `is_vga`: the cursor is the VGA's, which hides what is under it; Linux's on a framebuffer does not.
    """

    def __init__(self, width: int, height: int, *, is_vga: bool, bytes_per_pixel: int, has_noise: bool) -> None:
        super().__init__()
        self._is_vga = is_vga
        self._bytes_per_pixel = bytes_per_pixel
        self._has_noise = has_noise
        self.pixels = pixels_of_8_bits if bytes_per_pixel == 1 else pixels_of_32_bits
        if has_noise:
            self.pixels = pixels_with_noise
        self._table = glyph_table(width, height)
        self._full = (1 << width * height) - 1
        underlines = UNDERLINES_OF_LOW_CELLS if height < 10 else UNDERLINES
        self._cursors = [rows_at_foot(width, *rows) for rows in underlines]
        self._high_cursors = [rows_at_foot(width, rows) for rows in (height // 3, height // 2, height * 2 // 3)]
        self.readings: dict[bytes, list[Cell]] = {}
        """The possible readings of cells with a known glyph that are UNKNOWN until the whole screen was read.

        Two readings: either colour can be the background. One: it can be a cursor on a blank.
        """
        self._without_cursor: dict[bytes, Cell | None] = {}

    def of_size(self, width: int, height: int) -> CellReader:
        """A reader of the same kind for cells of another size."""
        kind = {"is_vga": self._is_vga, "has_noise": self._has_noise}
        return CellReader(width, height, bytes_per_pixel=self._bytes_per_pixel, **kind)

    def __missing__(self, raw: bytes) -> Cell:
        if len(self) >= MAX_REMEMBERED:
            for remembered in (self, self.readings, self._without_cursor):
                remembered.clear()
        cell = self[raw] = self._read(raw)
        return cell

    def _read(self, raw: bytes) -> Cell:
        pixels = self.pixels(raw)
        if pixels is None:
            return PICTURE
        if isinstance(pixels, OneColour):
            return Cell(" ", pixels.colour, pixels.colour)
        readings = [
            Cell(character, foreground, background)
            for bitmap, foreground, background in self._ways(pixels)
            if (character := self._table.character(bitmap))
        ]
        if len(readings) == 2:
            readings = [cell for cell in readings if cell.character.isascii()] or readings
        if len(readings) == 1 and pixels.bitmap not in self._cursors:
            return readings[0]
        if readings:
            self.readings[raw] = readings
        return Cell(UNKNOWN, pixels.second, pixels.first)

    def _ways(self, pixels: TwoColours) -> tuple[tuple[int, int, int], ...]:
        """Bitmap, foreground and background, for each of the two colours that can be the background."""
        return (
            (pixels.bitmap, pixels.second, pixels.first),
            (self._full ^ pixels.bitmap, pixels.first, pixels.second),
        )

    def without_cursor(self, raw: bytes) -> Cell | None:
        """The cell without a cursor at its foot; None if that is not known."""
        if raw not in self._without_cursor:
            pixels = self.pixels(raw)
            self._without_cursor[raw] = self._uncovered(pixels) if isinstance(pixels, TwoColours) else None
        return self._without_cursor[raw]

    def _uncovered(self, pixels: TwoColours) -> Cell | None:
        """The cell without the cursor at its foot.

        Those of Linux's framebuffer console and of edk2 invert rows, those of the VGA and of GRUB cover them.
        """
        for bitmap, foreground, background in self._ways(pixels):
            if bitmap in self._cursors or bitmap in self._high_cursors:
                return Cell(" ", foreground, background)
        for bitmap, foreground, background in self._ways(pixels):
            character = None if self._is_vga else self._uninverted(bitmap)
            if character or (character := self._above(bitmap)):
                return Cell(character, foreground, background)
        return None

    def _uninverted(self, bitmap: int) -> str | None:
        for cursor in self._cursors:
            if character := self._table.character(bitmap ^ cursor):
                return character
        for cursor in self._high_cursors:
            character = self._table.character(bitmap ^ cursor)
            if character and character.isalnum():  # half of a line is often another line
                return character
        return None

    def _above(self, bitmap: int) -> str | None:
        if any(bitmap & cursor == cursor for cursor in self._cursors):
            return self._table.character_above_cursor(bitmap)
        return None


def rows_at_foot(width: int, rows: int, below: int = 0) -> int:
    """The bitmap of a cursor: `rows` rows from the bottom, without the `below` lowest."""
    return (1 << rows * width) - (1 << below * width)
