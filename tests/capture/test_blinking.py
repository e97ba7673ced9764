from __future__ import annotations

import pytest

from ecsvnc.capture.blinking import may_have_cursor, without_cursor
from ecsvnc.screen.text_screen import Cell, Grid, Position, TextScreen


def screen(*lines, columns=20, cursor=None):
    cells = tuple(tuple(Cell(character, 7, 0) for character in line.ljust(columns)) for line in lines)
    return TextScreen(Grid(0, 0, columns, len(lines), 9, 16), cells, cursor, 0)


@pytest.mark.parametrize(
    ("lines", "may_have"),
    [
        (("No bootable device.", "_"), True),
        (("login: _",), True),
        (("snake_case_",), False),
        (("a _ b",), False),
        (("__",), False),
        (("login:",), False),
    ],
)
def test_only_an_underscore_at_a_line_s_end_may_be_one(lines, may_have):
    assert may_have_cursor(screen(*lines)) is may_have
    assert not may_have_cursor(screen(*lines, cursor=Position(3, 0)))


@pytest.mark.parametrize("is_hidden_first", [True, False])
def test_what_blinks_is_the_cursor_on_a_blank(is_hidden_first):
    looks = [screen("login:", "x"), screen("login: _", "x")]
    seen = without_cursor(*(looks if is_hidden_first else reversed(looks)))
    assert seen.lines == ("login:", "x")
    assert seen.cursor == Position(7, 0)


@pytest.mark.parametrize(
    "looks",
    [
        (("login: _",), ("login: _",)),
        (("login: _",), ("login: a",)),
        (("login: _", "x"), ("login:", "y")),
        (("a _",), ("a", "_")),
    ],
)
def test_anything_else_is_not(looks):
    assert without_cursor(*(screen(*lines) for lines in looks)) is None
