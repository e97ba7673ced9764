"""The consoles' WebSocket, through real sockets; the clock is the test's, so nothing is waited for."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from support.ecs.extended import ExtendedEcs
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from ecsvnc.simulator import consoles
from ecsvnc.simulator.tickets import vnc_url

FAST_INPUT = b"\x04\x01\x00\x00\x00\x00\x00a"
UPDATE_REQUEST = b"\x03\x00\x00\x00\x00\x00\x02\xd0\x01\x90"
EMPTY_UPDATE_REQUEST = b"\x03\x01\x00\x00\x00\x00\x00\x00\x00\x00"


@pytest.fixture
def web(ecs):
    return ecs.fleet.named("web-1")


@pytest.fixture
def ws_url(caller, web):
    """Take a ticket, as the API gives it."""

    def ws_url():
        parameters = {"RegionId": web.region_id, "InstanceId": web.id}
        return unquote(caller.acs3("DescribeInstanceVncUrl", parameters).json["VncUrl"])

    return ws_url


@contextlib.contextmanager
def opened(url, subprotocols=("binary",)):
    with connect(url, subprotocols=subprotocols, compression=None, proxy=None, max_size=None) as websocket:
        yield websocket


@contextlib.contextmanager
def shown(url):
    """A console whose RFB handshake is done."""
    with opened(url) as websocket:
        assert websocket.recv(10) == b"RFB 003.008\n"
        websocket.send(b"RFB 003.008\n")
        assert websocket.recv(10) == b"\x01\x01", "one security type: None"
        websocket.send(b"\x01")
        assert websocket.recv(10) == b"\x00\x00\x00\x00"
        websocket.send(b"\x01")
        assert websocket.recv(10).endswith(b"web-1")
        yield websocket


def refusal(url, **options):
    with pytest.raises(InvalidStatus) as refused, opened(url, **options):
        pass
    response = refused.value.response
    return response.status_code, response.body.decode()


def handshake(url, subprotocols):
    """The answer to a WebSocket handshake that was written by hand; `subprotocols` is the header's value, if any."""
    parts = urlsplit(url)
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    if subprotocols is not None:
        headers["Sec-WebSocket-Protocol"] = subprotocols
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        return connection.getresponse()
    finally:
        connection.close()


def ending(websocket):
    """Read to the end, and return the close code and reason."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            websocket.recv(10)
    return closed.value.rcvd and (closed.value.rcvd.code, closed.value.rcvd.reason)


def picture(websocket):
    """Read one whole update in the raw encoding, and return its frames' sizes."""
    sizes = []
    while sum(sizes) < 4 + 12 + 720 * 400 * 4:
        sizes.append(len(websocket.recv(10)))
    return sizes


class TestTheTicket:
    def test_it_opens_a_console_that_shows_the_instance(self, ws_url, ecs):
        with shown(ws_url()) as websocket:
            websocket.send(UPDATE_REQUEST)
            assert max(picture(websocket)) <= 64 * 1024, "no frame is larger"
            assert ecs.consoles.open_sessions == len(ecs.consoles.sessions) == 1

    def test_it_opens_nothing_twice(self, ws_url):
        url = ws_url()
        with opened(url):
            assert refusal(url) == (403, "ticket already used\n")

    def test_it_opens_nothing_after_16_seconds(self, ws_url, scene):
        url = ws_url()
        scene.sleep(16)
        assert refusal(url) == (403, "ticket expired\n")

    def test_it_opens_a_console_after_14_seconds(self, ws_url, scene):
        url = ws_url()
        scene.sleep(14)
        with opened(url) as websocket:
            assert websocket.recv(10) == b"RFB 003.008\n"

    @pytest.mark.parametrize("query", ["", "?s=", "?s=made-up", "?s=a&s=b", "?t=a"])
    def test_without_one_there_is_no_console(self, ecs, query):
        assert refusal(f"ws://127.0.0.1:{ecs.port}/websockify/{query}") == (403, "unknown ticket\n")

    @pytest.mark.parametrize("path", ["/websockify", "/websockify/x", "/websockify2/", "/"])
    def test_it_opens_nothing_elsewhere(self, ws_url, path):
        url = ws_url()
        assert refusal(url.replace("/websockify/", path))[0] in {400, 404}
        with opened(url) as websocket:
            assert websocket.recv(10) == b"RFB 003.008\n", "nor is it used up there"

    def test_it_shows_nothing_once_its_instance_is_stopped(self, ws_url, web):
        url = ws_url()
        web.status = "Stopped"
        with opened(url) as websocket:
            assert ending(websocket) == (4002, "instance stopped")

    def test_it_opens_nothing_once_its_instance_is_released(self, ws_url, ecs, web):
        url = ws_url()
        ecs.fleet.remove(web.id)
        assert refusal(url) == (403, "instance is gone\n")


class TestTheSubprotocol:
    @pytest.mark.parametrize(
        ("offer", "answer", "subprotocol"),
        [
            (None, 101, None),  # noVNC offers none by default
            ("binary", 101, "binary"),
            ("chat, binary", 101, "binary"),
            ("base64", 400, None),
            ("chat, binary2", 400, None),
        ],
    )
    def test_none_and_binary_are_accepted_and_nothing_else(self, ws_url, offer, answer, subprotocol):
        response = handshake(ws_url(), offer)
        assert response.status == answer
        assert response.getheader("Sec-WebSocket-Protocol") == subprotocol

    def test_without_one_the_console_is_the_same(self, ws_url):
        with opened(ws_url(), subprotocols=None) as websocket:
            assert websocket.subprotocol is None
            assert websocket.recv(10) == b"RFB 003.008\n"

    def test_a_refused_subprotocol_does_not_use_the_ticket(self, ws_url):
        url = ws_url()
        refusal(url, subprotocols=["chat"])
        with opened(url, subprotocols=["chat", "binary"]) as websocket:
            assert websocket.subprotocol == "binary"

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_plain_request_is_no_websocket(self, caller, method):
        reply = caller.send(method, "/websockify/?s=x", [("host", "127.0.0.1")])
        assert reply.status in {405, 426}


class TestTheEnd:
    def test_an_idle_console_is_closed(self, ws_url, scene):
        with shown(ws_url()) as websocket:
            scene.sleep(300)
            assert ending(websocket) == (4000, "idle")

    def test_a_console_without_a_finished_handshake_is_idle_too(self, ws_url, scene):
        with opened(ws_url()) as websocket:
            scene.sleep(300)
            assert ending(websocket) == (4000, "idle")

    @pytest.mark.parametrize("message", [FAST_INPUT, EMPTY_UPDATE_REQUEST], ids=["a key", "an empty update request"])
    def test_any_message_keeps_it_open(self, ws_url, scene, message):
        with shown(ws_url()) as websocket:
            for _ in range(3):
                scene.sleep(200)
                websocket.send(message + UPDATE_REQUEST)
                picture(websocket)
            websocket.ping().wait(10)
            assert websocket.close_code is None

    def test_pings_do_not(self, ws_url, scene):
        with shown(ws_url()) as websocket:
            scene.sleep(200)
            assert websocket.ping().wait(10)
            scene.sleep(100)
            assert ending(websocket) == (4000, "idle")

    def test_a_newer_session_takes_the_console(self, ws_url, ecs):
        with shown(ws_url()) as earlier, shown(ws_url()) as newer:
            assert ending(earlier) == (4001, "another session took this console")
            assert newer.ping().wait(10)
        assert [each.ending for each in ecs.consoles.sessions] == [consoles.TAKEN_OVER, None]

    def test_two_instances_have_separate_consoles(self, ws_url, ecs, caller):
        dup = ecs.fleet.named("dup")
        parameters = {"RegionId": dup.region_id, "InstanceId": dup.id}
        other = unquote(caller.acs3("DescribeInstanceVncUrl", parameters).json["VncUrl"])
        with shown(ws_url()) as one, opened(other) as two:
            assert two.recv(10) == b"RFB 003.008\n"
            assert one.ping().wait(10)
            assert ecs.consoles.open_sessions == 2

    def test_a_stopped_instance_has_no_console(self, ws_url, web):
        with shown(ws_url()) as websocket:
            web.status = "Stopped"
            assert ending(websocket) == (4002, "instance stopped")

    def test_a_released_instance_has_no_console(self, ws_url, ecs, web):
        with shown(ws_url()) as websocket:
            ecs.fleet.remove(web.id)
            assert ending(websocket) == (4002, "instance stopped")

    def test_text_frames_are_refused(self, ws_url):
        with shown(ws_url()) as websocket:
            websocket.send("text")
            assert ending(websocket) == (1003, "only binary frames")

    @pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 64, b"\xff" * 100_000])
    def test_garbage_is_refused(self, ws_url, garbage):
        with opened(ws_url()) as websocket:
            websocket.send(garbage)
            assert ending(websocket) == (1002, "not RFB")

    def test_a_message_too_large_is_refused(self, ws_url):
        with shown(ws_url()) as websocket:
            with contextlib.suppress(ConnectionClosed):
                websocket.send(b"\x00" * (1024 * 1024 + 1))
            assert ending(websocket)[0] == 1009

    def test_fragments_are_one_stream(self, ws_url, ecs, web):
        with shown(ws_url()) as websocket:
            websocket.send([FAST_INPUT[:3], FAST_INPUT[3:], UPDATE_REQUEST[:1], UPDATE_REQUEST[1:]])
            picture(websocket)
            assert ecs.consoles.machine(web.id).received_keys[-1] == (ord("a"), True)

    def test_it_can_be_cut_without_a_close_frame(self, ws_url, ecs, web):
        with shown(ws_url()) as websocket:
            ecs.consoles.end(web.id, consoles.CUT)
            assert ending(websocket) is None

    def test_a_stopping_service_sends_a_close_code(self, runtime):
        real = replace(runtime, monotonic=time.monotonic, sleep=time.sleep)
        ecs = ExtendedEcs(real)
        ecs.start()
        token = ecs.tickets.issue(ecs.fleet.named("web-1").id)
        with shown(unquote(vnc_url(ecs.origin, token))) as websocket:
            stopping = threading.Thread(target=ecs.stop)
            stopping.start()
            assert ending(websocket) == (1001, "the embedded ECS ends")
            stopping.join(10)

    def test_a_client_that_disconnects_is_detached(self, ws_url, ecs):
        with shown(ws_url()) as websocket:
            websocket.socket.shutdown(socket.SHUT_RDWR)
        until(lambda: ecs.consoles.open_sessions == 0)


class TestTheVncPassword:
    def test_it_is_required_where_there_is_one(self, ws_url, web):
        web.vnc_password = "abc123"
        with opened(ws_url()) as websocket:
            websocket.recv(10)
            websocket.send(b"RFB 003.008\n")
            assert websocket.recv(10) == b"\x01\x02", "one security type: VNC authentication"

    def test_a_wrong_one_is_reported_and_closes_the_console(self, ws_url, web):
        web.vnc_password = "abc123"
        with opened(ws_url()) as websocket:
            websocket.recv(10)
            websocket.send(b"RFB 003.008\n")
            websocket.recv(10)
            websocket.send(b"\x02")
            assert len(websocket.recv(10)) == 16
            websocket.send(b"\x00" * 16)
            assert websocket.recv(10).startswith(b"\x00\x00\x00\x01")
            assert ending(websocket) == (1008, "VNC authentication failed")


class TestTheLimit:
    def test_thirty_a_minute_to_one_instance(self, ecs, web, ws_url, scene):
        for _ in range(30):
            ecs.consoles.detach(ecs.consoles.attach(web.id))
            scene.sleep(1)
        assert refusal(ws_url()) == (429, "too many connections to this console\n")
        scene.sleep(31)
        with opened(ws_url()) as websocket:
            assert websocket.recv(10) == b"RFB 003.008\n"

    def test_other_instances_are_not_affected(self, ecs, web):
        for _ in range(30):
            ecs.consoles.detach(ecs.consoles.attach(web.id))
        assert ecs.consoles.attach(ecs.fleet.named("win-1").id)
        with pytest.raises(consoles.TooManyConnectionsError):
            ecs.consoles.attach(web.id)


class TestWaitingForTheLastConsole:
    """`wait_until_consoles_closed`, with a clock that the waiting itself moves."""

    def test_it_does_not_wait_without_a_ticket(self, ecs, scene):
        before = scene.at_s
        ecs.wait_until_consoles_closed()
        assert scene.at_s == before

    def test_an_unused_ticket_is_waited_for_until_10_seconds_after_it_expires(self, ecs, web, scene):
        before = scene.at_s
        ecs.tickets.issue(web.id)
        ecs.wait_until_consoles_closed()
        assert scene.at_s - before == pytest.approx(25, abs=0.2)

    def test_a_closed_console_is_waited_for_ten_seconds_more(self, ecs, web, scene):
        session = ecs.consoles.attach(ecs.tickets.redeem(ecs.tickets.issue(web.id)))
        scene.sleep(100)
        ecs.consoles.detach(session)
        before = scene.at_s
        ecs.wait_until_consoles_closed()
        assert scene.at_s - before == pytest.approx(10, abs=0.2)

    def test_an_open_console_is_waited_for(self, runtime, scene):
        closing = []

        def sleep(seconds):
            scene.sleep(seconds)
            if scene.at_s > 6000 and not closing:
                closing.append(scene.at_s)
                waited.consoles.detach(session)

        waited = ExtendedEcs(replace(runtime, sleep=sleep))
        session = waited.consoles.attach(waited.fleet.named("web-1").id)
        waited.wait_until_consoles_closed(grace_s=5)
        waited.stop()
        assert scene.at_s - closing[0] >= 5


def until(condition):
    """Wait, without a clock of its own, for another thread: at most a few seconds."""
    for _ in range(200):
        if condition():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not happen")
