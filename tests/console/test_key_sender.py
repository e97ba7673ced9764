"""Key events go out in order and at the pace of a console's keyboard, and what is down is released."""

from __future__ import annotations

import pytest

from ecsvnc.console.key_sender import KEY_PACE_S, KeySender
from ecsvnc.errors import ConsoleError
from ecsvnc.keyboard.keys import CAPS_LOCK, CTRL, ENTER, SHIFT, Key, KeyEvent
from ecsvnc.keyboard.layout import events_of_chord

A = Key(ord("a"), 0x1E)
JAPANESE = Key(0x5C, 0x73)


class Console:
    """What a sender needs of a console. `events` are the keysyms that went out, with the moments."""

    def __init__(self):
        self.now = 100.0
        self.has_extended_keys = True
        self.has_caps_lock = None
        self.events = []
        self.moments = []

    def send_key(self, keysym, *, is_down):
        self.moments.append(self.now)
        self.events.append((keysym, is_down))

    def send_extended_key(self, keysym, scancode, *, is_down):
        assert scancode is not None
        self.send_key(keysym, is_down=is_down)


@pytest.fixture
def console():
    return Console()


@pytest.fixture
def sender(console):
    return KeySender(console)


def send_all(sender, console, most=1000):
    for _ in range(most):
        if (due_in_s := sender.due_in_s) is None:
            return
        console.now += due_in_s
        sender.send_due()
    pytest.fail("there is no end")


def chord(*keys):
    return events_of_chord(keys)


def test_the_first_key_is_sent_at_once_and_the_others_at_their_pace(sender, console):
    sender.put(chord(CTRL, A))
    assert sender.due_in_s == 0
    send_all(sender, console)
    assert console.events == [(CTRL.keysym, True), (A.keysym, True), (A.keysym, False), (CTRL.keysym, False)]
    gaps = [later - earlier for earlier, later in zip(console.moments, console.moments[1:], strict=False)]
    assert gaps == pytest.approx([KEY_PACE_S] * 3)
    assert console.moments[0] == 100.0


def test_nothing_goes_out_before_it_is_due(sender, console):
    sender.put(chord(A))
    sender.send_due()
    sender.send_due()
    assert len(console.events) == 1
    sender.put(chord(ENTER))
    assert sender.waiting == 3
    assert sender.due_in_s == pytest.approx(KEY_PACE_S)


def test_what_is_put_later_comes_later(sender, console):
    sender.put(chord(SHIFT, A))
    sender.put(chord(ENTER))
    send_all(sender, console)
    assert [keysym for keysym, is_down in console.events if is_down] == [SHIFT.keysym, A.keysym, ENTER.keysym]


def test_released_is_what_is_down_and_nothing_else_goes_out(sender, console):
    sender.put([*chord(CTRL, SHIFT, A), *chord(ENTER)])
    for _ in range(3):
        sender.send_due()
        console.now += KEY_PACE_S
    sender.release()
    send_all(sender, console)
    assert console.events[3:] == [(A.keysym, False), (SHIFT.keysym, False), (CTRL.keysym, False)]


def test_after_a_broken_connection_nothing_is_down(sender, console):
    sender.put(chord(CTRL, A))
    sender.send_due()
    sender.forget()
    assert sender.waiting == 0
    assert sender.due_in_s is None


def test_a_key_that_the_console_cannot_take_is_refused_before_the_first(sender, console):
    console.has_extended_keys = False
    with pytest.raises(ConsoleError, match="Nothing was typed"):
        sender.put([*chord(A), *chord(JAPANESE)])
    assert sender.waiting == 0
    sender.put(chord(A))
    send_all(sender, console)
    assert console.events == [(A.keysym, True), (A.keysym, False)]


class TestCapsLock:
    def test_it_is_turned_off_first_and_its_light_is_waited_for(self, sender, console):
        console.has_caps_lock = True
        sender.put(chord(A))
        for _ in range(10):
            sender.send_due()
            console.now += KEY_PACE_S
        assert console.events == [(CAPS_LOCK.keysym, True), (CAPS_LOCK.keysym, False)]
        console.has_caps_lock = False
        send_all(sender, console)
        assert console.events[2:] == [(A.keysym, True), (A.keysym, False)]

    def test_a_light_that_stays_on_is_left_on_after_a_while(self, sender, console):
        console.has_caps_lock = True
        sender.put(chord(A))
        send_all(sender, console)
        sender.put(chord(A))
        send_all(sender, console)
        assert [keysym for keysym, is_down in console.events if is_down] == [CAPS_LOCK.keysym, A.keysym, A.keysym]

    def test_whoever_presses_it_means_it(self, sender, console):
        console.has_caps_lock = True
        sender.put([KeyEvent(CAPS_LOCK, is_down=True), KeyEvent(CAPS_LOCK, is_down=False)])
        send_all(sender, console)
        assert console.events == [(CAPS_LOCK.keysym, True), (CAPS_LOCK.keysym, False)]
