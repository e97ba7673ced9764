"""Whatever a console shows and says: a terminal gets characters of the glyph tables and ecsvnc's own sequences."""

from __future__ import annotations

import random
import re
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st
from support.emulators import PyteTerminal
from support.played_vnc import PlayedVnc
from support.qemu.gateway import NAME, GuestEcs
from support.rendered import console_font, draw_cell, grid_of
from support.rfb_updates import BELL, cut_text, raw, update

from ecsvnc.attach.canvas import Canvas
from ecsvnc.attach.colours import Depth, sgr_of
from ecsvnc.attach.follow_screen import STAYS_S
from ecsvnc.attach.screen_window import ScreenWindow
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.runtime import Runtime
from ecsvnc.screen.colours import VGA_COLOURS
from ecsvnc.screen.glyph_table import CELL_SIZES, glyph_table
from ecsvnc.screen.text_screen import UNKNOWN

DRAWN = re.compile(r"\x1b\[(?:[0-9;]*[mHK]|2J|\?25[hl]|\?2026[hl])")
"""The sequences that draw a screen."""

MODES = re.compile(r"\x1b\[(?:\?(?:1049|7|2004|2026|25)[hl]|\?u|>1u|<u|0?m)")
"""Those that take the terminal, and give it back."""

CHARACTERS = frozenset(
    {chr(point) for size in CELL_SIZES for point in glyph_table(*size)._known._code_points}  # all there are
    | {" ", UNKNOWN, *"▀▄█░▒▓"}
)

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u0301\x1bP+q\x1b\\\x1b[?1003h\r\n\x00"
"""Titles, colours, queries and mouse modes, as bytes and as C1 controls; bidi, combining."""


def screens(framebuffer, depth):
    """What is written to terminals of some sizes for a screen."""
    console = SimpleNamespace(framebuffer=framebuffer, version=1, now=0.0)
    window = ScreenWindow(console, has_colours=depth is not Depth.NONE)
    window.look()
    console.now = STAYS_S
    window.look()
    for columns, rows in ((20, 5), (80, 24), (300, 100)):
        yield Canvas(columns, rows, sgr_of(depth)).draw(window.frame(columns, rows))


def soup(seed, *, bytes_per_pixel):
    """Glyphs of a font anywhere and in any colours, among them the ones that look like nothing."""
    choice = random.Random(seed)
    font = console_font("Lat15-VGA16")
    framebuffer = Framebuffer(320, 160, bytes_per_pixel)
    grid = grid_of(font, 320, 160)
    bitmaps = [bitmap for bitmap, _ in font.glyphs]
    for row in range(grid.rows):
        for column in range(grid.columns):
            bitmap = choice.choice(bitmaps) ^ (choice.random() < 0.05) << choice.randrange(128)
            foreground, background = choice.sample(VGA_COLOURS, 2)
            draw_cell(framebuffer, grid, (column, row), bitmap, foreground=foreground, background=background)
    return framebuffer


@settings(max_examples=6)
@given(
    st.integers(1, 120),
    st.integers(1, 80),
    st.sampled_from((1, 4)),
    st.sampled_from(list(Depth)),
    st.integers(0, 2**32),
)
def test_random_pixels_are_drawn_with_known_characters(width, height, bytes_per_pixel, depth, seed):
    pixels = bytearray(random.Random(seed).randbytes(width * height * bytes_per_pixel))
    for written in screens(Framebuffer(width, height, bytes_per_pixel, pixels), depth):
        assert set(DRAWN.sub("", written)) <= CHARACTERS


@settings(max_examples=6)
@given(st.integers(0, 2**32), st.sampled_from((1, 4)), st.sampled_from(list(Depth)))
def test_a_soup_of_glyphs_is_drawn_with_known_characters(seed, bytes_per_pixel, depth):
    for written in screens(soup(seed, bytes_per_pixel=bytes_per_pixel), depth):
        assert set(DRAWN.sub("", written)) <= CHARACTERS


def test_no_character_of_the_glyph_tables_does_anything_to_a_terminal():
    assert all(character.isprintable() for character in CHARACTERS)


def test_nothing_that_a_console_says_reaches_the_terminal(tmp_path, environ_of):
    noise = random.Random(1).randbytes(64 * 48)
    with PlayedVnc(tmp_path, 64, 48, HOSTILE) as vnc, GuestEcs(Runtime.of_this_process(), vnc) as ecs:
        environ = {**environ_of(ecs.exports()), "COLORTERM": "truecolor"}
        with PyteTerminal("attach", NAME, environ=environ, columns=60, rows=20) as terminal:
            vnc.send(update(raw(0, 0, 64, 48, noise)) + BELL + cut_text(HOSTILE.encode("latin-1", "replace")))
            terminal.wait_for("▀")
            terminal.type("\x1d")
            terminal.wait_for("Detach")
            terminal.type("d")
            assert terminal.status() == 0
    _, taken, shown = terminal.written.decode().partition("\x1b[?1049h")
    assert taken
    assert "owned" not in shown
    assert MODES.sub("", DRAWN.sub("", shown.removesuffix("\r\n"))).isprintable()
