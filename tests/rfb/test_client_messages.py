import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.errors import RfbError
from ecsvnc.rfb.client_messages import MAX_MESSAGE_BYTES, MESSAGES, ClientMessages, message_length

CLIENT_INIT = b"\x01"

SAMPLES = {
    "SetPixelFormat": bytes([0, 0, 0, 0]) + bytes(16),
    "SetEncodings, none": struct.pack(">BxH", 2, 0),
    "SetEncodings": struct.pack(">BxH3i", 2, 3, 7, -223, -258),
    "FramebufferUpdateRequest": struct.pack(">BBHHHH", 3, 1, 0, 0, 800, 600),
    "KeyEvent": struct.pack(">BBxxI", 4, 1, 0xFF0D),
    "PointerEvent": struct.pack(">BBHH", 5, 1, 10, 20),
    "PointerEvent, button 8": struct.pack(">BBHH", 5, 0x80, 10, 20),
    "ClientCutText, empty": struct.pack(">BxxxI", 6, 0),
    "ClientCutText": struct.pack(">BxxxI", 6, 5) + b"hello",
    "ClientCutText, extended clipboard": struct.pack(">Bxxxi", 6, -8) + bytes(8),
    "EnableContinuousUpdates": struct.pack(">BBHHHH", 150, 1, 0, 0, 800, 600),
    "ClientFence": struct.pack(">BxxxIB", 248, 0x80000000, 3) + b"abc",
    "xvp": struct.pack(">BxBB", 250, 1, 2),
    "SetDesktopSize": struct.pack(">BxHHBx", 251, 800, 600, 2) + bytes(32),
    "QEMU extended key event": struct.pack(">BBHII", 255, 0, 1, 0x61, 30),
    "QEMU audio enable": struct.pack(">BBH", 255, 1, 0),
    "QEMU audio disable": struct.pack(">BBH", 255, 1, 1),
    "QEMU audio set format": struct.pack(">BBHBBI", 255, 1, 2, 3, 2, 44100),
}

EXTENDED_POINTER = struct.pack(">BBHHB", 5, 0x80, 10, 20, 1)
OFFER_EXTENDED_POINTER = struct.pack(">BxH2i", 2, 2, 0, -316)
WITHDRAW_EXTENDED_POINTER = struct.pack(">BxH1i", 2, 1, 0)

a_message = st.sampled_from(sorted(SAMPLES)).map(SAMPLES.__getitem__)
a_long_message = st.integers(0, 5000).map(lambda n: struct.pack(">BxxxI", 6, n) + bytes([6]) * n)
a_stream = st.lists(a_message | a_long_message, max_size=12)


def followed(*pieces):
    messages = ClientMessages()
    for piece in pieces:
        messages.receive(piece)
    return messages


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_each_message_has_its_length(name):
    sample = SAMPLES[name]
    assert message_length(sample) == len(sample)
    assert message_length(sample + b"\xfe" * 50) == len(sample), "what follows a message does not count"


def test_every_shape_has_a_sample():
    assert {prefix for prefix in MESSAGES if not any(s.startswith(prefix) for s in SAMPLES.values())} == set()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_between_two_messages_is_only_at_a_message_s_end(name):
    sample = SAMPLES[name]
    messages = followed(CLIENT_INIT)
    for at in range(len(sample)):
        assert messages.is_between_messages == (at == 0)
        messages.receive(sample[at : at + 1])
    assert messages.is_between_messages


def test_before_client_init_is_not_between_messages():
    assert not ClientMessages().is_between_messages
    assert followed(CLIENT_INIT).is_between_messages


@given(a_stream, st.data())
def test_any_split_of_a_stream_gives_the_same_boundaries(stream, data):
    joined = CLIENT_INIT + b"".join(stream)
    ends = {1}
    for message in stream:
        ends.add(max(ends) + len(message))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(joined)), max_size=20) | st.just(ends)) | {0, len(joined)})
    messages = ClientMessages()
    for start, end in itertools.pairwise(cuts):
        messages.receive(joined[start:end])
        assert messages.is_between_messages == (end in ends)
    assert messages.lost_because == ""


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=10))
def test_no_bytes_raise_and_the_split_never_matters(noise, cuts):
    whole = followed(noise)
    edges = [0, *sorted(cuts), len(noise)]
    pieces = followed(*(noise[start:end] for start, end in itertools.pairwise(edges)))
    assert (pieces.is_between_messages, pieces.lost_because) == (whole.is_between_messages, whole.lost_because)


@given(st.binary(max_size=40), st.booleans())
def test_message_length_is_total(head, extended):
    try:
        length = message_length(head, extended_buttons=extended)
    except RfbError:
        return
    assert length is None or 0 < length <= MAX_MESSAGE_BYTES
    if length is None:
        assert len(head) < 9, "nine bytes tell the length of any message"


@pytest.mark.parametrize("noise", [b"\x01", b"\x07", b"\xfd", b"\xff\x02", b"\xff\x01\x00\x03", b"G"])
def test_an_unknown_message_loses_the_place_for_good(noise):
    messages = followed(CLIENT_INIT, SAMPLES["KeyEvent"], noise)
    assert messages.lost_because
    messages.receive(SAMPLES["KeyEvent"])
    assert not messages.is_between_messages


@pytest.mark.parametrize("length", [MAX_MESSAGE_BYTES, 2**31 - 1, -(2**31), -MAX_MESSAGE_BYTES])
def test_a_clipboard_longer_than_any_is_taken_for_noise(length):
    assert "bytes" in followed(CLIENT_INIT, struct.pack(">Bxxxi", 6, length)).lost_because


def test_a_pointer_event_is_longer_once_the_client_speaks_extended_mouse_buttons():
    messages = followed(CLIENT_INIT, OFFER_EXTENDED_POINTER, EXTENDED_POINTER[:-1])
    assert not messages.is_between_messages
    messages.receive(EXTENDED_POINTER[-1:])
    assert messages.is_between_messages
    messages.receive(SAMPLES["PointerEvent"])
    assert messages.is_between_messages, "without the highest bit it is as long as ever"


def test_the_last_list_of_encodings_holds():
    messages = followed(
        CLIENT_INIT, OFFER_EXTENDED_POINTER, WITHDRAW_EXTENDED_POINTER, SAMPLES["PointerEvent, button 8"]
    )
    assert messages.is_between_messages


def test_an_encoding_is_found_at_its_place_only():
    """The bytes of -316 across two other encodings are not -316."""
    across = struct.pack(">BxH", 2, 2) + b"\x00\xff\xff\xfe\xc4\x00\x00\x00"
    assert followed(CLIENT_INIT, across, SAMPLES["PointerEvent, button 8"]).is_between_messages


def test_no_body_is_kept():
    messages = followed(CLIENT_INIT, struct.pack(">BxxxI", 6, 1_000_000), bytes(999_999))
    assert all(len(value) < 100 for value in vars(messages).values() if isinstance(value, bytes | bytearray))


def test_what_a_person_does_is_distinguished_from_what_a_viewer_does_by_itself():
    messages = followed(
        CLIENT_INIT, SAMPLES["SetEncodings"], SAMPLES["FramebufferUpdateRequest"], SAMPLES["ClientFence"]
    )
    assert messages.inputs == 0
    for number, name in enumerate(["KeyEvent", "PointerEvent", "ClientCutText", "QEMU extended key event"], start=1):
        messages.receive(SAMPLES[name])
        assert messages.inputs == number
