"""The menu and the other things that take the keys: what they show in terminals of any size, and what keys lead to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsvnc.attach.decode import Pressed
from ecsvnc.attach.frame import Frame, text_row
from ecsvnc.attach.menu import Command, help_text, menu, sysrq_menu
from ecsvnc.attach.overlays import Line, Question, View, do_nothing, laid_over, with_status
from ecsvnc.keyboard.layout import load_layout
from ecsvnc.screen.text_screen import Position

ESC = Pressed("esc")


def ctrl(key):
    return Pressed(key, frozenset({"ctrl"}))


def lines(frame):
    return ["".join(cell.character for cell in row).rstrip() for row in frame.rows]


def menu_of(chosen, *, is_recording=False, is_read_only=False):
    return menu(chosen.append, is_recording=is_recording, is_read_only=is_read_only)


OVERLAYS = {
    "menu": lambda: menu_of([]),
    "sysrq": lambda: sysrq_menu(print),
    "help": help_text,
    "question": lambda: Question("Paste 20 lines, 512 characters?", do_nothing),
    "line": lambda: Line("Save the text as:", "web-1-20260101-120000.txt", print),
    "view": lambda: View(lambda columns, rows: None),
}


class TestMenu:
    @pytest.mark.parametrize(
        ("key", "what"),
        [
            (Pressed("d"), Command.DETACH),
            (Pressed("c"), "ctrl-alt-del"),
            (Pressed("1"), "alt-f1"),
            (Pressed("6"), "alt-f6"),
            (Pressed("f12"), "ctrl-alt-f12"),
            (Pressed("q"), Command.SYSRQ),
            (ctrl("]"), "ctrl-]"),
            (ctrl("5"), "ctrl-]"),
            (Pressed("t"), Command.TYPE_FILE),
            (Pressed("s"), Command.SAVE_TEXT),
            (Pressed("p"), Command.SAVE_PNG),
            (Pressed("r"), Command.RECORD),
            (Pressed("v"), Command.VIEW),
            (Pressed("z"), Command.SUSPEND),
            (Pressed("?"), Command.HELP),
        ],
    )
    def test_each_key_has_its_own(self, key, what):
        chosen = []
        menu_of(chosen).press(key)()
        assert chosen == [what]

    def test_what_means_nothing_leaves_it_open(self):
        for key in (Pressed("x"), Pressed("7"), Pressed("d", frozenset({"alt"})), Pressed("enter"), ctrl("d")):
            assert menu_of([]).press(key) is None

    def test_escape_and_ctrl_c_close_it(self):
        for key in (ESC, ctrl("c")):
            assert menu_of([]).press(key) is do_nothing

    @pytest.mark.parametrize("key", [Pressed("c"), Pressed("1"), Pressed("f1"), Pressed("q"), Pressed("t"), ctrl("]")])
    def test_read_only_has_no_keys_to_send(self, key):
        assert menu_of([], is_read_only=True).press(key) is None

    def test_it_says_whether_it_records(self):
        assert any("Stop recording" in line for line in lines(menu_of([], is_recording=True).box(80, 24)))
        assert any(line.endswith(" Record") for line in lines(menu_of([]).box(80, 24)))

    def test_every_chord_can_be_typed_in_every_layout(self):
        for make in (menu, sysrq_menu):
            chosen = []
            options = {"is_recording": False, "is_read_only": False} if make is menu else {}
            for item in make(chosen.append, **options)._items:
                item.act()
            for name in ("us", "de", "fr", "jp"):
                for chord in chosen:
                    assert isinstance(chord, Command) or load_layout(name).chord(chord)

    def test_in_a_small_terminal_everything_can_be_scrolled_to(self):
        small, seen = menu_of([]), set()
        for _ in range(20):
            seen.update(line.split()[0] for line in lines(small.box(20, 5)) if line)
            small.press(Pressed("down"))
        assert {"d", "c", "1-6", "F1-F12", "q", "Ctrl-]", "t", "s", "p", "r", "v", "z", "?"} <= seen
        for _ in range(20):
            small.press(Pressed("pageup"))
        assert lines(small.box(20, 5))[1] == " d      Detach"


class TestQuestion:
    @pytest.mark.parametrize(("key", "is_yes"), [("y", True), ("Y", True), ("n", False), ("esc", False)])
    def test_it_is_answered(self, key, is_yes):
        act = Question("Sure?", print).press(Pressed(key))
        assert act is (print if is_yes else do_nothing)

    def test_enter_and_others_do_not_answer_it(self):
        assert Question("Sure?", print).press(Pressed("enter")) is None
        assert Question("Sure?", print).press(Pressed("x")) is None


class TestLine:
    def test_a_line_is_typed_and_corrected(self):
        given_texts = []
        line = Line("File?", "x.txt", given_texts.append)
        assert line.press(ctrl("u")) is None
        for key in ("a", "b", "backspace", "c"):
            assert line.press(Pressed(key)) is None
        assert line.press(Pressed("x", frozenset({"alt"}))) is None
        line.paste("d\x1b[Ae\nf")
        line.press(Pressed("enter"))()
        assert given_texts == ["acd[Ae"]

    def test_an_empty_line_does_nothing(self):
        assert Line("File?", " ", print).press(Pressed("enter")) is do_nothing

    def test_the_end_of_a_long_line_is_shown_with_the_cursor_behind_it(self):
        box = Line("File?", "0123456789abcdefghij", print).box(10, 5)
        assert lines(box) == [" File?", " defghij"]
        assert box.cursor == (8, 1)


class TestView:
    def test_arrows_move_and_others_end_it(self):
        moved = []
        view = View(lambda columns, rows: moved.append((columns, rows)))
        for key in ("left", "right", "up", "down", "pagedown"):
            assert view.press(Pressed(key)) is None
        assert moved == [(-1, 0), (1, 0), (0, -1), (0, 1), (0, 2)]
        assert view.press(ESC) is do_nothing


@pytest.mark.parametrize("name", OVERLAYS)
@settings(max_examples=25)
@given(st.integers(1, 300), st.integers(1, 100))
def test_everything_fits_into_every_terminal(name, columns, rows):
    box = OVERLAYS[name]().box(columns, rows)
    assert 1 <= len(box.rows) <= rows
    assert len({len(row) for row in box.rows}) == 1
    assert len(box.rows[0]) <= columns
    shown = laid_over(Frame((text_row("x" * 500, columns=500),) * 3, Position(0, 0)), box, rows)
    assert len(shown.rows) == rows
    if box.cursor is not None:
        assert 0 <= shown.cursor.column < columns
        assert 0 <= shown.cursor.row < rows


@pytest.mark.parametrize(
    ("cursor", "expected"),
    [
        (Position(0, 1), ["one", "two", " hm x"]),
        (Position(0, 2), [" hm", "two", "three"]),
        (None, ["one", "two", " hm x"]),
    ],
)
def test_the_status_line_is_not_where_the_cursor_is(cursor, expected):
    rows = tuple(text_row(text, columns=6, is_marked=True) for text in ("one", "two", "three"))
    rows = (*rows[:2], text_row("    x", columns=5)) if expected[2] == " hm x" else rows
    shown = with_status(Frame(rows, cursor), "hm", 20, 3)
    assert lines(shown) == expected
    assert shown.cursor == cursor


def test_a_long_status_takes_half_of_the_rows_at_most_and_is_seen_to_be_cut():
    assert lines(with_status(Frame(()), "a long text of many words", 8, 4)) == ["", "", " a long", " text…"]


def test_in_a_small_terminal_a_status_may_take_more_beside_the_cursor():
    shown = with_status(
        Frame((), Position(13, 3)), "web-1: Ctrl-] opens the menu, Ctrl-] d detaches.", columns=20, rows=5
    )
    assert lines(shown)[:3] == [" web-1: Ctrl-]", " opens the menu,", " Ctrl-] d detaches."]


@given(st.text(max_size=200), st.integers(1, 60), st.integers(1, 20), st.integers(0, 19))
def test_every_status_fits_into_every_terminal(text, columns, rows, cursor_row):
    frame = Frame((text_row("x", columns=columns),) * rows, Position(0, min(cursor_row, rows - 1)))
    shown = with_status(frame, f"! {text}", columns, rows)
    assert len(shown.rows) == rows
    assert max(map(len, shown.rows)) <= columns


def test_wide_characters_take_two_cells():
    (row,) = with_status(Frame(()), "\u4e2d!", 20, 1).rows
    assert [cell.character for cell in row] == [" ", "\u4e2d", "", "!", " "]
