"""Secrets on a screen, in the places where a program may echo them."""

from __future__ import annotations

import pytest

from ecsvnc.screen.masking import masked
from ecsvnc.screen.text_screen import Cell, Grid, Position, TextScreen

SECRET = "s3cret|W"


def screen(*lines, cursor=None):
    cells = tuple(tuple(Cell(character, 7, 0) for character in line.ljust(10)) for line in lines)
    return TextScreen(Grid(0, 0, 10, len(lines), 8, 16), cells, cursor, 0)


@pytest.mark.parametrize(
    ("lines", "cursor", "shown"),
    [
        (("a s3cret|W", "s3cret"), None, ("a ********", "s3cret")),
        (("word: s3cr", "et|W done"), None, ("word: ****", "**** done")),
        (("et|W done", "login:"), None, ("**** done", "login:")),
        (("etc", "et|W"), None, ("etc", "et|W")),
        (("s3cr\ufffdt|W", "x"), None, ("********", "x")),
        (("\ufffd" * 10, "x"), None, ("\ufffd" * 10, "x")),
        (("word: s3cr", "et"), Position(2, 1), ("word: ****", "**")),
        (("word: s3", "x"), Position(8, 0), ("word: s3", "x")),
    ],
    ids=["whole", "two rows", "scrolled", "an end elsewhere", "unread in part", "unread", "half typed", "too short"],
)
def test_a_secret_is_masked(lines, cursor, shown):
    assert masked(screen(*lines, cursor=cursor), [SECRET]).lines == shown


def test_places_that_overlap_are_masked_whole():
    assert masked(screen("abababx"), ["abab"]).lines == ("******x",)


def test_a_screen_without_the_secret_stays_the_same_object():
    shown = screen("login:")
    assert masked(shown, [SECRET, ""]) is shown
