from __future__ import annotations

import errno
import io
import json
import os
import stat
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.attach.frame import Frame
from ecsvnc.attach.recording import Recording
from ecsvnc.errors import UsageError
from ecsvnc.screen.text_screen import Cell, Position

GREY, BLACK = 0xAAAAAA, 0x000000


def frame(*lines, cursor=None):
    columns = max(map(len, lines))
    return Frame(tuple(tuple(Cell(each, GREY, BLACK) for each in line.ljust(columns)) for line in lines), cursor)


def events_of(recorded):
    header, *events = map(json.loads, recorded.splitlines())
    return header, events


@pytest.fixture
def path(tmp_path):
    return tmp_path / "web-1.cast"


@pytest.fixture
def start(path, scene):
    started = []

    def start(title="web-1"):
        started.append(Recording.start(path, title=title, runtime=scene.runtime))
        return started[-1]

    yield start
    for recording in started:
        recording.close()


def test_the_header_has_the_size_and_the_time_of_the_first_frame(start, path, scene):
    recording = start("web-1 (i-1) in cn-hangzhou")
    scene.sleep(7)
    recording.show(frame("login:", ""))
    header, _ = events_of(path.read_text("utf-8"))
    assert header["version"] == 3
    assert (header["term"]["cols"], header["term"]["rows"]) == (6, 2)
    assert header["timestamp"] == int(scene.at_s)
    assert header["title"] == "web-1 (i-1) in cn-hangzhou"


def test_the_colours_are_those_of_the_console(start, path):
    start().show(frame("x"))
    theme = events_of(path.read_text("utf-8"))[0]["term"]["theme"]
    assert (theme["fg"], theme["bg"]) == ("#aaaaaa", "#000000")
    palette = theme["palette"].split(":")
    assert (len(palette), palette[1], palette[15]) == (16, "#aa0000", "#ffffff")


def test_a_title_has_only_what_can_be_seen(start, path):
    start("web\x1b]0;x\x07\u202e\n-1").show(frame("x"))
    assert events_of(path.read_text("utf-8"))[0]["title"] == "web]0;x-1"


def test_times_are_since_the_event_before_and_do_not_drift(start, path, scene):
    recording = start()
    for number in range(1, 1001):
        recording.show(frame(str(number)))
        scene.sleep(0.0123456)
    _, events = events_of(path.read_text("utf-8"))
    assert all(event[0] >= 0 for event in events)
    assert sum(event[0] for event in events) == pytest.approx(999 * 0.0123456, abs=0.001)


def test_what_did_not_change_is_no_event(start, path):
    recording = start()
    recording.show(frame("x"))
    before = path.read_bytes()
    recording.show(frame("x"))
    assert path.read_bytes() == before


def test_a_new_size_is_an_event_and_the_screen_is_drawn_whole(start, path, scene):
    recording = start()
    recording.show(frame("ab"))
    scene.sleep(1.5)
    recording.show(frame("ab", "cd"))
    _, events = events_of(path.read_text("utf-8"))
    assert [event[:2] for event in events] == [[0.0, "o"], [1.5, "r"], [0.0, "o"]]
    assert events[1][2] == "2x2"
    screen = pyte.Screen(2, 2)
    pyte.Stream(screen).feed(events[2][2])
    assert screen.display == ["ab", "cd"]


def test_a_frame_without_cells_is_left_out(start, path):
    start().show(Frame(()))
    assert path.read_bytes() == b""


lines = st.lists(st.text("abc 日本é█", min_size=4, max_size=4), min_size=3, max_size=3)


@given(st.lists(st.tuples(lines, st.none() | st.builds(Position, st.integers(0, 3), st.integers(0, 2))), max_size=5))
def test_a_terminal_shows_the_last_frame(shown):
    from support.scene import Scene

    file = io.BytesIO()
    recording = Recording(Path("recording"), file, title="", runtime=Scene().runtime)
    screen = pyte.Screen(8, 3)
    stream = pyte.Stream(screen)
    for texts, cursor in shown:
        rows = tuple(tuple(cell for each in text for cell in cells_of(each))[:8] for text in texts)
        rows = tuple((*row, *(Cell(" ", GREY, BLACK),) * (8 - len(row))) for row in rows)
        recording.show(Frame(rows, cursor))
    for line in file.getvalue().decode().splitlines()[1:]:
        stream.feed(json.loads(line)[2])
    if shown:
        assert ["".join(screen.buffer[y][x].data for x in range(8)) for y in range(3)] == [
            "".join(cell.character for cell in row) for row in rows
        ]
        assert screen.cursor.hidden == (cursor is None)
        assert cursor is None or (screen.cursor.x, screen.cursor.y) == cursor


def cells_of(character):
    return [Cell(character, GREY, BLACK), *([Cell("", GREY, BLACK)] if character in "日本" else [])]


def test_only_the_user_can_read_it(start, path):
    start()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_exists_is_left_as_it_is(start, path):
    path.write_text("mine")
    with pytest.raises(UsageError) as caught:
        start()
    assert caught.value.hint
    assert path.read_text() == "mine"


def test_a_symbolic_link_is_not_followed(start, path, tmp_path):
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError):
        start()
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_does_not_exist_is_invalid_usage(scene, tmp_path):
    with pytest.raises(UsageError) as caught:
        Recording.start(tmp_path / "no" / "file.cast", title="", runtime=scene.runtime)
    assert caught.value.hint


def test_everything_is_on_the_disk_after_each_frame(start, path):
    recording = start()
    for number in range(3):
        recording.show(frame(f"line {number}"))
        assert path.read_bytes().endswith(b"\n")
        assert f"{number}" in events_of(path.read_text("utf-8"))[1][-1][2]


class FullDisk(io.BytesIO):
    """A disk with room for so many bytes. It takes a part of what does not fit, as a real one does."""

    room = 0

    def write(self, data):
        taken = bytes(data)[: self.room - self.tell()]
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(taken)


def test_after_a_full_disk_every_line_is_whole(scene):
    disk = FullDisk()
    disk.room = 10_000
    recording = Recording(Path("recording"), disk, title="web-1", runtime=scene.runtime)
    shown = 0
    with pytest.raises(OSError, match="No space left"):
        for shown in range(1000):
            recording.show(frame(f"this is line {shown:4}" * 4))
    assert len(disk.getvalue()) <= disk.room
    _, events = events_of(disk.getvalue().decode())
    assert len(events) == shown


def test_a_file_in_which_nothing_was_recorded_is_removed(start, path):
    start().close()
    assert not path.exists()
