"""A screen that changes is shown without flicker: text that cannot be read for a moment stays, as does the cursor."""

from __future__ import annotations

import pytest
from support.rendered import console_font, draw_cell, grid_of, screen_of, underlined

from ecsvnc.attach.follow_screen import CURSOR_STAYS_S, SEARCHED_EVERY_S, STAYS_S, ScreenFollower
from ecsvnc.rfb.framebuffer import Framebuffer

FONT = "Lat15-Fixed16"
LINES = ("web-1 login: root", "Password:", "Last login: today", "root@web-1:~# ")
WIDTH, HEIGHT = 640, 480


def text_screen(*lines, cursor=None):
    font = console_font(FONT)
    framebuffer = screen_of(font, lines or LINES, WIDTH, HEIGHT)
    if cursor is not None:
        draw_cell(framebuffer, grid_of(font, WIDTH, HEIGHT), cursor, underlined(0, font, 2))
    return framebuffer


def picture():
    """Many colours, and nothing that could be text."""
    return Framebuffer(WIDTH, HEIGHT, 1, bytearray((x * 7 + y * 13) & 255 for y in range(HEIGHT) for x in range(WIDTH)))


@pytest.fixture
def follower():
    return ScreenFollower()


def test_text_is_read(follower):
    follower.look(text_screen(), 0.0)
    assert follower.text.lines[0] == LINES[0]
    assert follower.due_in_s(0.0) is None


def test_text_that_cannot_be_read_for_a_moment_stays(follower):
    follower.look(text_screen(), 0.0)
    follower.look(picture(), 1.0)
    assert follower.text.lines[0] == LINES[0]
    assert follower.due_in_s(1.0) == pytest.approx(STAYS_S)
    follower.look(text_screen("something else that is text"), 1.1)
    assert follower.text.lines[0] == "something else that is text"
    follower.look(picture(), 2.0)
    follower.look(picture(), 2.0 + STAYS_S)
    assert follower.text is None
    assert follower.is_picture


@pytest.mark.parametrize("first", [Framebuffer(WIDTH, HEIGHT, 1), picture()], ids=["black", "half drawn"])
def test_what_comes_first_is_not_shown_as_a_picture_if_text_follows(follower, first):
    follower.look(first, 7.0)
    assert not follower.is_picture
    assert follower.due_in_s(7.0) == pytest.approx(STAYS_S)
    follower.look(text_screen(), 7.1)
    assert follower.text.lines[0] == LINES[0]
    assert not follower.is_picture


def test_text_on_a_screen_that_was_black_for_long_is_shown_at_once(follower):
    follower.look(Framebuffer(WIDTH, HEIGHT, 1), 0.0)
    follower.look(Framebuffer(WIDTH, HEIGHT, 1), STAYS_S)
    assert follower.is_picture
    follower.look(text_screen(), STAYS_S + 0.01)
    assert follower.text.lines[0] == LINES[0]
    assert not follower.is_picture


def test_a_screen_that_alternates_is_not_shown_as_a_picture(follower):
    for tenth in range(20):
        follower.look(picture() if tenth % 2 else text_screen(), tenth / 10)
        assert follower.text is not None


def test_text_is_searched_for_in_a_picture_twice_a_second_at_most(follower):
    follower.look(picture(), 10.0 - STAYS_S)
    follower.look(picture(), 10.0)
    assert follower.is_picture
    assert follower.due_in_s(10.0) is None, "nothing has changed since"
    follower.look(text_screen(), 10.1)
    assert follower.text is None
    assert follower.due_in_s(10.1) == pytest.approx(SEARCHED_EVERY_S - 0.1)
    follower.look(text_screen(), 10.0 + SEARCHED_EVERY_S)
    assert follower.text.lines[0] == LINES[0]


def test_the_cursor_stays_while_it_blinks_and_for_a_moment_while_it_moves(follower):
    follower.look(text_screen(cursor=(14, 3)), 0.0)
    assert follower.text.cursor == (14, 3)
    follower.look(text_screen(), 5.0)
    assert follower.text.cursor == (14, 3), "nothing else has changed: it blinks"
    follower.look(text_screen(*LINES[:3], LINES[3] + "ls", cursor=(16, 3)), 5.1)
    assert follower.text.cursor == (16, 3)
    moved = text_screen(*LINES[:3], "elsewhere")
    follower.look(moved, 5.2)
    assert follower.text.cursor == (16, 3)
    assert follower.due_in_s(5.2) == pytest.approx(CURSOR_STAYS_S)
    follower.look(moved, 5.2 + CURSOR_STAYS_S)
    assert follower.text.cursor is None
    assert follower.due_in_s(6.0) is None


def test_the_cursor_stays_if_it_was_to_be_seen_until_it_went_off_with_another_change(follower):
    follower.look(text_screen(cursor=(14, 3)), 0.0)
    follower.look(text_screen("another time", *LINES[1:]), 5.0)
    assert follower.text.cursor == (14, 3)
    follower.look(text_screen("a third time", *LINES[1:]), 5.0 + CURSOR_STAYS_S - 0.1)
    assert follower.text.cursor == (14, 3)


def test_a_screen_of_no_size_is_a_picture(follower):
    follower.look(Framebuffer(0, 0, 1), 0.0)
    follower.look(Framebuffer(0, 0, 1), STAYS_S)
    assert follower.is_picture


def test_a_screen_of_one_colour_is_shown_once_it_lasts(follower):
    follower.look(text_screen(), 0.0)
    follower.look(Framebuffer(WIDTH, HEIGHT, 1), 1.0)
    assert follower.text.lines[0] == LINES[0]
    follower.look(text_screen("the true picture"), 1.2)
    assert follower.text.lines[0] == "the true picture"
    follower.look(Framebuffer(WIDTH, HEIGHT, 1), 2.0)
    follower.look(Framebuffer(WIDTH, HEIGHT, 1), 2.0 + follower.due_in_s(2.0))
    assert set(follower.text.lines) == {""}
