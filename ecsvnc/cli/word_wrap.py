"""Text for the width of a terminal: broken between words, never within one. Pure."""

from __future__ import annotations

from collections.abc import Iterator
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
        word_cells = _cells(word)
        if line and cells + 1 + word_cells > width:
            yield line
            line, cells = word, word_cells
        else:
            line, cells = f"{line} {word}" if line else word, cells + bool(line) + word_cells
    yield line


def _cells(word: str) -> int:
    """How many cells of a terminal it takes: two for a wide letter (Unicode Annex 11), none for an accent."""
    if word.isascii():
        return len(word)
    return sum(2 if east_asian_width(letter) in "WF" else not combining(letter) for letter in word)
