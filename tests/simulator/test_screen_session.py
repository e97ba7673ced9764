"""The VNC server in front of a simulated machine, tested with what clients send, and with what none would."""

import contextlib
import itertools
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.rfb_updates import QEMU_LEDS
from support.vnc_client import (
    CURSOR,
    DESKTOP_SIZE,
    QEMU_KEYS,
    RAW,
    ZLIB,
    ZRLE,
    Picture,
    key,
    pointer,
    request,
    set_encodings,
    set_pixel_format,
    type_text,
)

from ecsvnc.errors import RfbError
from ecsvnc.rfb import client_requests as requests
from ecsvnc.rfb.pixel_format import RGB332, TRUE_COLOUR_32, PixelFormat
from ecsvnc.rfb.server_init import ServerInit
from ecsvnc.rfb.server_messages import READABLE, ServerMessages
from ecsvnc.rfb.vnc_auth import response_to
from ecsvnc.simulator.machine import Machine
from ecsvnc.simulator.screen_encodings import PixelWriter
from ecsvnc.simulator.screen_session import ScreenSession

CHALLENGE = bytes(range(16))
WIDTH, HEIGHT = 720, 400
WHOLE = request(0, 0, WIDTH, HEIGHT, incremental=False)
NEXT = request(0, 0, WIDTH, HEIGHT, incremental=True)

RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)
FORMATS = {
    "as the server's": TRUE_COLOUR_32,
    "red and blue changed places": replace(TRUE_COLOUR_32, red_shift=0, blue_shift=16),
    "32 bits, big-endian": replace(TRUE_COLOUR_32, is_big_endian=True),
    "30 bits deep": PixelFormat(32, 30, False, True, 1023, 1023, 1023, 20, 10, 0),
    "16 bits": RGB565,
    "16 bits, big-endian": replace(RGB565, is_big_endian=True),
    "15 bits": PixelFormat(16, 15, False, True, 31, 31, 31, 10, 5, 0),
    "8 bits": PixelFormat(8, 8, False, True, 7, 7, 3, 0, 3, 6),
}


class Clock:
    time = 1_800_000_000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def machine(clock):
    """One that somebody watches already, so that it has drawn its screen."""
    machine = Machine("web-1", "i-bp1234567890abcdefgh", "linux", clock)
    machine.watchers = 1
    return machine


@pytest.fixture
def session(machine):
    """One that is past the handshake and ServerInit."""
    session = ScreenSession(machine, password=None, challenge=CHALLENGE)
    session.receive(b"RFB 003.008\n\1")
    session.receive(b"\1")
    return session


def shown(machine, pixel_format=TRUE_COLOUR_32):
    """The machine's picture, as a client of that format can see it at best."""
    framebuffer = machine.framebuffer

    def seen(maximum):
        return bytes((value * maximum + 127) // 255 * 255 // maximum for value in range(256))

    maxima = (pixel_format.red_max, pixel_format.green_max, pixel_format.blue_max)
    red, green, blue = (
        bytes(framebuffer.pixels[at::4]).translate(seen(maximum)) for at, maximum in zip((2, 1, 0), maxima, strict=True)
    )
    colours = list(zip(red, green, blue, strict=True))
    return [colours[y * WIDTH : (y + 1) * WIDTH] for y in range(HEIGHT)]


def test_the_server_speaks_first_and_says_its_size_and_name(machine):
    session = ScreenSession(machine, password=None, challenge=CHALLENGE)
    assert session.greeting() == b"RFB 003.008\n"
    assert session.receive(b"RFB 003.008\n") == b"\1\1"
    assert not session.authenticated
    assert session.receive(b"\1") == b"\0\0\0\0"
    assert session.authenticated
    init, _ = ServerInit.decode(session.receive(b"\1"))
    assert (init.width, init.height, init.name) == (WIDTH, HEIGHT, "web-1")
    assert session.messages == 0


def test_the_right_vnc_password_is_accepted_and_a_wrong_one_is_refused(machine):
    for password, is_right in (("Ecs123", True), ("Ecs124", False)):
        session = ScreenSession(machine, password="Ecs123", challenge=CHALLENGE)
        assert session.receive(b"RFB 003.008\n") == b"\1\2"
        assert session.receive(b"\2") == CHALLENGE
        answer = session.receive(response_to(CHALLENGE, password))
        assert session.authenticated is is_right
        assert session.is_over is not is_right
        if is_right:
            assert answer == b"\0\0\0\0"
        else:
            assert answer.startswith(b"\0\0\0\1")
            assert b"password" in answer
            with pytest.raises(RfbError):
                session.receive(b"\1")


def test_nothing_reaches_the_machine_before_the_password(machine):
    session = ScreenSession(machine, password="Ecs123", challenge=CHALLENGE)
    session.receive(b"RFB 003.008\n\2")
    session.receive(response_to(CHALLENGE, "wrong!") + b"\1" + type_text("root"))
    assert not machine.received_keys


@pytest.mark.parametrize(
    ("pixel_format", "encoding"),
    [*itertools.product(FORMATS.values(), [RAW, ZRLE]), (FORMATS["8 bits"], ZLIB)],
)
def test_the_whole_screen_arrives_in_every_format_and_encoding(machine, session, pixel_format, encoding):
    session.receive(set_pixel_format(pixel_format) + set_encodings(encoding))
    picture = Picture(WIDTH, HEIGHT, pixel_format)
    picture.take_updates(session.receive(WHOLE))
    assert picture.pixels == shown(machine, pixel_format)
    assert {rectangle[4] for rectangle in picture.rectangles} == {encoding}


def test_an_incremental_request_waits_until_something_changes(machine, session, clock):
    picture = Picture(WIDTH, HEIGHT)
    picture.take_updates(session.receive(WHOLE))
    assert session.receive(NEXT) == b""
    assert session.refresh() == b""
    clock.time += 1
    update = session.refresh()
    assert 0 < len(update) < 20_000, "only what changed"
    picture.take_updates(update)
    assert picture.pixels == shown(machine)
    clock.time += 1
    assert session.refresh() == b"", "nothing that was not asked for"


def test_a_key_is_echoed_at_once(machine, session):
    picture = Picture(WIDTH, HEIGHT)
    picture.take_updates(session.receive(WHOLE + NEXT))
    echo = session.receive(type_text("r"))
    picture.take_updates(echo)
    assert picture.pixels == shown(machine)
    assert "login: r" in machine.text
    assert (session.messages, session.input_events) == (4, 2)


def test_an_update_stays_inside_the_requested_area(machine, session, clock):
    session.receive(WHOLE)
    clock.time += 1  # the status line changes, at the bottom
    assert session.receive(request(0, 0, WIDTH, 300, incremental=True)) == b""
    update = session.receive(request(700, 380, 500, 500, incremental=True))
    picture = Picture(WIDTH, HEIGHT)
    picture.take_updates(update)
    part = request(10, 20, 30, 40, incremental=False)
    picture.rectangles.clear()
    picture.take_updates(session.receive(part))
    assert picture.rectangles == [(10, 20, 30, 40, RAW)]


def test_the_next_update_has_what_a_partial_one_left_out(machine, session, clock):
    picture = Picture(WIDTH, HEIGHT)
    picture.take_updates(session.receive(WHOLE))
    clock.time += 1
    session.receive(type_text("abc"))
    picture.take_updates(session.receive(request(0, 390, WIDTH, 10, incremental=True)))
    picture.take_updates(session.receive(NEXT))
    assert picture.pixels == shown(machine)


@pytest.mark.parametrize("area", [(0, 0, 0, 0), (720, 0, 10, 10), (0, 400, 10, 10), (65535, 65535, 65535, 65535)])
@pytest.mark.parametrize("incremental", [True, False])
def test_a_request_for_an_empty_area_counts_and_gets_no_answer(session, area, incremental):
    assert session.receive(request(*area, incremental=incremental)) == b""
    assert session.messages == 1
    assert session.unprompted_messages == 1, "it is what a viewer sends not to be idle"


def test_every_message_but_the_request_for_the_next_update_shows_activity(session, clock):
    session.receive(WHOLE)
    for _ in range(5):
        session.receive(NEXT)
        clock.time += 1
        assert session.refresh()
    assert session.unprompted_messages == 0
    session.receive(NEXT)
    session.receive(NEXT)
    assert session.unprompted_messages == 1, "the second came while the first was waiting"
    session.receive(key(0xFFE1, down=True))
    assert session.unprompted_messages == 2


def test_many_full_requests_at_once_get_one_answer(session):
    one = session.receive(WHOLE)
    assert len(session.receive(WHOLE * 500)) == len(one)


def test_the_cursors_shape_is_sent_once_when_offered(session):
    session.receive(set_encodings(RAW, CURSOR, 7))
    picture = Picture(WIDTH, HEIGHT)
    picture.take_updates(session.receive(WHOLE))
    assert [rectangle[4] for rectangle in picture.rectangles] == [CURSOR, RAW]
    picture.rectangles.clear()
    picture.take_updates(session.receive(WHOLE))
    assert [rectangle[4] for rectangle in picture.rectangles] == [RAW]


def test_qemu_keys_are_acknowledged_at_once_when_offered(machine, session):
    assert session.receive(set_encodings(RAW)) == b""
    picture = Picture(WIDTH, HEIGHT)
    picture.take_updates(session.receive(set_encodings(RAW, QEMU_KEYS)))
    assert picture.rectangles == [(0, 0, WIDTH, HEIGHT, QEMU_KEYS)]
    session.receive(struct.pack(">BBHII", 255, 0, 1, ord("Q"), 0x10))
    assert list(machine.received_keys) == [(ord("Q"), True)]


def test_the_first_picture_is_black_when_nobody_watched_and_the_true_one_follows(machine):
    machine.watchers = 0
    for _ in range(2):
        session = ScreenSession(machine, password=None, challenge=CHALLENGE)
        session.receive(b"RFB 003.008\n\1")
        session.receive(b"\1")
        first, second = session.receive(WHOLE), session.receive(NEXT)
        assert first[16:] == bytes(WIDTH * HEIGHT * 4)
        assert len(second) > 100_000
        session.leave()
    picture = Picture(WIDTH, HEIGHT)
    picture.take_updates(first + second)
    assert picture.pixels == shown(machine)


def test_a_client_that_follows_the_size_is_told_and_gets_the_new_picture(machine, session):
    session.receive(set_encodings(RAW, DESKTOP_SIZE))
    session.receive(WHOLE + NEXT)
    machine._display.width, machine._display.height = 640, 400
    picture = Picture(640, 400)
    picture.take_updates(session.refresh())
    assert picture.rectangles[0] == (0, 0, 640, 400, DESKTOP_SIZE)
    picture.take_updates(session.receive(request(0, 0, 640, 400, incremental=False)))
    assert None not in picture.pixels[399]


def test_a_client_that_does_not_follow_the_size_gets_what_both_have(machine, session):
    session.receive(WHOLE + NEXT)
    machine._display.width, machine._display.height = 640, 480
    picture = Picture(WIDTH, 480)
    picture.take_updates(session.refresh() + session.receive(WHOLE))
    assert picture.rectangles[-1] == (0, 0, 640, HEIGHT, RAW)


def test_a_cursor_is_as_long_as_its_size_says_in_8_bits_too(session):
    session.receive(set_pixel_format(FORMATS["8 bits"]) + set_encodings(RAW, CURSOR))
    Picture(WIDTH, HEIGHT, FORMATS["8 bits"]).take_updates(session.receive(WHOLE))


def test_the_clients_first_usable_encoding_is_taken(session):
    for offered, taken in (((7, ZRLE, RAW), ZRLE), ((RAW, ZRLE), RAW), ((ZLIB, ZRLE), ZLIB), ((7, 5), RAW), ((), RAW)):
        session.receive(set_encodings(*offered))
        update = session.receive(request(0, 0, 1, 1, incremental=False))
        assert struct.unpack_from(">i", update, 12) == (taken,)


def test_the_pointer_reaches_the_machine(machine, session):
    session.receive(pointer(5, 6, 1))
    assert machine.received_pointer == (5, 6, 1)
    assert session.input_events == 1


def test_keys_that_come_faster_than_qemu_takes_them_are_lost(machine, session, clock):
    session.receive(type_text("x") * 200)
    assert len(machine.received_keys) == 1 + 341  # one is taken at once
    clock.time += 0.1
    session.receive(type_text("x") * 10)
    assert len(machine.received_keys) == 1 + 351
    clock.time += 60
    for _ in range(500):
        clock.time += 0.012
        session.receive(key(ord("x"), down=True))
    assert len(machine.received_keys) == 1 + 851


@pytest.mark.parametrize(
    "message",
    [
        b"\x96" + bytes(9),  # EnableContinuousUpdates
        b"\xf8" + bytes(8),  # ClientFence
        b"\xfa\0\1\2",  # xvp
        b"\xff\1\0\0",  # QEMU audio
    ],
)
def test_what_qemu_does_not_offer_is_refused(session, message):
    with pytest.raises(RfbError, match="does not offer"):
        session.receive(message)


def test_clipboard_messages_are_ignored(machine, session):
    session.receive(struct.pack(">BxxxI", 6, 5) + b"hello" + type_text("x"))
    assert len(machine.received_keys) == 2


def test_a_machine_keeps_its_state_between_two_consoles_but_releases_keys(machine, session, clock):
    session.receive(type_text("ro") + key(0xFFE3, down=True))
    session.leave()
    second = ScreenSession(machine, password=None, challenge=CHALLENGE)
    second.receive(b"RFB 003.008\n\1")
    second.receive(b"\1" + type_text("ot"))
    clock.time += 1
    machine.draw()
    assert "login: root" in machine.text


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x63",
        b"\xff\x09",
        struct.pack(">BxxxI", 6, 2_000_000),
        set_pixel_format(replace(TRUE_COLOUR_32, is_true_colour=False)),
        set_pixel_format(replace(TRUE_COLOUR_32, red_shift=200)),
        set_pixel_format(replace(TRUE_COLOUR_32, bits_per_pixel=24)),
    ],
)
def test_garbage_is_refused(session, garbage):
    with pytest.raises(RfbError):
        session.receive(garbage)


def test_what_is_not_rfb_is_refused_in_the_handshake(machine):
    session = ScreenSession(machine, password=None, challenge=CHALLENGE)
    with pytest.raises(RfbError):
        session.receive(b"GET / HTTP/1.1\r\n\r\n")


STREAM = (
    b"RFB 003.008\n\1\1"
    + set_encodings(ZRLE, RAW, CURSOR)
    + WHOLE
    + type_text("root\nx\n")
    + struct.pack(">BxxxI", 6, 3)
    + b"cut"
    + pointer(9, 9, 0)
    + NEXT
    + type_text("echo hi\n")
)


@settings(max_examples=30)
@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_the_machine_gets_the_same_however_the_stream_is_split(cuts):
    clock = Clock()
    machine = Machine("web-1", "i-bp1234567890abcdefgh", "linux", clock)
    session = ScreenSession(machine, password=None, challenge=CHALLENGE)
    edges = sorted({0, *cuts, len(STREAM)})
    for start, end in itertools.pairwise(edges):
        session.receive(STREAM[start:end])
    clock.time += 1
    machine.draw()
    assert "# echo hi\nhi\n" in machine.text
    keys = 2 * len("root\nx\n" + "echo hi\n")
    assert (session.messages, session.input_events) == (keys + 5, keys + 1)
    assert session.authenticated


@pytest.mark.parametrize("os_type", ["linux", "windows"])
@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_no_input_raises_anything_but_an_rfb_error(os_type, data):
    machine = Machine("web-1", "i-bp1234567890abcdefgh", os_type, Clock())
    session = ScreenSession(machine, password=None, challenge=CHALLENGE)
    session.receive(b"RFB 003.008\n\1")
    session.receive(b"\1")
    with contextlib.suppress(RfbError):
        session.receive(data)
        session.refresh()


def test_a_login_screen_takes_at_most_20_kb_on_the_wire_of_our_own_client(machine):
    machine.watchers = 0
    server = ScreenSession(machine, password=None, challenge=CHALLENGE)
    client = ServerMessages(1)
    server.receive(b"RFB 003.008\n\1")
    sent = server.receive(requests.CLIENT_INIT + requests.set_pixel_format(RGB332) + requests.set_encodings(READABLE))
    sent += server.receive(WHOLE) + server.receive(NEXT)
    client.receive(sent)
    assert client.framebuffer.pixels == PixelWriter(RGB332).write(bytes(machine.framebuffer.pixels))
    assert client.encodings == {ZLIB, QEMU_KEYS, QEMU_LEDS}
    assert len(sent) < 20_000
