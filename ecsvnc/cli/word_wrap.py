"""Text for the width of a terminal: broken between words, never within one. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from unicodedata import combining, east_asian_width


def wrapped(text: str, *, width: int, indent: int = 0) -> str:
    """The text on lines of at most `width` cells; all but the first begin with `indent` spaces.

    The first line is taken to begin at that column too: what stands left of it is printed by the caller. A word that
    is longer than a line stays whole, so that it can be copied.
    """
    return f"\n{' ' * indent}".join(_lines(text, max(width - indent, 1)))


def _lines(text: str, width: int) -> Iterator[str]:
    line, cells = "", 0
    for word in text.split():
        word_cells = cell_width(word)
        if line and cells + 1 + word_cells > width:
            yield line
            line, cells = word, word_cells
        else:
            line, cells = f"{line} {word}" if line else word, cells + bool(line) + word_cells
    yield line


def cell_width(text: str) -> int:
    """How many cells of a terminal it takes: two for a wide letter (Unicode Annex 11), none for an accent."""
    return len(text) if text.isascii() else sum(map(_letter_width, text))


def shortened(text: str, width: int) -> str:
    """The text in at most `width` cells, with an ellipsis at its end if it was longer."""
    if cell_width(text) <= width:
        return text
    ends = accumulate(map(_letter_width, text))
    return "".join(letter for letter, end in zip(text, ends, strict=True) if end < width) + "…"


def _letter_width(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WF" else not combining(letter)
