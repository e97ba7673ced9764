import struct

import pytest

from ecsvnc.console.keepalive import Keepalive, Policy, keepalive_message
from ecsvnc.rfb.client_messages import ClientMessages

REQUEST = struct.pack(">BBHHHH", 3, 1, 0, 0, 800, 600)
ENCODINGS = struct.pack(">BxH2i", 2, 2, 16, 0)


def test_the_keepalive_repeats_a_message_of_the_viewer():
    messages = ClientMessages()
    messages.receive(b"\x01")
    assert keepalive_message(messages) == b"", "nothing that the viewer has not said"
    messages.receive(ENCODINGS + REQUEST[:4])
    assert keepalive_message(messages) == ENCODINGS
    messages.receive(REQUEST[4:])
    assert keepalive_message(messages) == REQUEST, "the console has not answered it"
    messages.server_sent()
    assert keepalive_message(messages) == ENCODINGS, "a request would ask for more than the viewer did"
    assert messages.inputs == 0, "neither is what a person does, so it does not prolong itself"


def test_it_is_due_after_the_interval_without_input():
    keepalive = Keepalive(Policy(20, 3600), now=100)
    assert keepalive.due_in_s(100) == 20
    assert keepalive.due_in_s(119) == 1
    assert keepalive.due_in_s(125) == 0
    keepalive.note_input(110)
    assert keepalive.due_in_s(119) == 11


def test_the_next_is_due_an_interval_after_the_last():
    keepalive = Keepalive(Policy(20, 3600), now=0)
    keepalive.sent(20)
    assert keepalive.due_in_s(20) == 20
    assert keepalive.due_in_s(40) == 0


def test_none_is_due_after_the_longest_idle_time_until_there_is_input():
    keepalive = Keepalive(Policy(20, 100), now=0)
    keepalive.sent(80)
    assert keepalive.due_in_s(80) == 20
    assert keepalive.ends_in_s(80) == 20
    keepalive.sent(99)
    assert keepalive.due_in_s(99) is None
    assert keepalive.ends_in_s(99) == 1
    assert keepalive.ends_in_s(101) == 0
    keepalive.note_input(500)
    assert keepalive.due_in_s(500) == 20
    assert keepalive.ends_in_s(500) == 100


@pytest.mark.parametrize("now", [0.0, 20.0, 1e6])
def test_an_interval_of_zero_means_never(now):
    keepalive = Keepalive(Policy(0, 3600), now=0)
    assert keepalive.due_in_s(now) is None
    assert keepalive.ends_in_s(now) is None


def test_a_max_idle_shorter_than_the_interval_means_never_too():
    keepalive = Keepalive(Policy(20, 10), now=0)
    assert keepalive.due_in_s(0) is None
    assert keepalive.ends_in_s(1000) is None
