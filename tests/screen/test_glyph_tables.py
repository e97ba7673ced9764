"""The tables of glyphs: what is in them is what the fonts say, and they can be made again."""

import os
from functools import cache
from pathlib import Path

import console_fonts
import make_glyph_tables
import pytest
from support.parts import need_file
from support.rendered import console_font

from ecsvnc.screen import glyph_table as tables
from ecsvnc.screen.glyph_table import CELL_SIZES, GlyphTable, digest, encode_table, glyph_table, without_foot
from ecsvnc.screen.text_screen import UNKNOWN

NEWER = "\u0ece"
"""Of Unicode 15: the Python that made the tables, 3.11, takes it for unprintable, and later ones do not."""

ASCII = [chr(code) for code in range(33, 127)]
FOLDER = Path(tables.__file__).with_name("glyphs")

FONTS = [
    "Lat15-Fixed16",
    "Lat15-Terminus32x16",
    "Lat2-TerminusBold14",
    "Uni2-VGA16",
    "Uni3-Terminus12x6",
    "vgabios-stdvga-8x16",
    "vgabios-stdvga-8x14",
    "vgabios-stdvga-8x8",
    "grub-unicode-8x16",
    "edk2-LaffStd",
    "ecsvnc-demo",
]


def wrong_in_ascii(font, table):
    """ASCII characters of a font that a table has for another one. A look-alike outside ASCII is none."""
    read = {character: table.character(bitmap) for character in ASCII if (bitmap := font.bitmap(character))}
    return {character: other for character, other in read.items() if other and other.isascii() and other != character}


def test_there_is_a_table_for_each_cell_size_and_no_other():
    assert {path.stem for path in FOLDER.iterdir()} == {f"{width}x{height}" for width, height in CELL_SIZES}


@pytest.mark.parametrize("name", FONTS)
def test_every_character_of_a_font_is_in_its_table(name):
    font = console_font(name)
    table = glyph_table(font.width, font.height)
    for character in ASCII:
        assert table.character(font.bitmap(character)) == character
    full = (1 << font.width * font.height) - 1
    for bitmap, characters in font.glyphs:
        if bitmap not in (0, full) and any(
            character.isprintable() and character not in (UNKNOWN, NEWER) for character in characters
        ):
            assert table.character(bitmap) is not None


def test_a_bitmap_that_no_font_has_is_nothing():
    assert glyph_table(8, 16).character(0x123456789ABCDEF) is None
    assert glyph_table(8, 16).character_above_cursor(0x123456789ABCDEF << 64) is None


def test_a_bitmap_is_another_one_in_a_cell_of_another_size():
    assert len({digest(5, 8, 16), digest(5, 16, 8), digest(5, 8, 14), digest(6, 8, 16)}) == 4


def test_a_table_is_read_as_it_was_written():
    glyphs = {digest(bitmap, 8, 8): 65 + bitmap for bitmap in range(1, 40)}
    cut = {digest(without_foot(255 << 40, 8, 8), 8, 8): ord("x"), digest(1 << 30, 8, 8): 0xFFFD}
    table = GlyphTable(8, 8, encode_table(glyphs, cut))
    assert len(table) == 39
    assert [table.character(bitmap) for bitmap in (0, 1, 39, 40)] == [None, "B", "h", None]
    assert table.character_above_cursor(255 << 40 | 0xFF) == "x"
    assert table.character_above_cursor(1 << 30) is None


def test_a_font_that_is_left_out_gives_no_wrong_ascii_character():
    fonts = fonts_of_size(16, 32)
    assert len(fonts) > 40
    for left_out in fonts[::8]:
        others = [font for font in fonts if font is not left_out]
        assert wrong_in_ascii(left_out, table_of(others)) == {}


@pytest.mark.full
@pytest.mark.timeout(1200)  # the commonest size has the most fonts
@pytest.mark.parametrize("size", [size for size in CELL_SIZES if size != (16, 16)])
def test_any_font_that_is_left_out_gives_no_wrong_ascii_character(size):
    fonts = [font for font in installed_fonts() if (font.width, font.height) == size]
    for left_out in fonts:
        others = [font for font in fonts if font is not left_out]
        if others:
            assert wrong_in_ascii(left_out, table_of(others)) == {}


@pytest.mark.parametrize("size", [(12, 24), (14, 28)])
def test_the_tables_of_debians_fonts_can_be_made_again(size):
    fonts = fonts_of_size(*size)
    made = make_glyph_tables.make_table(make_glyph_tables.characters_of_bitmaps(fonts), *size)
    assert made == (FOLDER / f"{size[0]}x{size[1]}.glyphs").read_bytes()


@pytest.mark.full
def test_all_tables_can_be_made_again(tmp_path):
    sources = Path(os.environ.get("ECSVNC_TEST_FONTS", "/nowhere"))
    if not sources.is_dir():
        pytest.skip("ECSVNC_TEST_FONTS names no folder with kbd's `consolefonts` and Linux's `fonts`")
    make_glyph_tables.make(sources / "consolefonts", sources / "fonts", tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in FOLDER.iterdir()
    }


def test_two_ascii_characters_with_one_bitmap_stop_the_maker():
    font = console_fonts.Font("a", 8, 8, ((5, ("O",)),))
    alike = console_fonts.Font("b", 8, 8, ((5, ("0", "Ø")),))
    with pytest.raises(SystemExit, match=r"\['0', 'O'\]|\['O', '0'\]"):
        make_glyph_tables.characters_of_bitmaps([font, alike])
    inverse = console_fonts.Font("c", 8, 8, ((5 ^ (1 << 64) - 1, ("Q",)),))
    with pytest.raises(SystemExit, match="inverted"):
        make_glyph_tables.characters_of_bitmaps([font, inverse])


def test_ascii_wins_over_what_looks_the_same():
    fonts = [
        console_fonts.Font(name, 8, 8, ((5, characters),))
        for name, characters in (("a", "\u0410"), ("b", "\u0410A"), ("c", "\u0391"))
    ]
    assert make_glyph_tables.characters_of_bitmaps(fonts) == {5: "A"}


@cache
def installed_fonts():
    """Those of Debian's packages; where one is missing, the calling test is skipped."""
    for path in (*console_fonts.VGA_BIOSES, *console_fonts.GRUB_FONTS, console_fonts.EDK2_FIRMWARE):
        need_file(str(path))
    return list(console_fonts.installed_fonts())


def fonts_of_size(width, height):
    """Those of console-setup-linux, whose names have the size."""
    paths = Path(need_file(str(console_fonts.CONSOLE_FONTS))).glob(f"*{height}x{width}.psf.gz")
    return [console_font(path.name.removesuffix(".psf.gz")) for path in sorted(paths)]


def table_of(fonts):
    size = fonts[0].width, fonts[0].height
    return GlyphTable(*size, make_glyph_tables.make_table(make_glyph_tables.characters_of_bitmaps(fonts), *size))
