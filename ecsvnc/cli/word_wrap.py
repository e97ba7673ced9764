"""Text for the width of a terminal: broken between words, never within one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from unicodedata import combining, east_asian_width

_WORD = re.compile(r"(?:`[^`]*`|\S)+")
"""A word, or a command in backquotes with what stands next to it."""

_BREAK = " \\"
"""At the end of a line that a shell joins with the next one."""


def wrapped(text: str, *, width: int, indent: int = 0, hanging: int = 0) -> str:
    r"""The text on lines of at most `width` cells; all but the first begin with `indent` + `hanging` spaces.

    The first line is taken to begin at column `indent`: what stands left of it is printed by the caller. A word that is
    longer than a line stays whole, so that it can be copied, and so does a command in backquotes; one that is longer
    than a line is broken between its words with a `\` before the end of the line, as a shell reads it.
    """
    return f"\n{' ' * (indent + hanging)}".join(_lines(text, width - indent, width - indent - hanging))


def _lines(text: str, first_width: int, width: int) -> Iterator[str]:
    line, room = "", max(first_width, 1)
    for word in _WORD.findall(text):
        is_broken = cell_width(word) > max(width, 1)
        pieces = word.split(" ") if is_broken else [word]
        for number, piece in enumerate(pieces):
            mark = len(_BREAK) if number < len(pieces) - 1 else 0
            if line and cell_width(f"{line} {piece}") + mark > room:
                yield line + (_BREAK if number else "")
                line, room = "", max(width, 1)
            line = f"{line} {piece}" if line else piece
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
