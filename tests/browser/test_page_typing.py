"""Typing pasted texts behind a relay, with a made-up clock."""

import pytest
from support.scene import Scene

from ecsvnc.browser.page_messages import Keyboard, Paste
from ecsvnc.browser.page_typing import MAX_CHARACTERS, PageTyping
from ecsvnc.console.key_sender import KEY_PACE_S
from ecsvnc.rfb.client_requests import extended_key_event, key_event


class Relay:
    """What typing needs of a relay. `sent` are the messages that were inserted, `moments` when."""

    def __init__(self, scene):
        self.scene = scene
        self.may_insert = True
        self.sent = []
        self.moments = []

    def insert(self, message):
        self.sent.append(message)
        self.moments.append(self.scene.at_s)


class Typist:
    def __init__(self):
        self.scene = Scene()
        self.relay = Relay(self.scene)
        self.told = []
        self.typing = PageTyping(self.relay, self.told.append, self.scene.runtime)

    def type_all(self):
        while (due_in_s := self.typing.due_in_s()) is not None:
            self.scene.sleep(due_in_s)
            self.typing.work()


@pytest.fixture
def typist():
    return Typist()


SHIFT = 0xFFE1


def test_a_text_is_typed_key_by_key_at_the_pace_of_the_keyboard(typist):
    typist.typing.paste(Paste("aB", "us"))
    typist.type_all()
    assert typist.relay.sent == [
        key_event(keysym, is_down=is_down)
        for keysym, is_down in [
            (ord("a"), True), (ord("a"), False), (SHIFT, True), (ord("B"), True), (ord("B"), False), (SHIFT, False),
        ]
    ]  # fmt: skip
    gaps = [after - before for before, after in zip(typist.relay.moments, typist.relay.moments[1:], strict=False)]
    assert gaps == pytest.approx([KEY_PACE_S] * 5, abs=1e-6)
    assert (typist.told[-1].done, typist.told[-1].is_over) == (2, True)


def test_thousands_of_characters_are_all_typed_and_told_a_few_times_a_second(typist):
    typist.typing.paste(Paste("x" * 5000, "us"))
    typist.type_all()
    assert len(typist.relay.sent) == 10_000
    seconds = typist.relay.moments[-1] - typist.relay.moments[0]
    assert len(typist.told) <= seconds / 0.2 + 2
    done = [told.done for told in typist.told]
    assert done == sorted(done)
    assert done[-1] == 5000


def test_keys_go_by_their_place_once_the_console_has_told_that_it_takes_them(typist):
    typist.typing.learn(Keyboard(has_extended_keys=True, has_caps_lock=False))
    typist.typing.paste(Paste("y", "de"))
    typist.type_all()
    assert typist.relay.sent[0] == extended_key_event(ord("z"), 0x2C, is_down=True), "where a US keyboard has z"


def test_caps_lock_is_turned_off_first(typist):
    typist.typing.learn(Keyboard(has_extended_keys=True, has_caps_lock=True))
    typist.typing.paste(Paste("a", "us"))
    for _ in range(4):
        typist.scene.sleep(typist.typing.due_in_s())
        typist.typing.work()
    assert len(typist.relay.sent) == 2, "Caps Lock, and nothing before its light is out"
    typist.typing.learn(Keyboard(has_extended_keys=True, has_caps_lock=False))
    typist.type_all()
    assert len(typist.relay.sent) == 4


def test_in_the_middle_of_a_message_of_the_page_nothing_is_due(typist):
    typist.typing.paste(Paste("a", "us"))
    typist.relay.may_insert = False
    assert typist.typing.due_in_s() is None
    typist.typing.work()
    assert typist.relay.sent == []


def test_a_second_text_is_typed_after_the_first(typist):
    typist.typing.paste(Paste("ab", "us"))
    typist.typing.paste(Paste("c", "us"))
    typist.type_all()
    assert [message[-1:] for message in typist.relay.sent[::2]] == [b"a", b"b", b"c"]
    assert typist.told[-1].total == 3


def test_a_refused_text_leaves_the_one_that_is_typed_alone(typist):
    typist.typing.paste(Paste("ab", "us"))
    typist.typing.paste(Paste("€", "us"))
    assert not typist.told[-1].is_over
    typist.typing.paste(Paste("x" * MAX_CHARACTERS, "us"))
    assert "too long" in typist.told[-1].what
    typist.type_all()
    assert len(typist.relay.sent) == 4


@pytest.mark.parametrize("end", ["cancel", "finish"])
def test_what_is_pressed_is_released_at_the_end(typist, end):
    typist.typing.paste(Paste("ABC", "us"))
    for _ in range(2):  # Shift and A are down
        typist.scene.sleep(typist.typing.due_in_s())
        typist.typing.work()
    getattr(typist.typing, end)()
    typist.type_all()
    assert typist.relay.sent[2:] == [key_event(ord("A"), is_down=False), key_event(SHIFT, is_down=False)]


def test_a_console_that_is_lost_tells_how_far_it_was(typist):
    typist.typing.paste(Paste("abcd", "us"))
    for _ in range(4):
        typist.scene.sleep(typist.typing.due_in_s())
        typist.typing.work()
    typist.typing.break_off()
    assert typist.told[-1].what == "The connection to the console was lost after 2 of 4 characters."
    assert typist.typing.due_in_s() is None


def test_an_empty_text_is_over_at_once(typist):
    typist.typing.paste(Paste("", "us"))
    assert (typist.told[-1].is_over, typist.typing.due_in_s()) == (True, None)
