"""The cursor is found, and what is under it is read."""

import pytest
from support.rendered import (
    BLACK,
    GREY,
    console_font,
    draw_cell,
    draw_lines,
    draw_vga_cursor,
    grid_of,
    screen_of,
    underlined,
)

from ecsvnc.screen.reader import ScreenReader
from ecsvnc.screen.text_screen import UNKNOWN

TEXT = ("The quick brown fox jumps over", "the lazy dog, 0123456789.", "web-1 login: ")
FONT = "Lat15-Fixed16"


def with_cursor(position, character, *, font=FONT, rows=2, lines=TEXT):
    """A framebuffer console with the cursor of Linux on a character."""
    drawn = console_font(font)
    framebuffer = screen_of(drawn, lines, 640, 480)
    bitmap = 0 if character == " " else drawn.bitmap(character)
    draw_cell(framebuffer, grid_of(drawn, 640, 480), position, underlined(bitmap, drawn, rows))
    return framebuffer


@pytest.mark.parametrize(
    ("position", "character", "rows"),
    [
        *(((13, 2), " ", rows) for rows in (2, 5, 16)),  # 8 rows on a blank are the glyph of a block
        *(((0, 1), "t", rows) for rows in (2, 5, 8, 10, 16)),
        *(((2, 0), "e", rows) for rows in (2, 5, 8, 10, 16)),
        *(((12, 1), ",", rows) for rows in (2, 16)),
    ],
)
def test_each_cursor_of_linux_on_a_framebuffer_is_found(position, character, rows):
    screen = ScreenReader().read(with_cursor(position, character, rows=rows))
    assert screen.cursor == position
    assert screen.lines[:3] == tuple(line.rstrip() for line in TEXT)
    assert screen.unknown == 0


@pytest.mark.parametrize("character", [*" abgjpqy,;_.x"])
def test_under_the_vgas_cursor_no_wrong_character_is_read(character):
    font = console_font("vgabios-stdvga-8x16")
    framebuffer = screen_of(font, (*TEXT[:2], f"abc {character}"), 720, 400, gap=1)
    draw_vga_cursor(framebuffer, grid_of(font, 720, 400, gap=1), (4, 2), GREY)
    screen = ScreenReader().read(framebuffer)
    read = screen.cells[2][4].character
    if read == UNKNOWN:
        assert screen.cursor is None
    else:
        assert screen.cursor == (4, 2)
        assert read == (" " if character == "_" else character)


def test_what_is_under_the_vgas_cursor_is_remembered_from_before_it_came():
    font = console_font("vgabios-stdvga-8x16")
    framebuffer = screen_of(font, (*TEXT[:2], "quit"), 720, 400, gap=1)
    reader = ScreenReader()
    reader.read(framebuffer)
    draw_vga_cursor(framebuffer, grid_of(font, 720, 400, gap=1), (0, 2), GREY)
    screen = reader.read(framebuffer)
    assert screen.lines[2] == "quit"
    assert screen.cursor == (0, 2)


def test_an_underscore_of_the_vga_is_no_cursor():
    framebuffer = screen_of(console_font("vgabios-stdvga-8x16"), (*TEXT, "_", "a _"), 720, 400, gap=1)
    screen = ScreenReader().read(framebuffer)
    assert screen.lines[3:5] == ("_", "a _")
    assert screen.cursor is None


def test_in_a_font_whose_underscore_is_the_cursor_it_is_the_cursor_that_blinks():
    font = console_font("Lat15-VGA8")
    grid = grid_of(font, 640, 480)
    lines = (*TEXT[:2], "x86_64 _init foo_", "$ ")
    shown = screen_of(font, lines, 640, 480)
    draw_cell(shown, grid, (2, 3), underlined(0, font, 1))
    reader = ScreenReader()
    screen = reader.read(shown)
    assert (screen.lines[2:4], screen.cursor) == (("x86_64 _init foo_", "$ _"), None)
    screen = reader.read(screen_of(font, lines, 640, 480))
    assert (screen.lines[2:4], screen.cursor) == (("x86_64 _init foo_", "$"), None)
    screen = reader.read(shown)
    assert (screen.lines[2:4], screen.cursor) == (("x86_64 _init foo_", "$"), (2, 3))


def test_the_cursor_keeps_its_place_between_two_blinks():
    reader = ScreenReader()
    assert reader.read(with_cursor((13, 2), " ")).cursor == (13, 2)
    hidden = screen_of(console_font(FONT), TEXT, 640, 480)
    assert reader.read(hidden).cursor == (13, 2)
    assert reader.read(with_cursor((13, 2), " ")).cursor == (13, 2)
    assert reader.read(screen_of(console_font(FONT), (*TEXT, "another"), 640, 480)).cursor is None


def test_two_cells_that_look_like_a_cursor_are_unknown():
    font = console_font(FONT)
    grid = grid_of(font, 640, 480)
    framebuffer = with_cursor((0, 1), "t")
    draw_cell(framebuffer, grid, (2, 0), underlined(font.bitmap("e"), font))
    screen = ScreenReader().read(framebuffer)
    assert screen.cursor is None
    assert screen.unknown == 2
    assert screen.lines[0] == f"Th{UNKNOWN} quick brown fox jumps over"


def test_a_block_cursor_is_distinguished_from_a_line_in_inverse():
    font = console_font(FONT)
    grid = grid_of(font, 640, 480)
    framebuffer = screen_of(font, TEXT, 640, 480)
    draw_cell(framebuffer, grid, (4, 0), font.bitmap("q"), foreground=BLACK, background=GREY)
    screen = ScreenReader().read(framebuffer)
    assert screen.cursor == (4, 0)
    assert screen.cells[0][4] == ("q", GREY, BLACK)
    draw_lines(framebuffer, grid, font, ("The quick",), foreground=BLACK, background=GREY)
    screen = ScreenReader().read(framebuffer)
    assert screen.cursor is None
    assert screen.lines[:2] == TEXT[:2]
    assert screen.cells[0][4] == ("q", BLACK, GREY)


def test_the_cursor_of_uefi_is_found():
    font = console_font("edk2-LaffStd")
    framebuffer = screen_of(font, ("UEFI Interactive Shell v2.2", "EDK II", "Shell> "), 800, 600, y=5)
    draw_cell(framebuffer, grid_of(font, 800, 600, y=5), (7, 2), underlined(0, font, 3))
    screen = ScreenReader().read(framebuffer)
    assert screen.cursor == (7, 2)
    assert screen.lines[2] == "Shell>"
