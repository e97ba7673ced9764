"""Which part of a screen a smaller terminal shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.attach.frame import text_row
from ecsvnc.attach.viewport import follow, part
from ecsvnc.screen.text_screen import Cell, Position

ORIGIN = Position(0, 0)
SCREEN = (128, 48)
SIZES = st.tuples(st.integers(1, 300), st.integers(1, 100))


@st.composite
def scenes(draw):
    screen, window = draw(SIZES), draw(SIZES)
    cursor = Position(draw(st.integers(0, screen[0] - 1)), draw(st.integers(0, screen[1] - 1)))
    corner = Position(draw(st.integers(0, 300)), draw(st.integers(0, 100)))
    return corner, cursor, screen, window


@given(scenes())
def test_the_cursor_is_always_shown_and_nothing_outside_the_screen(scene):
    _, cursor, screen, window = scene
    column, row = follow(*scene)
    assert column <= cursor.column < column + window[0]
    assert row <= cursor.row < row + window[1]
    assert 0 <= column <= max(0, screen[0] - window[0])
    assert 0 <= row <= max(0, screen[1] - window[1])


@given(scenes())
def test_it_moves_no_further_once_the_cursor_is_shown(scene):
    _, cursor, screen, window = scene
    shown = follow(*scene)
    assert follow(shown, cursor, screen, window) == shown


def test_a_screen_that_fits_is_shown_from_its_corner():
    assert follow(ORIGIN, Position(127, 47), SCREEN, SCREEN) == ORIGIN
    assert follow(ORIGIN, Position(127, 47), SCREEN, (300, 100)) == ORIGIN


def test_a_row_is_shown_from_its_begin_if_the_cursor_is_near_it():
    assert follow(Position(100, 0), Position(60, 3), SCREEN, (80, 24)) == ORIGIN
    assert follow(ORIGIN, Position(100, 3), SCREEN, (80, 24)).column == 100 + 5 - 80


def test_without_a_cursor_it_stays_where_it_is():
    assert follow(Position(7, 9), None, SCREEN, (80, 24)) == (7, 9)
    assert follow(Position(700, 9), None, SCREEN, (80, 24)) == (48, 9)


def test_half_of_a_wide_character_is_not_shown():
    row = (Cell("\u4e2d", 7, 0), Cell("", 7, 0), *text_row("ab", columns=2))
    assert [cell.character for cell in part([row], Position(1, 0))[0]] == [" ", "a", "b"]
    assert part([row, row], Position(0, 1)) == (row,)
