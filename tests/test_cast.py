"""The recording in docs/ that shows `ecsvnc attach`."""

from __future__ import annotations

import itertools
import json
import sys

import make_cast
import pyte
import pytest
from support.browser import Chromium
from support.cast_player import CastPlayer

CAST = make_cast.CAST.read_text("utf-8")
HEADER, *EVENTS = map(json.loads, CAST.splitlines())


def screens():
    """The rows that a terminal shows after each event, and when."""
    screen = pyte.Screen(HEADER["term"]["cols"], HEADER["term"]["rows"])
    stream = pyte.Stream(screen)
    at_s = 0.0
    for passed_s, _, data in EVENTS:
        at_s += passed_s
        stream.feed(data)
        yield at_s, [row.rstrip() for row in screen.display]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals like these")
def test_it_shows_what_the_program_shows_today():
    assert make_cast.made() == CAST, "run `python tools/make_cast.py`"


def test_it_is_an_asciicast_of_version_3_and_small():
    assert HEADER["version"] == 3
    assert (HEADER["term"]["cols"], HEADER["term"]["rows"]) == (80, 25)
    assert all(passed_s >= 0 and code == "o" and isinstance(data, str) for passed_s, code, data in EVENTS)
    assert len(CAST.encode()) < 30_000


def test_a_login_a_command_and_a_reboot_are_to_be_seen():
    shown = ["\n".join(rows) for _, rows in screens()]
    last = 0
    for text in ("web-1 login: root\nPassword:", "root@web-1:~# help", "~# reboot", "[ 0.000000]", "web-1 login:"):
        last = next((number for number in range(last, len(shown)) if text in shown[number]), None)
        assert last is not None, text


def test_no_secret_is_in_it():
    shown = "\n".join("\n".join(rows) for _, rows in screens())
    for secret in (make_cast.PASSWORD, "LTAI", "://", "/tmp", "/home"):
        assert secret not in shown
        assert secret not in CAST


def test_asciinemas_player_shows_it():
    with Chromium() as browser:
        player = CastPlayer(browser, CAST)
        played = list(screens())
        assert player.duration_s == pytest.approx(played[-1][0])
        for (at_s, rows), (next_at_s, _) in list(itertools.pairwise(played))[::9]:
            assert player.rows_at((at_s + next_at_s) / 2) == rows, at_s
