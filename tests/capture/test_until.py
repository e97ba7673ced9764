from __future__ import annotations

import re

import pytest

from ecsvnc.capture.shot import Shot
from ecsvnc.capture.until import TextNotSeenError, look_until
from ecsvnc.errors import ConsoleError
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.text_screen import Cell, Grid, TextScreen

DRAWN = Framebuffer(2, 1, 1, bytearray((0, 255)))
BLACK = Framebuffer(2, 1, 1)


def text_screen(*lines):
    columns = max(map(len, lines))
    cells = tuple(tuple(Cell(character, 7, 0) for character in line.ljust(columns)) for line in lines)
    return TextScreen(Grid(0, 0, columns, len(lines), 8, 16), cells, None, 0)


def shot(*lines, framebuffer=DRAWN):
    return Shot(framebuffer, text_screen(*lines) if lines else None, 0.0, "console")


class Screens:
    """Shows one screen after another; each change takes a second, None is a second without one."""

    def __init__(self, scene, *shots):
        self._scene = scene
        self._shots = list(shots)

    def next(self, timeout_s):
        self._scene.sleep(min(timeout_s, 1.0))
        following = self._shots.pop(0) if self._shots else None
        if isinstance(following, Exception):
            raise following
        return following


def wait(scene, pattern, *shots, within_s=10.0):
    first, *later = shots
    screen = Screens(scene, *later)
    return look_until(screen, first, re.compile(pattern, re.MULTILINE), within_s=within_s, runtime=scene.runtime)


def test_text_that_is_there_is_not_waited_for(scene):
    began = scene.at_s
    assert wait(scene, "login:", shot("web-1 login:")).lines == ("web-1 login:",)
    assert scene.at_s == began


def test_the_first_screen_with_the_text_is_the_one(scene):
    boot, login, later = shot("booting"), shot("", "web-1 login:"), shot("web-1 login: root")
    assert wait(scene, r"^web-1 login:\s*$", boot, None, shot(), login, later) is login


def test_a_line_is_matched_by_its_own_beginning_and_end(scene):
    assert wait(scene, "^b$", shot("a", "b", "c"))


def test_what_is_under_a_picture_or_blank_is_not_text(scene):
    blank = Shot(BLACK, text_screen("old"), 0.0, "console")
    seen = shot("old")
    assert wait(scene, "old", shot(), blank, seen) is seen


def test_after_the_time_the_last_screen_is_reported(scene):
    last = shot("Kernel panic")
    began = scene.at_s
    with pytest.raises(TextNotSeenError, match=r"did not show 'login:' within 5 seconds") as caught:
        wait(scene, "login:", shot("booting"), last, None, within_s=5)
    assert caught.value.last is last
    assert scene.at_s == pytest.approx(began + 5)


def test_the_screen_at_the_end_of_the_time_counts(scene):
    seen = shot("login:")
    assert wait(scene, "login:", shot("x"), None, seen, within_s=2) is seen


def test_no_time_is_one_look(scene):
    with pytest.raises(TextNotSeenError):
        wait(scene, "login:", shot("x"), shot("login:"), within_s=0)


def test_a_console_that_is_given_up_is_its_own_error(scene):
    with pytest.raises(ConsoleError):
        wait(scene, "login:", shot("x"), ConsoleError("gone"))
