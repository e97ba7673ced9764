"""What goes wrong on the console's side: bounded, told on one line, and the proxy stays up."""

import contextlib
import socket
import ssl
import struct
import threading
import tracemalloc
from dataclasses import replace

import pytest
from benchmarks.relay import measure
from support.program import wait_until
from support.proxy_stage import PASSWORD
from support.raw_console import RawConsole
from support.rfb_viewer import RfbViewer

from ecsvnc.background import in_background
from ecsvnc.errors import RfbError
from ecsvnc.rfb.handshake import ServerHandshake, State
from ecsvnc.rfb.pixel_format import TRUE_COLOUR_32
from ecsvnc.rfb.server_init import ServerInit
from ecsvnc.tickets.ticket import VncUrl

SERVER_INIT = ServerInit(640, 480, TRUE_COLOUR_32, "raw").encode()


def opened(connection):
    """A console that a viewer has got into: it has sent its ServerInit."""
    console = RawConsole(connection)
    handshake = ServerHandshake(password=None, challenge=b"")
    console.send(handshake.greeting())
    while not handshake.is_done:
        answer = handshake.receive(console.receive())
        if handshake.state is State.VERDICT:
            answer += handshake.accept()
        if answer:
            console.send(answer)
    console.receive()
    console.send(SERVER_INIT)
    return console


@pytest.fixture
def proxy_to(stage, raw_server):
    """A proxy to consoles that do what `serve(connection)` does; then it must still serve good ones."""

    def make(serve, tls=None, **options):
        server = raw_server(serve, tls)
        good = stage.take_ticket
        scheme, host = ("wss", "localhost") if tls else ("ws", "127.0.0.1")
        address = VncUrl.parse(f"{scheme}://{host}:{server.port}/")
        stage.is_bad = True

        def take_ticket():
            return replace(good(), vnc_url=address) if stage.is_bad else good()

        return stage.proxy(take_ticket=take_ticket, **options)

    return make


def assert_stays_up(stage, proxy):
    stage.is_bad = False
    wait_until(lambda: not proxy.is_occupied)
    with RfbViewer(proxy.port, PASSWORD) as viewer:
        assert viewer.open().name == "web-1"


@pytest.mark.parametrize(
    "greeting",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\0" * 5000,
        b"RFB 003.008\n\x00\xff\xff\xff\xff" + b"x" * 4000,
        b"RFB 003.008\n\x01\x13",
        b"RFB 003.008\n\x01\x01\x00\x00\x00\x01\x00\x00\x00\x02no",
        b"RFB 003.003\n\xde\xad\xbe\xef",
    ],
)
def test_garbage_instead_of_the_console_s_handshake(stage, proxy_to, greeting):
    def serve(connection):
        console = RawConsole(connection, early=greeting)
        while console.receive():
            pass

    proxy = proxy_to(serve)
    with RfbViewer(proxy.port, PASSWORD) as viewer, pytest.raises(RfbError):
        viewer.open()
    wait_until(lambda: stage.reporter.warnings)
    assert len(stage.reporter.warnings) == 1
    assert stage.reporter.warnings[0].startswith("No console for the viewer: ")
    assert len(stage.reporter.warnings[0]) < 2000
    assert_stays_up(stage, proxy)


def test_a_console_that_closes_during_the_handshake(stage, proxy_to):
    proxy = proxy_to(lambda connection: RawConsole(connection, early=b"RFB 003.008\n").close(4002, "stopped"))
    with RfbViewer(proxy.port, PASSWORD) as viewer, pytest.raises(RfbError, match="the instance was stopped"):
        viewer.open()
    assert_stays_up(stage, proxy)


def test_garbage_after_the_handshake_is_left_to_the_viewer(stage, proxy_to):
    proxy = proxy_to(lambda connection: opened(connection).send(b"\xff" * 1000))
    with RfbViewer(proxy.port, PASSWORD) as viewer:
        viewer.open()
        assert viewer.read_to_end() == b"\xff" * 1000
    assert_stays_up(stage, proxy)


@pytest.mark.parametrize(
    ("break_off", "words"),
    [
        (lambda console: console.connection.close(), "was lost"),
        (lambda console: _reset(console.connection), "was lost"),
        (lambda console: console.connection.sendall(b"\xff" * 100), "is not WebSocket"),
        (lambda console: console.connection.sendall(b"\x82\x7f" + b"\x7f" * 8), "is not WebSocket"),
        (lambda console: console.close(4001), "another session took it over"),
    ],
)
def test_a_console_that_breaks_off_mid_stream(stage, proxy_to, break_off, words):
    def serve(connection):
        console = opened(connection)
        console.send(b"a part of the scr")
        break_off(console)
        with contextlib.suppress(OSError):
            while connection.recv(1000):
                pass

    proxy = proxy_to(serve)
    with RfbViewer(proxy.port, PASSWORD) as viewer:
        viewer.open()
        assert viewer.read_to_end() in (b"a part of the scr", b"")
    wait_until(lambda: stage.reporter.warnings)
    assert [words in text for text in stage.reporter.warnings] == [True]
    assert_stays_up(stage, proxy)


def _reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_tls_that_is_cut(stage, proxy_to, vnc_authority):
    def serve(connection):
        opened(connection)
        raw = socket.socket(fileno=connection.detach())  # the TLS layer says no goodbye
        raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        raw.close()

    stage.runtime.environ["SSL_CERT_FILE"] = str(vnc_authority.pem)
    proxy = proxy_to(serve, vnc_authority.server_context("localhost"))
    with RfbViewer(proxy.port, PASSWORD) as viewer:
        viewer.open()
        viewer.read_to_end()
    wait_until(lambda: stage.reporter.warnings)
    assert len(stage.reporter.warnings) == 1
    assert "TLS" in stage.reporter.warnings[0]
    assert_stays_up(stage, proxy)


def test_over_tls_large_and_small_pieces_arrive_whole(stage, proxy_to, vnc_authority):
    sent = bytes(range(256)) * 8192

    def serve(connection):
        console = opened(connection)
        for start in range(0, len(sent), 70_000):
            console.send(sent[start : start + 70_000])
        console.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            while connection.recv(1000):
                pass

    stage.runtime.environ["SSL_CERT_FILE"] = str(vnc_authority.pem)
    proxy = proxy_to(serve, vnc_authority.server_context("localhost"))
    with RfbViewer(proxy.port, PASSWORD) as viewer:
        viewer.open()
        assert viewer.read_to_end() == sent


@pytest.mark.parametrize("stalled_s", [3.0, pytest.param(60.0, marks=pytest.mark.full)])
def test_a_viewer_that_does_not_read_stops_the_console_and_nothing_piles_up(stage, proxy_to, stalled_s):
    sent = []
    is_stuck = threading.Event()

    def serve(connection):
        console = opened(connection)
        connection.settimeout(stalled_s)
        with contextlib.suppress(TimeoutError):
            while sum(sent) < 512 * 1024 * 1024:
                console.send(bytes(65536))
                sent.append(65536)
        is_stuck.set()

    proxy = proxy_to(serve)
    with RfbViewer(proxy.port, PASSWORD) as viewer:
        viewer.open()
        assert is_stuck.wait(stalled_s + 30)
        assert sum(sent) < 64 * 1024 * 1024, "what the system's buffers hold"
        assert proxy.is_occupied, "it is waited for"
    assert_stays_up(stage, proxy)


@pytest.mark.parametrize("is_before_handshake", [True, False])
def test_a_console_that_pings_and_does_not_read_makes_nothing_pile_up(stage, proxy_to, is_before_handshake):
    ping = b"\x89\x7d" + bytes(125)
    done = threading.Event()

    def serve(connection):
        RawConsole(connection) if is_before_handshake else opened(connection)
        for _ in range(40):
            connection.sendall(ping * 1000)
        done.set()

    proxy = proxy_to(serve)
    with RfbViewer(proxy.port, PASSWORD) as viewer, contextlib.ExitStack() as stack:
        opening = in_background(viewer.open)
        if not is_before_handshake:
            opening.result(10)
        tracemalloc.start()
        stack.callback(tracemalloc.stop)
        assert done.wait(60)
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024, "40,000 pongs would take 6 MB and more"
        viewer.sock.shutdown(socket.SHUT_RDWR)
        opening.exception(10)
    assert_stays_up(stage, proxy)


def test_the_memory_does_not_grow_with_what_is_relayed():
    figures = measure("relay", 64 * 1024, 128 * 1024 * 1024)
    assert figures["memory"] < 30


def test_a_message_is_passed_on_without_waiting_for_the_next(stage, proxy_to):
    went_on = threading.Event()

    def serve(connection):
        console = opened(connection)
        for _ in range(3):
            console.send(b"x" * 100)
            assert went_on.wait(30)
            went_on.clear()

    proxy = proxy_to(serve)
    with RfbViewer(proxy.port, PASSWORD) as viewer:
        viewer.open()
        for _ in range(3):
            got = b""
            while len(got) < 100:
                got += viewer.sock.recv(100)
            went_on.set()
