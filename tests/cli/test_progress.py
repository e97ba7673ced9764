"""What is drawn on a terminal while something lasts: read off the screen of a terminal emulator."""

from __future__ import annotations

import os
import pty
import sys
import termios
import threading
import time

import pyte
import pytest

from ecsvnc.cli.terminal import Terminal
from ecsvnc.errors import EcsvncError

COLUMNS, ROWS = 40, 10


class Screen:
    """A pseudo-terminal that is this process's stderr, and what can be read on it."""

    def __init__(self, monkeypatch):
        self._outer, inner = pty.openpty()
        termios.tcsetwinsize(inner, (ROWS, COLUMNS))
        os.set_blocking(self._outer, False)
        self.stream = os.fdopen(inner, "w", encoding="utf-8", buffering=1)
        self._monkeypatch = monkeypatch
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._feed = pyte.ByteStream(self._screen)
        self.bytes = b""

    @property
    def rows(self):
        with_more = True
        while with_more:
            try:
                piece = os.read(self._outer, 65536)
            except BlockingIOError:
                with_more = False
            else:
                self.bytes += piece
                self._feed.feed(piece)
        return "\n".join(row.rstrip() for row in self._screen.display).rstrip().splitlines()

    def wait_for(self, wanted):
        until = time.monotonic() + 20
        while not wanted(self.rows):
            assert time.monotonic() < until, self.rows
            time.sleep(0.01)

    def terminal(self, after_s=0.0, **environ):
        """What writes to it. pytest sets stderr anew for each phase of a test, so this is for the test itself."""
        self._monkeypatch.setattr(sys, "stderr", self.stream)
        terminal = Terminal({"TERM": "xterm-256color", **environ})
        terminal.shows_work_after_s = after_s
        return terminal

    def close(self):
        self.stream.close()
        os.close(self._outer)


@pytest.fixture
def screen(monkeypatch):
    shown = Screen(monkeypatch)
    yield shown
    shown.close()


def test_what_is_worked_on_is_shown_with_its_time_and_is_gone_afterwards(screen):
    with screen.terminal().working("Counting"):
        screen.wait_for(lambda rows: len(rows) == 1 and rows[0].endswith("Counting (0 seconds)"))
    assert screen.rows == []


def test_one_line_stays_that_says_what_was_done(screen):
    with screen.terminal().working("Counting", done=lambda: "Counted to 3"):
        screen.wait_for(lambda rows: rows)
    assert len(screen.rows) == 1
    assert screen.rows[0].startswith("Counted to 3 (0")


def test_what_failed_was_not_done(screen):
    with pytest.raises(ValueError, match="no"), screen.terminal().working("Counting", done="Counted"):
        screen.wait_for(lambda rows: rows)
        raise ValueError("no")
    assert screen.rows == []


def test_nothing_is_drawn_before_its_time_and_nothing_said_afterwards(screen):
    with screen.terminal(after_s=600.0).working("Counting", done="Counted"):
        time.sleep(0.05)
    assert screen.rows == []
    assert screen.bytes == b""


def test_without_a_terminal_nothing_is_written(capsys):
    terminal = Terminal({"TERM": "xterm-256color"})
    terminal.shows_work_after_s = 0.0
    with terminal.working("Counting", done="Counted"):
        time.sleep(0.05)
    assert capsys.readouterr() == ("", "")


def test_messages_stand_above_it_each_on_its_own_line(screen):
    terminal = screen.terminal()
    address = "http://127.0.0.1:12345/" + "x" * 40
    with terminal.working("Counting"):
        screen.wait_for(lambda rows: rows)
        terminal.warn(address)
        terminal.notice("Two.")
        screen.wait_for(lambda rows: len(rows) == 4)
        assert "".join(screen.rows[:2]) == address
        assert screen.rows[2] == "Two."
        assert "Counting" in screen.rows[3]
    assert screen.rows[2:] == ["Two."]


def test_the_text_may_change_and_breaks_at_words(screen):
    texts = ["One", "Two words that are together longer than a line is"]
    with screen.terminal().working(lambda: texts[0]):
        screen.wait_for(lambda rows: "One" in "".join(rows))
        texts.pop(0)
        screen.wait_for(lambda rows: "Two" in "".join(rows))
        assert len(screen.rows) == 2
        assert "Two words that are together longer than a line is (0 seconds)" in " ".join(screen.rows)
    assert screen.rows == []


def test_what_steers_a_terminal_is_not_passed_on(screen):
    with screen.terminal().working("a\x1b[2Jb"):
        screen.wait_for(lambda rows: r"a\x1b[2Jb" in "".join(rows))


def test_a_part_of_something_is_shown_in_its_place(screen):
    terminal = screen.terminal()
    with terminal.working("Opening"):
        with terminal.working("Searching"):
            screen.wait_for(lambda rows: "Searching" in "".join(rows))
            screen.wait_for(lambda rows: "Opening" not in "".join(rows))
        screen.wait_for(lambda rows: "Opening" in "".join(rows))


def test_each_thread_has_a_line(screen):
    terminal, go = screen.terminal(), threading.Event()

    def work(name):
        with terminal.working(name):
            go.wait(20)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("One", "Two")]
    for thread in threads:
        thread.start()
    screen.wait_for(lambda rows: len(rows) == 2 and "One" in "".join(rows) and "Two" in "".join(rows))
    go.set()
    for thread in threads:
        thread.join()
    assert screen.rows == []


def test_other_output_finds_the_lines_erased_and_they_come_back(screen):
    terminal = screen.terminal()
    with terminal.working("Counting"):
        screen.wait_for(lambda rows: rows)
        with terminal.paused():
            assert screen.rows == []
            screen.stream.write("data\n")
        screen.wait_for(lambda rows: len(rows) == 2)
        assert screen.rows[0] == "data"
    assert screen.rows == ["data"]


def test_a_dumb_terminal_gets_a_plain_line(screen):
    with screen.terminal(TERM="dumb").working("Counting", done="Counted"):
        screen.wait_for(lambda rows: rows == ["Counting (0 seconds)"])
    assert screen.rows[1].startswith("Counted")
    assert b"\x1b" not in screen.bytes


def test_a_dumb_terminal_is_told_the_part_that_lasts(screen):
    terminal = screen.terminal(after_s=0.05, TERM="dumb")
    with terminal.working("Opening", after_s=0.05), terminal.working("Searching", after_s=20.0):
        screen.wait_for(lambda rows: rows == ["Searching (0 seconds)"])
    assert screen.rows == ["Searching (0 seconds)"]


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_what_was_done_is_broken_between_words(screen, term):
    text = "A word and further words that are together longer than a line is"
    with screen.terminal(TERM=term).working(text, done=text):
        screen.wait_for(lambda rows: "is (0" in " ".join(rows))
    assert text in " ".join(screen.rows)


def test_an_id_that_fits_on_a_line_is_not_broken(screen):
    request_id = "A67BD638-0C67-4134-B798-3F7AA44FB6CB"
    screen.terminal().error(EcsvncError("No.", hint="Yes.", request_id=request_id))
    assert screen.rows == ["Error: No.", "Hint: Yes.", "Request ID:", request_id]


def test_behind_a_full_screen_messages_are_kept_back_and_other_output_waits(screen):
    terminal, printed = screen.terminal(), threading.Event()

    def print_data():
        with terminal.paused():
            screen.stream.write("data\n")
        printed.set()

    with terminal.working("Counting"):
        with terminal.full_screen():
            other = threading.Thread(target=print_data)
            other.start()
            terminal.notice("A message.")
            with terminal.working("Something else"):
                assert not printed.wait(0.1)
            assert screen.rows == []
        other.join()
        assert printed.is_set()
    assert sorted(screen.rows) == ["A message.", "data"]
