"""The simulated keyboard, as QEMU's VNC server gives one to a machine. The clock is the test's."""

from __future__ import annotations

import pytest

from ecsvnc.keyboard.keys import ALIASES, NAMES
from ecsvnc.keyboard.layout import events_of_chord, events_of_strokes, load_layout
from ecsvnc.keyboard.layout_names import LAYOUT_NAMES
from ecsvnc.simulator.keyboard import QUEUE_EVENTS, TAKEN_EVERY_S, Keyboard

SHIFT, CONTROL, ALT, ALTGR, CAPS_LOCK = 0xFFE1, 0xFFE3, 0xFFE9, 0xFE03, 0xFFE5


class Board:
    """A keyboard, and what it typed."""

    def __init__(self, layout="us"):
        self.time = 1000.0
        self.keyboard = Keyboard(lambda: self.time)
        self.keyboard.layout = layout
        self.presses = []

    def send(self, keysym, is_down, scancode=0, *, pause_s=TAKEN_EVERY_S):
        self.keyboard.event(keysym, scancode, is_down=is_down)
        self.time += pause_s
        self.presses += self.keyboard.presses()

    def press(self, *keysyms):
        for keysym in keysyms:
            self.send(keysym, True)
        for keysym in reversed(keysyms):
            self.send(keysym, False)

    @property
    def text(self):
        self.time += 1
        self.presses += self.keyboard.presses()
        return "".join(press.text for press in self.presses)


def test_keysyms_alone_lose_shift_on_every_symbol():
    board = Board()
    for character in "P@ss|w0rd":
        board.press(ord(character))
    assert board.text == "P2ss\\w0rd"


def test_with_shift_symbols_arrive():
    board = Board()
    board.press(SHIFT, ord("P"))
    board.press(SHIFT, ord("@"))
    assert board.text == "P@"


def test_what_a_us_keyboard_lacks_is_ignored_without_its_place():
    board = Board("de")
    board.press(0xE4)
    board.press(0x20AC)
    board.press(0x010020AC)
    assert board.text == ""
    board.send(0xE4, True, 40)
    assert board.text == "ä"


@pytest.mark.parametrize("name", LAYOUT_NAMES)
@pytest.mark.parametrize("has_caps_lock", [False, True])
def test_what_ecsvnc_types_arrives_in_every_layout(name, has_caps_lock):
    board = Board(name)
    if has_caps_lock:
        board.press(CAPS_LOCK)
    text = "".join(map(chr, range(0x20, 0x7F)))
    for key, is_down in events_of_strokes(load_layout(name).strokes(text)):
        board.send(key.keysym, is_down, key.scancode)
    assert board.text == text


def test_a_burst_loses_what_the_queue_has_no_place_for():
    board = Board()
    for _ in range(400):
        board.send(ord("a"), True, pause_s=0)
        board.send(ord("a"), False, pause_s=0)
    board.time += 60
    assert len(board.text) == QUEUE_EVENTS // 2 + 1


def test_it_takes_an_event_every_10_ms():
    board = Board()
    for _ in range(10):
        board.send(ord("a"), True, pause_s=0)
        board.send(ord("a"), False, pause_s=0)
    board.time += 0.0951
    board.presses += board.keyboard.presses()
    assert len(board.presses) == 5


def test_names_and_modifiers():
    board = Board()
    for key, is_down in events_of_chord(load_layout("us").chord("ctrl-alt-del")):
        board.send(key.keysym, is_down, key.scancode)
    assert [press.is_secure_attention for press in board.presses] == [True]
    board.press(CONTROL, ord("c"))
    assert board.presses[-1].control_letter == "c"
    assert board.presses[-1].typed == ""


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ALIASES])
def test_a_named_key_is_the_same_by_keysym_and_by_place(name):
    key = NAMES[name]
    by_keysym, by_place = Board(), Board()
    by_keysym.send(key.keysym, True)
    by_place.send(key.keysym, True, key.scancode)
    assert by_keysym.presses == by_place.presses


@pytest.mark.parametrize(("keysym", "typed"), [(0xFFB5, "5"), (0xFFAB, "+"), (0xFFAF, "/")])
def test_the_keypad_types(keysym, typed):
    board = Board()
    board.press(keysym)
    assert board.text == typed


def test_a_client_that_leaves_holds_nothing_down():
    board = Board()
    board.send(CONTROL, True)
    board.keyboard.release_all()
    board.time += 1
    board.press(ord("c"))
    assert board.presses[-1].typed == "c"


@pytest.mark.parametrize(("layout", "text"), [("de", "^"), ("de", "â"), ("fr", "ê"), ("es", "`à")])
def test_dead_keys_wait_for_the_next(layout, text):
    board = Board(layout)
    for key, is_down in events_of_strokes(load_layout(layout).strokes(text)):
        board.send(key.keysym, is_down, key.scancode)
    assert board.text == text
