"""How certain it is that a grid is that of the screen's text. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ecsvnc.screen.cells import PICTURE
from ecsvnc.screen.text_screen import UNKNOWN, Cell

_PLAIN = dict.fromkeys([*map(ord, " _-|=.,:;'`\"^~/\\" + UNKNOWN), *range(0xA0, 0xC0), *range(0x2000, 0x2C00)])
"""Lines, dots, blocks: a picture or a part of another letter may look like them, so they are no evidence."""


MAX_PLAIN = 80
"""A screen with only these is not text if it has more of them than one line."""


class Evidence(NamedTuple):
    """The cells of a grid: how many have a letter, another sign, an unknown glyph, more than two colours."""

    letters: int
    plain: int
    unknown: int
    pictures: int

    @property
    def is_text(self) -> bool:
        """Whether these are cells of text, possibly with some pictures and unknown characters."""
        if not self.letters and self.plain > MAX_PLAIN:
            return False
        return self.letters * 4 >= self.unknown + self.pictures

    @property
    def shows_letters(self) -> bool:
        """Whether these are cells of text that is not blank."""
        return self.letters > 0 and self.is_text

    @property
    def is_certain(self) -> bool:
        """Whether no other grid needs to be tried."""
        return self.letters >= 12 and self.letters >= 50 * (self.unknown + self.pictures)

    @property
    def score(self) -> int:
        """The number by which grids are compared."""
        return self.letters - self.unknown - self.pictures

    def __add__(self, other: object) -> Evidence:
        if not isinstance(other, Evidence):
            return NotImplemented
        return Evidence(*map(sum, zip(self, other, strict=True)))


NO_EVIDENCE = Evidence(0, 0, 0, 0)


def evidence_of(cells: Iterable[Cell], line: str) -> Evidence:
    """The evidence of a row of cells; `line` are their characters."""
    not_read = line.count(UNKNOWN)
    letters = len(line.translate(_PLAIN))
    pictures = sum(cell is PICTURE for cell in cells) if not_read else 0
    return Evidence(letters, len(line) - line.count(" ") - letters - not_read, not_read - pictures, pictures)
