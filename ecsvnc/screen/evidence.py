"""How sure it is that a grid is the one that the screen's text stands on. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ecsvnc.screen.text_screen import UNKNOWN

_PLAIN = dict.fromkeys([*map(ord, " _-|=.,:;'`\"^~/\\" + UNKNOWN), *range(0xA0, 0xC0), *range(0x2000, 0x2C00)])
"""Lines, dots, blocks: a picture or a part of another letter may look like them, so they tell nothing of a grid."""


class Evidence(NamedTuple):
    """What cells tell of their grid: how many have a letter or the like, an unknown glyph, or more than two colours."""

    letters: int
    unknown: int
    pictures: int

    @property
    def is_text(self) -> bool:
        """Whether these are cells of text, among which pictures and unknown characters may stand."""
        return self.letters * 4 >= self.unknown + self.pictures

    @property
    def shows_letters(self) -> bool:
        """Whether these are cells of text that is not blank."""
        return self.letters > 0 and self.is_text

    @property
    def is_certain(self) -> bool:
        """Whether no other grid needs to be tried."""
        return self.letters >= 12 and self.letters >= 9 * (self.unknown + self.pictures)

    @property
    def score(self) -> int:
        """What grids are compared by."""
        return self.letters - self.unknown - self.pictures


def count_letters(text: str) -> int:
    """How many characters no picture looks like by chance."""
    return len(text.translate(_PLAIN))
