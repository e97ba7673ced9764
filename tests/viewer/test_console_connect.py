"""While a viewer waits for its console: it may leave, another may take its place, and then nothing is used up."""

import contextlib
import socket
import threading
import time
from dataclasses import replace

import pytest
from support.program import wait_until
from support.proxy_stage import PASSWORD
from support.raw_console import RawConsole
from support.rfb_viewer import RfbViewer
from support.vnc_client import key

from ecsvnc.background import in_background
from ecsvnc.errors import CredentialsError, RfbError
from ecsvnc.rfb.vnc_auth import CHALLENGE_BYTES
from ecsvnc.tickets.ticket import VncUrl

V3_8 = b"RFB 003.008\n"
OK = bytes(4)


class Waiting:
    """A viewer that has given the password and waits. `console` is the future of its ServerInit."""

    def __init__(self, server, password=PASSWORD):
        before = server.viewers_with_password
        self.viewer = RfbViewer(server.port, password)
        self.console = in_background(self.viewer.open)
        wait_until(lambda: server.viewers_with_password > before)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()

    def leave(self):
        with contextlib.suppress(OSError):
            self.viewer.sock.shutdown(socket.SHUT_RDWR)
        self.console.exception(10)
        self.viewer.sock.close()


class Slow:
    """Does what it stands for when it is told to, or not at all once it is over; from the second time on, at once."""

    def __init__(self, work):
        self._work = work
        self.calls = 0
        self.go_on = threading.Event()
        self.ended = threading.Event()

    def __call__(self, *arguments):
        self.calls += 1
        if self.calls > 1:
            return self._work(*arguments)
        try:
            if not arguments:
                assert self.go_on.wait(30)
                return self._work()
            (is_over,) = arguments
            while not is_over():
                if self.go_on.wait(0.02):
                    return self._work(is_over)
            return False
        finally:
            self.ended.set()


@pytest.fixture(params=["claim", "take_ticket"])
def slow(request, stage):
    """The step that blocks, and the proxy's argument for it."""
    step = Slow(getattr(stage, request.param))
    step.argument = {request.param: step}
    yield step
    step.go_on.set()


def test_a_new_viewer_takes_over_from_one_that_waits_for_its_console(stage, slow):
    server = stage.proxy(takes_over=True, **slow.argument)
    with Waiting(server) as first:
        wait_until(lambda: slow.calls)
        with RfbViewer(server.port, PASSWORD) as second:
            assert second.open().name == "web-1"
            with pytest.raises(RfbError, match="Another viewer took over"):
                first.console.result(10)
            slow.go_on.set()
            assert slow.ended.wait(10)
            second.sock.sendall(key(0x61, down=True))
            wait_until(lambda: stage.session.screen.input_events == 1)
        assert len(stage.ecs.consoles.sessions) == 1
    assert stage.reporter.warnings == []
    assert "Another viewer took over." in stage.reporter.details


def test_of_several_that_take_over_from_each_other_one_gets_the_console(stage, slow):
    server = stage.proxy(takes_over=True, **slow.argument)
    with Waiting(server), contextlib.ExitStack() as others:
        wait_until(lambda: slow.calls)
        viewers = [others.enter_context(RfbViewer(server.port, PASSWORD)) for _ in range(5)]
        outcomes = [console.exception(20) for console in [in_background(viewer.open) for viewer in viewers]]
    assert None in outcomes
    assert not any("--take-over" in text for text in stage.reporter.warnings)


def test_a_viewer_that_leaves_while_it_waits_is_replaced_at_once(stage, slow):
    server = stage.proxy(**slow.argument)
    with Waiting(server):
        wait_until(lambda: slow.calls)
    wait_until(lambda: not server.is_occupied)
    assert not slow.go_on.is_set()
    with RfbViewer(server.port, PASSWORD) as viewer:
        assert viewer.open().name == "web-1"
    assert stage.reporter.warnings == []


def test_no_console_is_opened_for_a_viewer_that_has_left(stage, slow):
    server = stage.proxy(**slow.argument)
    with Waiting(server):
        wait_until(lambda: slow.calls)
    wait_until(lambda: not server.is_occupied)
    slow.go_on.set()
    assert slow.ended.wait(10)
    wait_until(lambda: not connecting_threads())
    assert len(stage.ecs.consoles.sessions) == 0
    assert stage.tickets <= stage.claims
    assert "The viewer disconnected before its console was connected." in stage.reporter.details


def test_a_viewer_that_sent_data_and_then_left_is_noticed(stage, slow):
    """RFB 3.3 without a password: the viewer goes on without waiting for anything."""
    server = stage.proxy(asks_password=False, **slow.argument)
    with RfbViewer(server.port) as viewer:
        viewer.sock.sendall(b"RFB 003.003\n\x01" + key(0x61, down=True))
        wait_until(lambda: slow.calls)
    wait_until(lambda: not server.is_occupied)
    assert not slow.go_on.is_set()


def test_what_a_viewer_sends_while_it_waits_reaches_the_console(stage, slow):
    server = stage.proxy(asks_password=False, **slow.argument)
    with RfbViewer(server.port) as viewer:
        viewer.sock.sendall(b"RFB 003.003\n\x01")
        wait_until(lambda: slow.calls)
        viewer.sock.sendall(key(0x61, down=True))
        wait_until(lambda: any(thread.name == "connection" for thread in threading.enumerate()))
        viewer.sock.sendall(key(0x61, down=False))
        slow.go_on.set()
        wait_until(lambda: stage.ecs.consoles.sessions and stage.session.screen.input_events == 2)


def test_stopping_ends_a_viewer_that_waits(stage, slow):
    server = stage.proxy(**slow.argument)
    with Waiting(server) as first:
        wait_until(lambda: slow.calls)
        server.stop()
        assert not server.is_occupied
        with pytest.raises((RfbError, ConnectionError)):
            first.console.result(10)


def test_connecting_a_console_is_cancelled_when_the_viewer_leaves(stage, raw_server):
    is_asked, is_hung_up = threading.Event(), threading.Event()

    def serve(connection):
        connection.recv(4096)
        is_asked.set()
        assert connection.recv(4096) == b""
        is_hung_up.set()

    elsewhere = VncUrl.parse(f"ws://127.0.0.1:{raw_server(serve).port}/")
    server = stage.proxy(take_ticket=lambda: replace(stage.take_ticket(), vnc_url=elsewhere))
    with Waiting(server):
        assert is_asked.wait(10)
    assert is_hung_up.wait(10)
    wait_until(lambda: not connecting_threads())
    assert stage.reporter.warnings == []


def connecting_threads():
    return [thread for thread in threading.enumerate() if thread.name == "console-connect"]


# --- the console's handshake


def asking_for_a_password(connection):
    console = RawConsole(connection, early=V3_8)
    for answer in (b"\x01\x02", bytes(CHALLENGE_BYTES), OK):
        if console.receive():
            console.send(answer)
    console.receive()


def proxy_to(stage, server, path="", **options):
    address = VncUrl.parse(f"ws://127.0.0.1:{server.port}/{path}")
    return stage.proxy(take_ticket=lambda: replace(stage.take_ticket(), vnc_url=address), **options)


@pytest.mark.parametrize("failure", [CredentialsError("The keyring is locked.", hint="Unlock it."), OSError("bug")])
def test_a_failing_keyring_does_not_prevent_a_console_without_a_password(stage, failure):
    stage.vnc_password = failure
    with RfbViewer(stage.proxy().port, PASSWORD) as viewer:
        assert viewer.open().name == "web-1"


def test_a_failing_keyring_is_reported_if_the_console_requires_a_password(stage, raw_server):
    stage.vnc_password = CredentialsError("The keyring is locked.", hint="Unlock it.")
    server = proxy_to(stage, raw_server(asking_for_a_password))
    with RfbViewer(server.port, PASSWORD) as viewer, pytest.raises(RfbError, match=r"The keyring is locked\."):
        viewer.open()


def test_time_spent_on_the_keyring_does_not_count_against_the_console(stage, raw_server):
    offset_s = 0.0
    stage.runtime = replace(stage.runtime, monotonic=lambda: time.monotonic() + offset_s)

    def unlocked_in_the_end():
        nonlocal offset_s
        offset_s += 60
        return "Ecs123"

    stage.vnc_password = unlocked_in_the_end
    server = proxy_to(stage, raw_server(asking_for_a_password))
    with RfbViewer(server.port, PASSWORD) as viewer:
        viewer.shake_hands()


TICKET = "Dvh%2FIA%2BYc73kQ0aPz41"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("ticket Dvh%2FIA%2BYc73kQ0aPz41 is used", "ticket [redacted] is used."),
        ("ticket Dvh/IA+Yc73kQ0aPz41: used", "ticket [redacted]: used."),
        ("see wss://a.example.com/?s=abc now", "see [redacted] now."),
    ],
)
def test_a_ticket_that_the_console_repeats_is_not_shown(stage, raw_server, words, shown):
    def serve(connection):
        console = RawConsole(connection, early=V3_8)
        console.receive()
        console.send(b"\0" + len(words).to_bytes(4, "big") + words.encode())

    server = proxy_to(stage, raw_server(serve), f"websockify/?s={TICKET}")
    with RfbViewer(server.port, PASSWORD) as viewer, pytest.raises(RfbError) as caught:
        viewer.open()
    assert f"refused the connection: {shown}" in caught.value.what
    wait_until(lambda: stage.reporter.warnings)
    for said in (caught.value.what, *stage.reporter.warnings, *stage.reporter.details):
        assert "Dvh" not in said
        assert "wss:" not in said


@pytest.mark.parametrize("is_open", [False, True])
def test_a_ticket_in_the_reason_for_a_close_is_not_shown(stage, raw_server, is_open):
    def serve(connection):
        console = RawConsole(connection, early=V3_8)
        for answer in (b"\x01\x01", OK)[: 2 if is_open else 0]:
            assert console.receive()
            console.send(answer)
        console.close(1008, f"{TICKET} is no good")

    server = proxy_to(stage, raw_server(serve), f"websockify/?s={TICKET}")
    with RfbViewer(server.port, PASSWORD) as viewer, contextlib.suppress(RfbError, ConnectionError):
        viewer.open()
    wait_until(lambda: stage.reporter.warnings)
    (said,) = stage.reporter.warnings
    assert "([redacted] is no good)" in said
    assert said.count("Connect again") == 1
