from __future__ import annotations

import pytest
from support.browser import Chromium
from support.cast_player import CastPlayer

from ecsvnc.attach.frame import Frame
from ecsvnc.attach.recording import Recording
from ecsvnc.screen.text_screen import Cell, Position

GREY, BLACK, RED = 0xAAAAAA, 0x000000, 0xAA0000


def frame(*lines, columns=40, cursor=None):
    rows = (line.ljust(columns) for line in lines)
    cells = tuple(tuple(Cell(each, RED if each.isupper() else GREY, BLACK) for each in row) for row in rows)
    return Frame(cells, cursor)


BOOT = [f"[    {number}.123456] Line {number} of the boot log" for number in range(30)]

SHOWN = [
    frame("SeaBIOS", "", "Booting from Hard Disk..."),
    frame("SeaBIOS", "", "Booting from Hard Disk...", cursor=Position(0, 2)),
    *(frame(*BOOT[first : first + 12], columns=64) for first in range(0, 18, 3)),
    frame("web-1 login: root", "Password:", *[""] * 10, columns=64, cursor=Position(9, 1)),
    frame("├─┤ é ß ñ £ € →", *[""] * 11, columns=64),
    frame("Rebooting.", "", ""),
]
"""Modes of different sizes, scrolling, colours, and characters beyond ASCII."""


@pytest.fixture(scope="module")
def browser():
    with Chromium() as started:
        yield started


def test_asciinemas_player_shows_each_screen(browser, tmp_path, scene):
    recording = Recording.start(tmp_path / "web-1.cast", title="web-1", runtime=scene.runtime)
    for each in SHOWN:
        recording.show(each)
        scene.sleep(1)
    recording.close()
    player = CastPlayer(browser, (tmp_path / "web-1.cast").read_text("utf-8"))
    assert player.duration_s == len(SHOWN) - 1
    for second, each in enumerate(SHOWN):
        expected = ["".join(cell.character for cell in row).rstrip() for row in each.rows]
        assert player.rows_at(second + 0.5) == expected, second
