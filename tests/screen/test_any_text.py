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
def drawings(draw, font):
    """What is drawn into each cell, where a cursor may be and of which kind, the ninth column, the bytes of a pixel."""
    gap = int(font.width == 8 and draw(st.booleans()))
    characters = sorted({characters[0] for _, characters in font.glyphs if characters and characters[0].isprintable()})
    text = draw(st.text(st.sampled_from([" ", *characters]), min_size=1, max_size=COLUMNS * (ROWS - 2)))
    colours = st.lists(st.sampled_from(VGA_COLOURS), min_size=2, max_size=2, unique=True)
    cells = {
        (place % COLUMNS, 1 + place // COLUMNS): (character, *draw(colours)) for place, character in enumerate(text)
    }
    cursor = draw(st.none() | st.sampled_from(sorted(cells)))
    return cells, cursor, gap, draw(st.sampled_from([1, 4]))


def drawn_screen(font, cells, cursor, gap, bytes_per_pixel):
    """The screen. The cursor inverts the foot of a cell, on VGA hardware it covers it."""
    width = 720 if gap else COLUMNS * font.width
    framebuffer = Framebuffer(width, ROWS * font.height, bytes_per_pixel)
    grid = grid_of(font, width, ROWS * font.height, gap=gap)
    draw_lines(framebuffer, grid, font, [SENTENCE])
    for position, (character, foreground, background) in cells.items():
        bitmap = bitmap_of(font, character)
        if position == cursor and not gap:
            bitmap = underlined(bitmap, font, 1 if font.height < 10 else 2)
        draw_cell(framebuffer, grid, position, bitmap, foreground=foreground, background=background)
    if cursor and gap:
        draw_vga_cursor(framebuffer, grid, cursor, cells[cursor][1])
    return framebuffer


def bitmap_of(font, character):
    return 0 if character == " " else font.bitmap(character)


def readings(font, bitmap):
    """What a bitmap may be read as: its own character, or that of the same cell with the colours changed over."""
    table = glyph_table(font.width, font.height)
    full = (1 << font.width * font.height) - 1
    found = {table.character(bitmap), table.character(full ^ bitmap)} - {None}
    return {" "} if bitmap in {0, full} else found or {UNKNOWN}


def check(font, cells, cursor, gap, bytes_per_pixel):
    screen = ScreenReader().read(drawn_screen(font, cells, cursor, gap, bytes_per_pixel))
    assert screen.lines[0].startswith(SENTENCE)
    for (column, row), (character, _, _) in cells.items():
        read = screen.cells[row][column].character
        bitmap = bitmap_of(font, character)
        if (column, row) == cursor:
            shown = underlined(bitmap, font, 1 if font.height < 10 else 2)
            assert read in {character, UNKNOWN, " ", *readings(font, shown)} or not character.isascii()
        elif is_underline(bitmap, font):
            assert read in {*readings(font, bitmap), " "}
        elif character.isascii() and bitmap:
            assert read == character
        else:
            assert read in readings(font, bitmap)


def is_underline(bitmap, font):
    """Whether a glyph is what a cursor on a blank is."""
    return bitmap in {underlined(0, font, rows, below) for rows, below in ((1, 0), (2, 0), (3, 0), (3, 1))}


@settings(max_examples=12)
@given(st.data())
@pytest.mark.parametrize("name", SOME_FONTS)
def test_any_text_is_read_as_it_was_drawn(name, data):
    font = console_font(name)
    check(font, *data.draw(drawings(font)))


@pytest.mark.full
@settings(max_examples=5)
@given(st.data())
@pytest.mark.parametrize("name", ALL_FONTS)
def test_any_text_in_any_installed_font_is_read_as_it_was_drawn(name, data):
    font = console_font(name)
    if all(font.bitmap(character) for character in SENTENCE.replace(" ", "")):
        check(font, *data.draw(drawings(font)))
