"""Makes the tables of ecsvnc/screen/glyphs: which bitmap of which console font stands for which character.

    apt-get install console-setup-linux console-data psf-unifont seabios vgabios grub-common ovmf
    apt-get source --download-only kbd && tar xf kbd_*.orig.tar.gz
    apt-get download linux-source-6.1        (lib/fonts of usr/src/linux-source-6.1.tar.xz in it)
    python tools/make_glyph_tables.py --kbd kbd-2.5.1/data/consolefonts --linux linux-source-6.1/lib/fonts

The tables hold digests of bitmaps, no bitmap. From the same fonts come the same bytes. docs/fonts.md has the fonts.

A bitmap that stands for several characters is read as the ASCII one, else as the one that most fonts have it for. The
maker fails if over all fonts a bitmap stands for two ASCII characters, or for one and inverted for another.
"""

from __future__ import annotations

import argparse
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from console_fonts import LEFT_OUT, Font, installed_fonts, kbd_fonts, linux_fonts

from ecsvnc.screen.glyph_table import CELL_SIZES, WIDE, digest, encode_table, without_foot

GLYPHS = Path(__file__).parents[1] / "ecsvnc" / "screen" / "glyphs"
NOT_SHOWN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
"""Categories of characters that have no shape of their own, or would break a line: their glyphs stay unknown."""

UNREADABLE = "\ufffd"
"""Fonts that draw a box for a missing glyph name it so. It is never the reading of a cell."""


def main() -> None:
    """Write the tables, and print what is in them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kbd", type=Path, required=True, help="kbd's folder data/consolefonts")
    parser.add_argument("--linux", type=Path, required=True, help="Linux's folder lib/fonts")
    parser.add_argument("--to", type=Path, default=GLYPHS, help="folder of the tables")
    arguments = parser.parse_args()
    make(arguments.kbd, arguments.linux, arguments.to)


def make(kbd: Path, linux: Path, to: Path) -> None:
    """Make the tables from the installed fonts and from those of these two sources."""
    found = (*installed_fonts(), *kbd_fonts(kbd), *linux_fonts(linux))
    fonts = [font for font in found if font.name not in LEFT_OUT]
    to.mkdir(exist_ok=True)
    for path in to.glob("*.glyphs"):
        path.unlink()
    sizes = Counter((font.width, font.height) for font in fonts)
    if missing := sizes.keys() ^ set(CELL_SIZES):
        raise SystemExit(f"CELL_SIZES of ecsvnc/screen/glyph_table.py and the fonts differ in {sorted(missing)}")
    for (width, height), count in sorted(sizes.items()):
        glyphs = characters_of_bitmaps(font for font in fonts if (font.width, font.height) == (width, height))
        table = make_table(glyphs, width, height)
        (to / f"{width}x{height}.glyphs").write_bytes(table)
        print(f"{width}x{height}: {count} fonts, {len(glyphs)} glyphs, {len(table)} bytes")


def characters_of_bitmaps(fonts: Iterable[Font]) -> dict[int, str]:
    """For each bitmap its character; all fonts have one size. Raises SystemExit if ASCII characters look the same."""
    votes: defaultdict[int, Counter[str]] = defaultdict(Counter)
    full = 0
    for font in fonts:
        full = (1 << font.width * font.height) - 1
        for bitmap, characters in font.glyphs:
            shown = [character for character in characters if unicodedata.category(character) not in NOT_SHOWN]
            for place, character in enumerate(shown):
                if character != UNREADABLE:
                    votes[bitmap][character] += 1 if place else 1000
    glyphs = {bitmap: most_likely(counter) for bitmap, counter in votes.items() if bitmap not in (0, full)}
    for bitmap, character in glyphs.items():
        inverted = glyphs.get(full ^ bitmap, character)
        if character != inverted and character.isascii() and inverted.isascii():
            raise SystemExit(f"The glyph of {character!r} is, inverted, that of {inverted!r}.")
    return glyphs


def most_likely(votes: Counter[str]) -> str:
    """ASCII wins, then the character that the most fonts draw so, then the first in Unicode."""
    in_ascii = [character for character in votes if character.isascii()]
    if len(in_ascii) > 1:
        raise SystemExit(f"One bitmap is the glyph of {in_ascii}.")
    return in_ascii[0] if in_ascii else min(votes, key=lambda character: (-votes[character], character))


def make_table(glyphs: dict[int, str], width: int, height: int) -> bytes:
    """The table's bytes. Raises SystemExit if two bitmaps have one digest."""
    known = {digest(bitmap, width, height): ord(character) for bitmap, character in glyphs.items()}
    if len(known) != len(glyphs):
        raise SystemExit(f"Two bitmaps of {width}x{height} have the same digest.")
    if (width, height) == WIDE:
        return encode_table(known, {})
    above: defaultdict[int, set[str]] = defaultdict(set)
    above[0].add(" ")
    for bitmap, character in glyphs.items():
        above[without_foot(bitmap, width, height)].add(character)
    above_cursor = {
        digest(bitmap, width, height): ord(under_cursor(characters))
        for bitmap, characters in above.items()
        if len(characters) > 1 or bitmap not in glyphs
    }
    return encode_table(known, above_cursor)


def under_cursor(characters: set[str]) -> str:
    """What a cell holds whose foot is covered: a blank if it may be one, the only ASCII character, the only one."""
    if " " in characters:
        return " "
    in_ascii = [character for character in characters if character.isascii()] or list(characters)
    return in_ascii[0] if len(in_ascii) == 1 else UNREADABLE


if __name__ == "__main__":
    main()
