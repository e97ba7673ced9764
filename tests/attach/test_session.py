"""The session itself, between a console and a terminal that a test moves."""

from __future__ import annotations

import errno
import io
import math

import pytest

from ecsvnc.attach.colours import Depth
from ecsvnc.attach.follow_screen import STAYS_S
from ecsvnc.attach.recording import Recording
from ecsvnc.attach.session import AttachOptions, AttachSession
from ecsvnc.console.key_sender import KEY_PACE_S
from ecsvnc.errors import InterruptError
from ecsvnc.keyboard.layout import load_layout
from ecsvnc.rfb.framebuffer import Framebuffer

MENU = b"\x1d"
PASTE = b"\x1b[200~%s\x1b[201~"

TURN_S = 0.005

UNTIL_A_PICTURE_IS_SHOWN = int(STAYS_S / TURN_S) + 2
"""Turns."""


class Console:
    """A console whose clock goes on by what is waited for.

    `breaks_at_s` is when its connection breaks, `returns_at_s` when there is another one.
    """

    def __init__(self, framebuffer, breaks_at_s=math.inf, returns_at_s=math.inf):
        self.framebuffer, self.version = framebuffer, 1
        self.has_extended_keys, self.has_caps_lock = False, None
        self.now = 0.0
        self.failure = ""
        self.keys = []
        self._breaks_at_s, self._returns_at_s = breaks_at_s, returns_at_s

    @property
    def is_open(self):
        return not self._breaks_at_s <= self.now < self._returns_at_s

    @property
    def connections(self):
        return 1 if self.now < self._returns_at_s else 2

    def wait(self, timeout_s, *others, writing=None):
        self.now += min(timeout_s, TURN_S)
        return set()

    def process_for(self, seconds):
        self.now += seconds

    def send_key(self, keysym, *, is_down):
        self.keys.append((keysym, is_down))


class Terminal:
    """A terminal on which `typed` is typed, one after the other. It takes what is written while `takes` says so."""

    erases_with_ctrl_h = False

    def __init__(self, *typed, size=(80, 24), takes=lambda: True):
        self.size = size
        self.woken = None
        self.written = ""
        self._typed = list(typed)
        self._takes = takes

    @property
    def has_written_all(self):
        return self._takes()

    def read(self):
        typed = self._typed.pop(0)
        if typed is None:
            raise InterruptError("The terminal was closed.", hint="Attach again.")
        return typed

    def write(self, text):
        self.written += text

    def flush(self):
        pass

    def signals(self):
        return set()


PICTURE = Framebuffer(64, 48, 1, bytearray(range(64)) * 48)
"""A screen without text."""

NO_SIZE = Framebuffer(0, 0, 1)


@pytest.fixture
def attach(scene):
    """Attach a terminal to a console, until the end."""

    def attach(console, terminal, recording=None):
        layout = load_layout("us")
        options = AttachOptions(name="web-1", layout=layout, depth=Depth.SIXTEEN, recording=recording)
        AttachSession(console, terminal, options, [], scene.runtime).run()

    return attach


def test_what_is_held_is_lifted_before_the_end(attach):
    console = Console(PICTURE)
    attach(console, Terminal(b"A", MENU + b"d"))
    held = set()
    for keysym, is_down in console.keys:
        (held.add if is_down else held.remove)(keysym)
    assert console.keys
    assert not held


@pytest.mark.timeout(30)
@pytest.mark.parametrize("breaks_at_ms", range(0, 60, 2))
def test_it_ends_although_the_connection_breaks_with_keys_that_are_down(attach, breaks_at_ms):
    attach(Console(PICTURE, breaks_at_ms / 1000), Terminal(b"A", b"A", MENU + b"d", MENU + b"d"))


def test_a_terminal_that_takes_nothing_is_given_no_more(attach):
    terminal = Terminal(b"", b"", MENU + b"d", takes=lambda: not terminal.written)
    attach(Console(PICTURE), terminal)
    assert "detaches" in terminal.written
    assert "Menu" not in terminal.written


def test_a_terminal_that_is_closed_while_it_takes_nothing_ends_it(attach):
    with pytest.raises(InterruptError):
        attach(Console(PICTURE), Terminal(b"", None, takes=lambda: False))


def test_what_is_typed_while_the_connection_breaks_is_not_lost_silently_and_not_sent_later(attach):
    turns = [b""] * 100
    terminal = Terminal(PASTE % (b"a" * 2000), *turns, MENU + b"d", size=(200, 24))
    console = Console(PICTURE, breaks_at_s=0.1, returns_at_s=0.2)
    attach(console, terminal)
    assert "Connecting again \u2026 Keys that waited to be sent are lost." in terminal.written
    assert "Connected again. Keys that waited to be sent are lost." in terminal.written
    assert 0 < len(console.keys) <= 0.1 / KEY_PACE_S + 1


def test_the_progress_of_a_paste_is_shown_at_once_and_not_after_what_was_said_before(attach):
    terminal = Terminal(b"", PASTE % (b"a" * 2000), b"", MENU, MENU + b"d", size=(200, 24))
    attach(Console(PICTURE), terminal)
    before, progress, after = terminal.written.partition("Typing: 0 %")
    assert progress
    assert "detaches" in before
    assert "Stopped typing." in after


@pytest.mark.parametrize(
    ("screen", "typed", "told"),
    [
        (PICTURE, b"s", "The screen shows a picture, and no text."),
        (NO_SIZE, b"p", "The screen has no size now."),
    ],
)
def test_what_cannot_be_saved_is_told(attach, tmp_path, screen, typed, told):
    name = b"\x15" + bytes(tmp_path / "saved") + b"\r"
    terminal = Terminal(MENU + typed, name, b"", MENU + b"d", size=(200, 24))
    attach(Console(screen), terminal)
    assert told in terminal.written
    assert list(tmp_path.iterdir()) == []


class FullDisk(io.BytesIO):
    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_ends_the_recording_and_not_the_session(attach, scene, tmp_path):
    recording = Recording(tmp_path / "a.cast", FullDisk(), title="web-1", runtime=scene.runtime)
    terminal = Terminal(*[b""] * UNTIL_A_PICTURE_IS_SHOWN, MENU + b"d", size=(200, 24))
    attach(Console(PICTURE), terminal, recording)
    assert "Failed: No space left on device." in terminal.written
    assert scene.warnings == [], "nothing was recorded"
