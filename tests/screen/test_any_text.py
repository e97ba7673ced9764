"""Whatever text a known font draws, in whatever colours and with whatever cursor, is read as what was drawn."""

import console_fonts
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.rendered import console_font, draw_cell, draw_lines, draw_vga_cursor, grid_of, underlined

from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.colours import VGA_COLOURS
from ecsvnc.screen.glyph_table import glyph_table
from ecsvnc.screen.reader import ScreenReader
from ecsvnc.screen.text_screen import UNKNOWN

SENTENCE = "The quick brown fox jumps over 2 lazy dogs"
"""The line above the text: a screen has some letters by which its grid is found."""

SOME_FONTS = ["Lat15-Fixed16", "Uni2-TerminusBold24x12", "CyrSlav-VGA8", "vgabios-stdvga-8x16", "Lat2-Terminus32x16"]
ALL_FONTS = [path.name.removesuffix(".psf.gz") for path in sorted(console_fonts.CONSOLE_FONTS.glob("*.psf.gz"))]

COLUMNS, ROWS = 48, 6


@st.composite
def drawn_screens(draw, font):
    """A screen with text in any colours, maybe a cursor; and what is drawn in each cell."""
    gap = int(font.width == 8 and draw(st.booleans()))
    width = 720 if gap else COLUMNS * font.width
    height = ROWS * font.height
    framebuffer = Framebuffer(width, height, draw(st.sampled_from([1, 4])))
    grid = grid_of(font, width, height, gap=gap)
    draw_lines(framebuffer, grid, font, [SENTENCE])
    characters = sorted({characters[0] for _, characters in font.glyphs if characters and characters[0] > " "})
    text = draw(st.text(st.sampled_from([" ", *characters]), min_size=1, max_size=COLUMNS * (ROWS - 2)))
    colour = st.sampled_from(VGA_COLOURS)
    cells = {}
    for place, character in enumerate(text):
        position = (place % COLUMNS, 1 + place // COLUMNS)
        foreground, background = draw(st.tuples(colour, colour).filter(lambda pair: pair[0] != pair[1]))
        cells[position] = (character, 0 if character == " " else font.bitmap(character), foreground, background)
    cursor = draw(st.sampled_from([None, "inverting", "covering"] if font.width == 8 else [None, "inverting"]))
    at = draw(st.sampled_from(sorted(cells)))
    for position, (_, bitmap, foreground, background) in cells.items():
        is_inverted = position == at and cursor == "inverting" and not gap
        shown = underlined(bitmap, font, 1 if font.height < 10 else 2) if is_inverted else bitmap
        draw_cell(framebuffer, grid, position, shown, foreground=foreground, background=background)
    if cursor == "covering" and gap:
        draw_vga_cursor(framebuffer, grid, at, cells[at][2])
    else:
        cursor = cursor if cursor == "inverting" and not gap else None
    return framebuffer, cells, at if cursor else None


def readings(font, bitmap):
    """What a bitmap may be read as: its own character, or that of the same cell with the colours changed over."""
    table = glyph_table(font.width, font.height)
    full = (1 << font.width * font.height) - 1
    return {" "} if bitmap in (0, full) else {table.character(bitmap), table.character(full ^ bitmap)} - {None}


def check(font, framebuffer, cells, at):
    screen = ScreenReader().read(framebuffer)
    assert screen.lines[0].startswith(SENTENCE)
    for (column, row), (character, bitmap, _, _) in cells.items():
        read = screen.cells[row][column].character
        if (column, row) == at:
            assert read in {character, UNKNOWN, " "} or not character.isascii()
        elif character.isascii() and bitmap:
            assert read == character or is_underline(bitmap, font)
        else:
            assert read in readings(font, bitmap) or is_underline(bitmap, font)


def is_underline(bitmap, font):
    """Whether a glyph is what a cursor on a blank is."""
    return bitmap in {underlined(0, font, rows, below) for rows, below in ((1, 0), (2, 0), (3, 0), (3, 1))}


@settings(max_examples=12, deadline=None)
@given(st.data())
@pytest.mark.parametrize("name", SOME_FONTS)
def test_any_text_is_read_as_it_was_drawn(name, data):
    font = console_font(name)
    check(font, *data.draw(drawn_screens(font)))


@pytest.mark.full
@settings(max_examples=5, deadline=None)
@given(st.data())
@pytest.mark.parametrize("name", ALL_FONTS)
def test_any_text_in_any_installed_font_is_read_as_it_was_drawn(name, data):
    font = console_font(name)
    if all(font.bitmap(character) for character in SENTENCE.replace(" ", "")):
        check(font, *data.draw(drawn_screens(font)))
