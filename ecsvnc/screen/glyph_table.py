"""Which character a bitmap is, for every glyph of the console fonts that docs/fonts.md lists. Pure.

A glyph is known by a digest of its bitmap: 8 bytes of BLAKE2b over width, height and bitmap. A bitmap is one integer:
the rows from the top, in each the pixels from the left, the first of them the highest bit. tools/make_glyph_tables.py
makes the tables, a file for each cell size, which are data of this package.

A file is, in little-endian numbers: count n (32 bits), count m (32), n digests (64) in ascending order, their n code
points (32), m digests of bitmaps without their foot, where the cursor may be, and their m code points, in which
U+FFFD stands for a bitmap that several characters share.
"""

from __future__ import annotations

import pkgutil
import struct
import sys
from array import array
from bisect import bisect_left
from functools import cache
from hashlib import blake2b

from ecsvnc.screen.text_screen import UNKNOWN

CELL_SIZES = (
    (8, 16), (16, 32), (8, 14), (8, 8), (12, 24), (8, 19), (10, 20), (11, 22), (10, 18), (14, 28), (12, 22), (8, 15),
    (8, 18), (8, 13), (8, 12), (16, 28), (6, 12), (24, 32), (8, 10), (8, 20), (8, 24), (6, 10), (7, 14), (6, 8),
    (6, 11), (8, 9), (8, 11), (8, 7), (8, 6), (16, 16),
)  # fmt: skip
"""Width and height of the cells that there are tables for, the most usual first."""

WIDE = (16, 16)
"""Unifont's wide glyphs, drawn over two cells of 8x16."""


def digest(bitmap: int, width: int, height: int) -> int:
    """The digest that a bitmap is known by."""
    data = bytes((width, height)) + bitmap.to_bytes((width * height + 7) // 8, "big")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


def without_foot(bitmap: int, width: int, height: int) -> int:
    """The bitmap without the rows that a cursor of the VGA or of GRUB covers: the last three, of a low cell two."""
    rows = width * foot_rows(height)
    return bitmap >> rows << rows


def foot_rows(height: int) -> int:
    """How many rows the foot of a cell has."""
    return 2 if height < 10 else 3


class Glyphs:
    """A map of digests to characters, which is searched in the arrays of the file, so loading takes no time."""

    def __init__(self, digests: array[int], code_points: array[int]) -> None:
        self._digests = digests
        self._code_points = code_points

    def get(self, key: int) -> str | None:
        """The character, or None."""
        place = bisect_left(self._digests, key)
        if place < len(self._digests) and self._digests[place] == key:
            return chr(self._code_points[place])
        return None

    def __len__(self) -> int:
        return len(self._digests)


class GlyphTable:
    """The glyphs of one cell size, whole and `above_cursor`: without their foot."""

    def __init__(self, width: int, height: int, data: bytes) -> None:
        self._width = width
        self._height = height
        known, above_cursor = struct.unpack_from("<2I", data)
        middle = 8 + known * 12
        self._known = decode_glyphs(data[8:middle], known)
        self._above_cursor = decode_glyphs(data[middle:], above_cursor)

    def __len__(self) -> int:
        return len(self._known)

    def character(self, bitmap: int) -> str | None:
        """The character of a bitmap, or None."""
        return self._known.get(digest(bitmap, self._width, self._height))

    def character_above_cursor(self, bitmap: int) -> str | None:
        """The character of a bitmap whose foot the cursor covers; None if that is not certain."""
        key = digest(without_foot(bitmap, self._width, self._height), self._width, self._height)
        character = self._above_cursor.get(key) or self._known.get(key)
        return None if character == UNKNOWN else character


def encode_table(known: dict[int, int], above_cursor: dict[int, int]) -> bytes:
    """The file of a table: two maps of digests to code points."""
    parts = [struct.pack("<2I", len(known), len(above_cursor))]
    for glyphs in (known, above_cursor):
        digests = sorted(glyphs)
        parts.append(struct.pack(f"<{len(digests)}Q", *digests))
        parts.append(struct.pack(f"<{len(digests)}I", *(glyphs[key] for key in digests)))
    return b"".join(parts)


def decode_glyphs(data: bytes, count: int) -> Glyphs:
    """One map of a file."""
    digests, code_points = array("Q", data[: count * 8]), array("I", data[count * 8 : count * 12])
    if sys.byteorder == "big":
        digests.byteswap()
        code_points.byteswap()
    return Glyphs(digests, code_points)


@cache
def glyph_table(width: int, height: int) -> GlyphTable:
    """The table of one of CELL_SIZES, read when first needed."""
    data = pkgutil.get_data("ecsvnc.screen", f"glyphs/{width}x{height}.glyphs")
    assert data is not None, "the package's own loader can read data"  # noqa: S101 - for the type checker
    return GlyphTable(width, height, data)
