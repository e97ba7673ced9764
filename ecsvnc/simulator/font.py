"""The screen font: `font.txt` beside this file, as bitmaps.

A bitmap is a tuple of rows from top to bottom, a row an integer whose highest bit is the leftmost pixel.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

GLYPH_WIDTH = 9
GLYPH_HEIGHT = 16
REPLACEMENT = "\ufffd"

_CAPITALS_TOP = 2
"""The first row of a capital letter, where an accent for small letters would overlap it."""


class Bitmap(NamedTuple):
    """A shape in one colour."""

    width: int
    rows: tuple[int, ...]

    def ink(self) -> list[tuple[int, int, int]]:
        """The runs of inked pixels, as (row, first column, length)."""
        runs = []
        for y, row in enumerate(self.rows):
            x = 0
            for bits in f"{row:0{self.width}b}".replace("01", "0 1").replace("10", "1 0").split():
                if bits[0] == "1":
                    runs.append((y, x, len(bits)))
                x += len(bits)
        return runs


@lru_cache(maxsize=1024)
def glyph(character: str) -> Bitmap:
    """One character's bitmap, 9 by 16; that of U+FFFD if the font has none. Accented letters are composed."""
    glyphs = _sheet()
    if character in glyphs:
        return Bitmap(GLYPH_WIDTH, glyphs[character])
    base, *marks = tuple(unicodedata.normalize("NFD", character))
    if base not in glyphs or not marks or any(mark not in glyphs for mark in marks):
        return Bitmap(GLYPH_WIDTH, glyphs[REPLACEMENT])
    rows = glyphs[_without_dot(base)]
    for mark in marks:
        rows = _accented(rows, glyphs[mark])
    return Bitmap(GLYPH_WIDTH, rows)


@lru_cache(maxsize=256)
def enlarged(character: str, doublings: int) -> Bitmap:
    """A glyph at 2, 4, 8 … times its size, its steps smoothed into slopes."""
    bitmap = glyph(character)
    for _ in range(doublings):
        bitmap = _doubled(bitmap)
    return bitmap


def _without_dot(letter: str) -> str:
    return {"i": "\u0131", "j": "\u0237"}.get(letter, letter)


def _accented(letter: tuple[int, ...], mark: tuple[int, ...]) -> tuple[int, ...]:
    """A letter with a mark; a capital letter is made shorter by the rows that the mark needs."""
    is_above = any(mark[: GLYPH_HEIGHT // 2])
    first_inked = next(y for y, row in enumerate(letter) if row)
    if is_above and first_inked <= _CAPITALS_TOP + 1:
        letter = _shortened(letter)
        mark = (*mark[1:], 0)
    return tuple(a | b for a, b in zip(letter, mark, strict=True))


def _shortened(letter: tuple[int, ...]) -> tuple[int, ...]:
    """The letter two rows shorter: rows that repeat the next one are removed, which keeps its shape."""
    rows = list(letter)
    for _ in range(2):
        repeated = next((y for y in range(_CAPITALS_TOP, len(rows) - 1) if rows[y] and rows[y] == rows[y + 1]), 0)
        del rows[repeated]
        rows.insert(0, 0)
    return tuple(rows)


def _doubled(bitmap: Bitmap) -> Bitmap:
    """Twice as large, by the EPX rule: a corner is cut or filled where its two neighbours agree against the others."""
    height, width = len(bitmap.rows), bitmap.width

    def inked(x: int, y: int) -> bool:
        return 0 <= x < width and 0 <= y < height and bool(bitmap.rows[y] >> (width - 1 - x) & 1)

    rows = []
    for y in range(height):
        upper = lower = 0
        for x in range(width):
            here, above, below, left, right = (
                inked(*at) for at in ((x, y), (x, y - 1), (x, y + 1), (x - 1, y), (x + 1, y))
            )
            corners = (here, here, here, here)
            if above != below and left != right:
                corners = (
                    above if above == left else here,
                    above if above == right else here,
                    below if below == left else here,
                    below if below == right else here,
                )
            upper = upper << 2 | corners[0] << 1 | corners[1]
            lower = lower << 2 | corners[2] << 1 | corners[3]
        rows += [upper, lower]
    return Bitmap(2 * width, tuple(rows))


@lru_cache(maxsize=1)
def _sheet() -> dict[str, tuple[int, ...]]:
    text = resources.files("ecsvnc.simulator").joinpath("font.txt").read_text(encoding="utf-8")
    glyphs: dict[str, tuple[int, ...]] = {}
    for band in text.split("\n\n"):
        names, *lines = band.split("\n")
        if not names.startswith("U+"):
            continue
        columns = zip(*(line.split() for line in lines if line), strict=True)
        for name, column in zip(names.split(), columns, strict=True):
            rows = (int(row.replace(".", "0").replace("#", "1"), 2) for row in column)
            glyphs[chr(int(name.partition("+")[2], 16))] = tuple(rows)
    return glyphs
