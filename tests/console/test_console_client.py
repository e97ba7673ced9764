"""A client of the embedded ECS's consoles, and of consoles that do what none should."""

import socket
import threading
import time
from dataclasses import replace

import pytest
from support.program import wait_until
from support.raw_console import RawConsole
from support.rfb_updates import QEMU_KEYS, QEMU_LEDS, RAW, ZLIB, raw, server_init, update

from ecsvnc.console.client import ConsoleClient, ConsoleOptions
from ecsvnc.errors import ConnectError, ConsoleError, CredentialsError, RfbError, StateError
from ecsvnc.rfb.client_messages import FRAMEBUFFER_UPDATE_REQUEST
from ecsvnc.rfb.pixel_format import RGB332, TRUE_COLOUR_32
from ecsvnc.simulator.consoles import CUT, IDLE
from ecsvnc.simulator.screen_encodings import PixelWriter
from ecsvnc.tickets.ticket import VncUrl

V3_8 = b"RFB 003.008\n"
OK = bytes(4)


@pytest.fixture
def machine(stage):
    return stage.ecs.consoles.machine(stage.instance.id)


def shown(machine, pixel_format=RGB332):
    return PixelWriter(pixel_format).write(bytes(machine.framebuffer.pixels))


def is_up_to_date(console, machine, pixel_format=RGB332):
    """Whether it becomes so: the cursor blinks and the clock ticks meanwhile."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        console.wait(0.1)
        with machine.lock:
            if bytes(console.framebuffer.pixels) == shown(machine, pixel_format):
                return True
    return False


# --- the screen


@pytest.mark.parametrize(("bytes_per_pixel", "pixel_format"), [(1, RGB332), (4, TRUE_COLOUR_32)])
def test_the_screen_is_shown_and_followed(stage, machine, bytes_per_pixel, pixel_format):
    with stage.client(bytes_per_pixel=bytes_per_pixel) as console:
        assert console.is_open
        console.settle()
        assert not console.framebuffer.is_one_colour, "not the first, black one"
        assert is_up_to_date(console, machine, pixel_format)
        version = console.version
        machine.key(ord("x"), is_down=True)
        console.settle()
        assert console.version > version
        assert is_up_to_date(console, machine, pixel_format)


def test_it_tells_what_the_console_is(stage):
    with stage.client() as console:
        console.settle()
        facts = console.facts
        assert 0 < console.round_trip_s() < 5
    assert facts.rfb_version == "RFB 003.008"
    assert (facts.security_types, facts.security_type) == ((1,), 1)
    assert (facts.width, facts.height, facts.name) == (720, 400, "web-1")
    assert facts.pixel_format == TRUE_COLOUR_32
    assert facts.encodings == (QEMU_LEDS, QEMU_KEYS, ZLIB)
    assert facts.has_extended_keys
    assert facts.subprotocol == "binary"
    assert facts.close_codes == ()


def test_a_console_that_changes_its_size_is_followed(stage, machine):
    with stage.client() as console:
        console.settle()
        machine._display.width, machine._display.height = 800, 600
        wait_until(lambda: console.wait(0.1) or console.framebuffer.width == 800)
        assert (console.framebuffer.width, console.framebuffer.height) == (800, 600)
        assert console.connections == 1


def test_waiting_ends_when_something_else_can_be_read(stage):
    near, far = socket.socketpair()
    with stage.client() as console, near, far:
        console.settle()
        far.send(b"a key of the user")
        deadline = time.monotonic() + 10
        while not (ready := console.wait(5, near)):
            assert time.monotonic() < deadline
        assert ready == {near}


# --- the keyboard


def test_keys_reach_the_machine(stage, machine):
    with stage.client() as console:
        for letter in "root\r":
            keysym = 0xFF0D if letter == "\r" else ord(letter)
            console.send_key(keysym, is_down=True)
            console.send_key(keysym, is_down=False)
        console.send_extended_key(ord("y"), 0x15, is_down=True)
        console.send_extended_key(ord("y"), 0x15, is_down=False)
        wait_until(lambda: console.wait(0.1) or "login: root" in machine.text)
        wait_until(lambda: console.wait(0.1) or machine.received_keys[-1] == (ord("y"), False))
        assert stage.session.screen.input_events == 12


def test_what_was_sent_last_arrives_and_all_keys_are_lifted_at_the_end(stage, machine):
    with stage.client() as console:
        console.send_key(0xFFE3, is_down=True)
        console.send_key(ord("a"), is_down=True)
    wait_until(lambda: not stage.session.is_open)
    assert list(machine.received_keys) == [(0xFFE3, True), (ord("a"), True)]
    machine.key(ord("b"), is_down=True)
    wait_until(lambda: machine.draw() or "login: b" in machine.text)  # Ctrl is not held any more


# --- connections that break


@pytest.mark.parametrize("ending", [CUT, IDLE])
def test_a_connection_that_breaks_is_taken_up_again_with_a_fresh_ticket(stage, machine, ending):
    with stage.client() as console:
        console.settle()
        console._console.connected_at_s -= 10  # it lasted long enough
        stage.ecs.consoles.end(stage.instance.id, ending)
        wait_until(lambda: console.wait(0.1) or console.connections == 2)
        assert not console.framebuffer.is_one_colour, "the last picture stays until there is a new one"
        console.settle()
        assert is_up_to_date(console, machine)
        assert console.facts.close_codes == (ending.code,)
    assert (stage.tickets, stage.claims) == (2, 2)
    assert stage.reporter.warnings == []


def test_no_key_is_sent_while_the_connection_is_broken(stage):
    with stage.client() as console:
        console._console.connected_at_s -= 10
        stage.failure = ConnectError("There is no network.")
        stage.ecs.consoles.end(stage.instance.id, CUT)
        wait_until(lambda: console.wait(0.1) or not console.is_open)
        with pytest.raises(ConsoleError, match="broken"):
            console.send_key(ord("a"), is_down=True)
        stage.failure = None
        wait_until(lambda: console.wait(0.1) or console.connections == 2)
        console.send_key(ord("a"), is_down=True)


def test_waiting_for_a_console_that_cannot_be_connected_again_yet_uses_no_processor(stage):
    with stage.client() as console:
        console._console.connected_at_s -= 10
        stage.failure = ConnectError("There is no network.")
        stage.ecs.consoles.end(stage.instance.id, CUT)
        wait_until(lambda: console.wait(0.1) or "There is no network." in console.failure)
        began_at_s = time.thread_time()
        console.process_for(1)
        assert time.thread_time() - began_at_s < 0.25


def test_another_session_that_took_the_console_is_not_fought(stage):
    with stage.client() as first, stage.client() as second, pytest.raises(ConsoleError, match="another session"):
        second.settle()
        first.process_for(10)
    assert stage.tickets == 2


def test_a_console_that_was_idle_for_too_long_is_not_taken_up_again(stage):
    with stage.client(keepalive_s=0.01, max_idle_s=0.05) as console:
        console.process_for(0.1)
        stage.ecs.consoles.end(stage.instance.id, IDLE)
        with pytest.raises(ConsoleError, match=r"No keys for .* \(--max-idle\)"):
            console.process_for(30)
    assert stage.tickets == 1


def test_an_instance_that_does_not_come_back_ends_it_with_the_reason(stage):
    with stage.client(reconnect_within_s=0.5) as console:
        console._console.connected_at_s -= 10
        stage.failure = StateError("The instance is stopped.", hint="Start it.")
        stage.ecs.consoles.end(stage.instance.id, CUT)
        with pytest.raises(StateError, match=r"is stopped\."):
            console.process_for(30)
    assert stage.tickets > 1


def test_the_first_connection_is_tried_once(stage):
    stage.failure = ConnectError("There is no network.")
    with pytest.raises(ConnectError), stage.client():
        pass
    assert stage.tickets == 1


# --- the password


def test_the_keyring_is_touched_only_if_the_console_asks(stage):
    stage.vnc_password = CredentialsError("The keyring is locked.")
    with stage.client() as console:
        console.settle()


def test_a_console_that_asks_for_a_password_gets_the_one_of_this_run_or_the_stored_one(stage):
    stage.ecs.fleet.get(stage.instance.id).vnc_password = "Ecs123"
    stage.vnc_password = "Ecs123"
    for options in ({}, {"vnc_password": "Ecs123"}):
        with stage.client(**options) as console:
            assert console.facts.security_types == (2,)
        stage.vnc_password = CredentialsError("The keyring is locked.")
    with pytest.raises(CredentialsError), stage.client():
        pass
    with pytest.raises(RfbError, match="rejected the VNC password"), stage.client(vnc_password="wrong1"):
        pass


# --- consoles that do what none should


@pytest.fixture
def client_of(stage, raw_server):
    """A client of a console that `serve(console)` plays from ServerInit on."""

    def make(serve, **options):
        def shake_hands(connection):
            console = RawConsole(connection, early=V3_8)
            for answer in (b"\1\1", OK):
                console.receive()
                console.send(answer)
            serve(console)

        address = VncUrl.parse(f"ws://127.0.0.1:{raw_server(shake_hands).port}/")
        return stage.client(take_ticket=lambda: replace(stage.take_ticket(), vnc_url=address), **options)

    return make


def hear_out(console):
    while console.receive():
        pass


def read_until(console, part):
    data = b""
    while part not in data:
        got = console.receive()
        assert got, data
        data += got
    return data


def test_hostile_updates_end_in_a_documented_error(client_of):
    def serve(console):
        console.send(server_init(8, 8) + update(raw(4, 4, 8, 8, bytes(64))))
        console.receive()

    with pytest.raises(RfbError, match="outside its screen") as caught, client_of(serve) as console:
        console.settle()
    assert "Use a VNC viewer" in caught.value.hint


def test_many_updates_that_nobody_asked_for_do_not_get_a_request_each(client_of):
    heard = []

    def serve(console):
        console.send(server_init(8, 8))
        read_until(console, bytes([FRAMEBUFFER_UPDATE_REQUEST, 0]))
        for _ in range(20):
            console.send(update(raw(0, 0, 1, 1, b"x")) * 100)
        console.send(update(raw(7, 7, 1, 1, b"x")))
        while data := console.receive():
            heard.append(data)

    with client_of(serve) as console:
        wait_until(lambda: console.wait(0.05) or console.framebuffer.pixels[-1:] == b"x")
        wait_until(lambda: console.wait(0.05) or heard)
    assert b"".join(heard).count(bytes([FRAMEBUFFER_UPDATE_REQUEST, 1, 0, 0])) < 100


def test_a_console_that_breaks_before_server_init_is_an_error_with_its_reason(client_of):
    def serve(console):
        console.close(1011, "out of memory")

    with pytest.raises(ConsoleError, match=r"internal error \(out of memory\)"), client_of(serve):
        pass


@pytest.mark.parametrize(
    ("said", "words"), [(b"", "did not answer"), (server_init(8, 8), "did not send its screen")], ids=["silent", "dark"]
)
def test_a_console_without_server_init_or_without_a_picture_is_an_error(client_of, said, words):
    def serve(console):
        if said:
            console.send(said)
        hear_out(console)

    with pytest.raises(ConsoleError, match=words), client_of(serve, answer_within_s=1.0) as console:
        console.settle()


def test_an_idle_console_is_kept_open_with_its_last_request(client_of):
    heard = []

    def serve(console):
        console.send(server_init(8, 8))
        while data := console.receive():
            heard.append(data)

    request = bytes([FRAMEBUFFER_UPDATE_REQUEST, 0, 0, 0, 0, 0, 0, 8, 0, 8])
    with client_of(serve, keepalive_s=0.05) as console:
        wait_until(lambda: console.wait(0.05) or b"".join(heard).count(request) >= 3)


def test_a_screen_of_a_server_that_knows_nothing_but_raw_is_read(client_of):
    def serve(console):
        console.send(server_init(8, 8))
        read_until(console, bytes([FRAMEBUFFER_UPDATE_REQUEST, 0]))
        console.send(update(raw(0, 0, 8, 8, b"\xb6" * 63 + b"\0")))
        read_until(console, bytes([FRAMEBUFFER_UPDATE_REQUEST, 1]))
        console.send(update(raw(7, 7, 1, 1, b"\xe0")))
        hear_out(console)

    with client_of(serve) as console:
        console.settle()
        assert console.framebuffer.pixels == b"\xb6" * 63 + b"\xe0"
        assert console.facts.encodings == (RAW,)
        assert not console.has_extended_keys


@pytest.mark.parametrize("colour", [b"\0\0\0\0", b"\xff\xff\xff\0", b"\x02\x01\x03\0"])
def test_a_server_of_raw_pixels_that_ignores_the_format_is_converted(stage, client_of, colour):
    last = b"\x40\x80\xff\0"

    def serve(console):
        console.send(server_init(8, 8))
        read_until(console, bytes([FRAMEBUFFER_UPDATE_REQUEST, 0]))
        console.send(update(raw(0, 0, 8, 4, colour * 32), raw(0, 4, 8, 4, colour * 31 + last)))
        hear_out(console)

    with client_of(serve) as console:
        console.settle()
        assert console.framebuffer.pixels[-1:] == bytes([0b111_100_01])
        assert len(set(console.framebuffer.pixels)) == 2
    assert stage.tickets == 2


def test_the_ticket_is_in_none_of_its_words(stage, raw_server):
    def serve(connection):
        console = RawConsole(connection, early=V3_8)
        for answer in (b"\1\1", OK):
            console.receive()
            console.send(answer)
        console.close(1008, "Dvh%2FIA%2BYc73kQ0aPz41 is used")

    address = VncUrl.parse(f"ws://127.0.0.1:{raw_server(serve).port}/websockify/?s=Dvh%2FIA%2BYc73kQ0aPz41")
    client = stage.client(take_ticket=lambda: replace(stage.take_ticket(), vnc_url=address))
    with pytest.raises(ConsoleError, match=r"\[redacted\] is used"), client:
        pass


def test_a_client_that_was_never_connected_can_be_closed(stage):
    go_on = threading.Event()
    tickets, given = stage.given(claim=lambda is_over: go_on.wait(10) and not is_over())
    client = ConsoleClient(tickets, ConsoleOptions(max_idle_s=3600.0), **given)
    client.wait(0.05)
    client.close()
    go_on.set()
    assert stage.tickets == 0
