"""A text screen as lines for a terminal, which a terminal shows as they were, and as values for JSON."""

import pyte
import pytest

from ecsvnc.screen.rendering import ansi_lines, text_values
from ecsvnc.screen.text_screen import Cell, Grid, Position, TextScreen

GREY, BLACK, RED, BRIGHT_BLUE, YELLOW = 0xAAAAAA, 0x000000, 0xAA0000, 0x5555FF, 0xAA5500


def screen_of(*rows, cursor=None):
    return TextScreen(Grid(0, 0, len(rows[0]), len(rows), 8, 16), tuple(rows), cursor, 0)


def cells(text, foreground=GREY, background=BLACK):
    return tuple(Cell(character, foreground, background) for character in text)


def test_text_in_usual_colours_is_left_to_the_terminal():
    assert ansi_lines(screen_of(cells("hello   "))) == ["hello"]


@pytest.mark.parametrize(
    ("foreground", "background", "sgr"),
    [
        (RED, BLACK, "31"),
        (BRIGHT_BLUE, BLACK, "94"),
        (GREY, YELLOW, "43"),
        (BLACK, GREY, "30;47"),
        (0xFFFFFF, 0xFF5555, "97;101"),
        (0x123456, BLACK, "38;2;18;52;86"),
        (GREY, 0x808080, "48;2;128;128;128"),
    ],
)
def test_other_colours_are_given_by_number_if_they_have_one(foreground, background, sgr):
    assert ansi_lines(screen_of(cells("ab", foreground, background))) == [f"\x1b[{sgr}mab\x1b[0m"]


def test_neighbours_of_one_colour_share_it_and_coloured_blanks_stay():
    row = (*cells("ls "), *cells("dir", BRIGHT_BLUE), *cells("  ", GREY, RED), *cells("  "))
    assert ansi_lines(screen_of(row)) == ["ls \x1b[94mdir\x1b[0m\x1b[41m  \x1b[0m"]


def test_a_terminal_shows_what_was_on_the_screen():
    row = (
        *cells("a", RED),
        *cells("b", 0xFFFFFF, BRIGHT_BLUE),
        Cell("中", GREY, BLACK),
        Cell("", GREY, BLACK),
        *cells("z"),
    )
    terminal = pyte.Screen(10, 2)
    pyte.Stream(terminal).feed(ansi_lines(screen_of(row))[0])
    shown = terminal.buffer[0]
    assert terminal.display[0].rstrip() == "ab中z"
    assert (shown[0].fg, shown[1].bg, shown[4].data) == ("red", "brightblue", "z") or shown[1].bg.startswith("bright")


def test_values_for_json_have_lines_without_the_blanks_at_their_ends():
    screen = screen_of(cells("login:  "), cells("        "), cursor=Position(7, 0))
    assert text_values(screen) == {
        "lines": ["login:", ""],
        "columns": 8,
        "rows": 2,
        "cursor": {"column": 7, "row": 0},
        "unknown": 0,
    }
