from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.attach.half_blocks import half_blocks
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.colours import VGA_COLOURS, rgb332
from ecsvnc.screen.text_screen import Cell

BLACK, WHITE, GREY = 0x000000, 0xFFFFFF, 0xAAAAAA


def screen(*rows, bytes_per_pixel=4):
    """A screen with these colours."""
    pixels = bytearray()
    for colour in (colour for row in rows for colour in row):
        pixels += bytes((rgb332(colour),)) if bytes_per_pixel == 1 else colour.to_bytes(4, "little")
    return Framebuffer(len(rows[0]), len(rows), bytes_per_pixel, pixels)


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 300), st.integers(1, 100), st.sampled_from((1, 4)))
def test_a_picture_fits_and_keeps_its_shape(width, height, columns, rows, bytes_per_pixel):
    shown = half_blocks(Framebuffer(width, height, bytes_per_pixel), columns, rows)
    assert {len(row) for row in shown} == {len(shown[0])}
    assert len(shown) <= rows
    assert len(shown[0]) <= columns
    assert len(shown) == rows or len(shown[0]) == columns, "it could be larger"
    # Of pixels that are squares: half a cell each, so that a side is off by one at the most.
    assert abs(len(shown[0]) * height / width - len(shown) * 2) <= 2 + height / width


@pytest.mark.parametrize("bytes_per_pixel", [1, 4])
def test_the_colours_of_consoles_are_shown_as_they_are(bytes_per_pixel):
    upper, lower = VGA_COLOURS[:8], VGA_COLOURS[8:]
    expected = tuple(Cell("▀", *pair) for pair in zip(upper, lower, strict=True))
    assert half_blocks(screen(upper, lower, bytes_per_pixel=bytes_per_pixel), 8, 1) == (expected,)


def test_a_cell_of_one_colour_is_blank():
    assert half_blocks(screen([GREY], [GREY]), 1, 1) == ((Cell(" ", GREY, GREY),),)


def test_the_lower_half_below_a_picture_is_black():
    assert half_blocks(screen([WHITE, WHITE]), 2, 5) == ((Cell("▀", WHITE, BLACK),) * 2,)


def test_what_is_smaller_is_the_mean_of_all_its_pixels():
    board = screen(*[[BLACK, WHITE] * 8, [WHITE, BLACK] * 8] * 8)
    assert half_blocks(board, 2, 1) == ((Cell(" ", 0x888888, 0x888888),) * 2,)


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_screen_of_no_size_is_empty(size):
    assert half_blocks(Framebuffer(*size, 1), 80, 24) == ()


@pytest.mark.parametrize("room", [(0, 5), (5, 0)])
def test_no_room_is_empty(room):
    assert half_blocks(Framebuffer(4, 4, 1), *room) == ()


def test_without_colours_brightness_is_a_shade():
    greys = [0x000000, 0x444444, 0x888888, 0xBBBBBB, 0xFFFFFF]
    (row,) = half_blocks(screen(greys, greys), 5, 1, has_colours=False)
    assert "".join(cell.character for cell in row) == " ░▒▓█"
    assert {cell[1:] for cell in row} == {(GREY, BLACK)}


def test_without_colours_an_edge_is_half_a_block():
    (row,) = half_blocks(screen([WHITE, BLACK], [BLACK, WHITE]), 2, 1, has_colours=False)
    assert "".join(cell.character for cell in row) == "▀▄"
