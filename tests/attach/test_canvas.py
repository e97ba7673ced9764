"""Drawing by difference, compared with drawing whole, on an emulated terminal; and what never reaches a terminal."""

from __future__ import annotations

import re

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsvnc.attach.canvas import Canvas
from ecsvnc.attach.colours import Depth, sgr_of
from ecsvnc.attach.frame import BLANK, Frame, text_row
from ecsvnc.screen.colours import VGA_COLOURS
from ecsvnc.screen.text_screen import UNKNOWN, Cell, Position

COLUMNS, ROWS = 12, 5

COLOURS = st.sampled_from([*VGA_COLOURS, 0x123456])
CELLS = st.builds(Cell, st.sampled_from("aab _\u2500\ufffd"), COLOURS, COLOURS) | st.just(BLANK)
WIDE = st.builds(lambda colour: (Cell("\u4e2d", colour, 0), Cell("", colour, 0)), COLOURS)
ROW = st.lists(CELLS.map(lambda cell: (cell,)) | WIDE, max_size=COLUMNS + 3).map(lambda parts: sum(parts, ()))
FRAMES = st.builds(
    Frame,
    st.lists(ROW, max_size=ROWS + 1).map(tuple),
    st.none() | st.builds(Position, st.integers(-1, COLUMNS), st.integers(-1, ROWS)),
)


class Emulated:
    """A terminal, and what it shows."""

    def __init__(self):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self.screen)

    def write(self, text):
        self._stream.feed(text)

    @property
    def shown(self):
        cursor = None if self.screen.cursor.hidden else (self.screen.cursor.x, self.screen.cursor.y)
        buffer = self.screen.buffer
        return cursor, [[visible(buffer[y][x]) for x in range(COLUMNS)] for y in range(ROWS)]


def visible(char):
    """What can be seen of a cell: of a blank, its background alone."""
    foreground, background = (char.bg, char.fg) if char.reverse else (char.fg, char.bg)
    return (char.data, None if char.data == " " else foreground, background)


def canvas(depth=Depth.TRUE):
    return Canvas(COLUMNS, ROWS, sgr_of(depth))


@settings(max_examples=50)
@given(st.lists(FRAMES, min_size=1, max_size=5))
def test_the_differences_show_the_same_as_the_whole(frames):
    terminal, drawn = Emulated(), canvas()
    for frame in frames:
        terminal.write(drawn.draw(frame))
        whole = Emulated()
        whole.write(canvas().draw(frame))
        assert terminal.shown == whole.shown


@settings(max_examples=30)
@given(FRAMES)
def test_the_same_frame_again_writes_nothing(frame):
    drawn = canvas()
    drawn.draw(frame)
    assert drawn.draw(frame) == ""
    drawn.forget()
    assert drawn.draw(frame) != ""


@settings(max_examples=30)
@given(st.lists(ROW, min_size=ROWS, max_size=ROWS * 3), st.data())
def test_a_screen_that_scrolls_shows_the_same_as_the_whole(rows, data):
    terminal, drawn = Emulated(), canvas()
    for top in range(0, len(rows) - ROWS + 1, data.draw(st.integers(1, 3))):
        frame = Frame(tuple(rows[top : top + ROWS]))
        terminal.write(drawn.draw(frame))
        whole = Emulated()
        whole.write(canvas().draw(frame))
        assert terminal.shown == whole.shown


def test_a_screen_that_scrolls_by_a_row_is_not_written_again():
    rows = [text_row(f"line {number}", columns=COLUMNS, is_marked=True) for number in range(ROWS + 1)]
    drawn = canvas()
    drawn.draw(Frame(tuple(rows[:-1])))
    written = drawn.draw(Frame(tuple(rows[1:])))
    assert "line 5" in written
    assert "line 4" not in written


def test_one_changed_character_is_written_alone():
    drawn = canvas()
    row = text_row("hello", columns=COLUMNS, is_marked=True)
    drawn.draw(Frame((row,), Position(5, 0)))
    assert drawn.draw(Frame(((*row[:5], row[0], *row[6:]),), Position(6, 0))) == "\x1b[1;6H\x1b[0mh\x1b[1;7H\x1b[?25h"


@pytest.mark.parametrize(
    "character", ["\x1b", "\x07", "\x9b", "\n", "\u202e", "\u0301", "\u200b", "\ud800", "ab", "\u4e2d", "\u00ad", ""]
)
def test_a_character_that_is_not_one_cells_is_shown_as_unknown(character):
    terminal = Emulated()
    written = canvas().draw(Frame(((Cell(character, 0xAAAAAA, 0), Cell("x", 0xAAAAAA, 0)),)))
    terminal.write(written)
    assert terminal.screen.display[0].startswith(UNKNOWN + "x")
    assert UNKNOWN + "x" in written


@given(st.lists(st.lists(st.builds(Cell, st.text(max_size=3), COLOURS, COLOURS), max_size=6).map(tuple), max_size=3))
def test_nothing_but_visible_characters_and_our_own_sequences_is_written(rows):
    written = canvas().draw(Frame(tuple(rows)))
    own = re.compile(r"\x1b\[(?:[0-9;]*[mHK]|2J|\?25[hl]|\?2026[hl])")
    assert own.sub("", written).isprintable()


@pytest.mark.parametrize(
    ("depth", "foreground", "background", "sequence"),
    [
        (Depth.TRUE, 0xAAAAAA, 0x000000, "\x1b[0m"),
        (Depth.TRUE, 0x000000, 0xAAAAAA, "\x1b[0;7m"),
        (Depth.TRUE, 0xFF5555, 0x0000AA, "\x1b[0;91;44m"),
        (Depth.TRUE, 0x123456, 0x654321, "\x1b[0;38;2;18;52;86;48;2;101;67;33m"),
        (Depth.CUBE, 0x123456, 0xFFFFFF, "\x1b[0;38;5;23;107m"),
        (Depth.CUBE, 0xFF5555, 0x000000, "\x1b[0;91m"),
        (Depth.SIXTEEN, 0xF00000, 0x123456, "\x1b[0;31;100m"),
        (Depth.NONE, 0xFF5555, 0x0000AA, "\x1b[0m"),
        (Depth.NONE, 0x0000AA, 0xFFFF55, "\x1b[0;7m"),
    ],
)
def test_colours_are_those_that_the_terminal_has(depth, foreground, background, sequence):
    assert sgr_of(depth)(foreground, background) == sequence
