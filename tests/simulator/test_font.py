"""The screen font: complete, readable, and drawn within its lines."""

import string
import unicodedata

import pytest

from ecsvnc.simulator import font

PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]
FILLS_THE_CELL = "─│┌┐└┘├┤┬┴┼█▀▄░▒▓●_…"


@pytest.mark.parametrize("character", [*PRINTABLE, *"£§°ßæøÆØ€•·←↑→↓✓✗", *FILLS_THE_CELL])
def test_every_character_that_the_screens_use_has_a_glyph_of_its_own(character):
    glyph = font.glyph(character)
    assert glyph.width == font.GLYPH_WIDTH
    assert len(glyph.rows) == font.GLYPH_HEIGHT
    assert all(0 <= row < 1 << font.GLYPH_WIDTH for row in glyph.rows)
    assert glyph != font.glyph(font.REPLACEMENT)


def test_no_two_printable_characters_look_the_same():
    assert len({font.glyph(character).rows for character in PRINTABLE}) == len(PRINTABLE)


@pytest.mark.parametrize("character", string.ascii_letters + string.digits)
def test_letters_and_digits_leave_the_last_column_free_so_that_they_do_not_touch(character):
    assert not any(row & 1 for row in font.glyph(character).rows)


@pytest.mark.parametrize("character", string.ascii_uppercase.replace("Q", "") + string.digits)
def test_capitals_and_digits_share_baseline_and_height(character):
    rows = font.glyph(character).rows
    inked = [y for y, row in enumerate(rows) if row]
    assert (inked[0], inked[-1]) == (2, 11)


def test_what_has_no_glyph_is_shown_as_the_replacement():
    for character in ("\u4e2d", "\x07", "\U0001f600"):
        assert font.glyph(character) == font.glyph(font.REPLACEMENT)


@pytest.mark.parametrize("character", "àáâãäåçèéêëìíîïñòóôõöùúûüýÿÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝčďěňřšťžČŘŠŽ")
def test_accented_letters_differ_from_the_bare_letter_and_from_the_replacement(character):
    base = unicodedata.normalize("NFD", character)[0]
    assert font.glyph(character) not in {font.glyph(base), font.glyph(font.REPLACEMENT)}


def test_an_accent_does_not_run_into_its_capital():
    rows = font.glyph("É").rows
    assert rows[0] or rows[1], "the accent"
    assert not rows[3], "the space under it"
    assert rows[4], "the letter"


def test_a_glyph_enlarged_twice_has_four_times_the_sides_and_about_sixteen_times_the_ink():
    small, large = font.glyph("8"), font.enlarged("8", 2)
    assert (large.width, len(large.rows)) == (4 * small.width, 4 * len(small.rows))
    ratio = sum(length for _, _, length in large.ink()) / sum(length for _, _, length in small.ink())
    assert 14 < ratio < 18


def test_the_runs_of_ink_are_the_bitmap():
    bitmap = font.glyph("&")
    rows = [0] * font.GLYPH_HEIGHT
    for y, x, length in bitmap.ink():
        rows[y] |= ((1 << length) - 1) << (bitmap.width - x - length)
    assert tuple(rows) == bitmap.rows
