import select
import socket
import threading
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.raw_console import RawConsole
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from ecsvnc.console.nonblocking import Outbox
from ecsvnc.console.websocket import WebSocketStream


class Pair:
    """A console stream and, at `far`, the raw console of it."""

    def __init__(self):
        near, far = socket.socketpair()
        protocol = ClientProtocol(parse_uri("ws://localhost/"), subprotocols=["binary"], max_size=(None, 1 << 20))
        protocol.send_request(protocol.connect())
        near.sendall(b"".join(protocol.data_to_send()))
        self.far = RawConsole(far)
        protocol.receive_data(near.recv(65536))
        self.stream = WebSocketStream(near, protocol)

    def close(self):
        self.stream.close()
        self.far.connection.close()

    def read(self, count=None):
        """What comes until the end, or until so many bytes came."""
        data = b""
        while not self.stream.has_ended and (count is None or len(data) < count):
            self.stream.wait(30)
            data += b"".join(self.stream.receive())
        return data


@pytest.fixture
def pair():
    made = Pair()
    yield made
    made.close()


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=400), max_size=8), st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_messages_and_reads_need_not_agree(messages, sizes):
    made = Pair()
    wire = b"".join(Frame(Opcode.BINARY, message).serialize(mask=False) for message in messages)
    for size in sizes:
        made.far.connection.sendall(wire[:size])
        wire = wire[size:]
    made.far.connection.sendall(wire)
    made.far.connection.shutdown(socket.SHUT_WR)
    assert made.read() == b"".join(messages)
    made.close()


def test_all_messages_of_one_read_come_together(pair):
    for piece in (b"one", b"two", b"three"):
        pair.far.send(piece)
    select.select([pair.stream], [], [], 5)
    assert [bytes(piece) for piece in pair.stream.receive()] == [b"one", b"two", b"three"]


def test_fragments_are_passed_on_as_they_come(pair):
    pair.far.protocol.send_binary(b"first", fin=False)
    pair.far._flush()
    assert pair.read(5) == b"first"
    pair.far.protocol.send_continuation(b"second", fin=True)
    pair.far._flush()
    assert pair.read(6) == b"second"


def test_an_endless_fragmented_message_is_passed_on_and_nothing_of_it_is_kept(pair):
    fragment = b"\x7f" + (1 << 20).to_bytes(8, "big") + bytes(1 << 20)
    sender = threading.Thread(
        target=lambda: [pair.far.connection.sendall(start + fragment) for start in (b"\x02", *[b"\x00"] * 64)]
    )
    sender.start()
    tracemalloc.start()
    for _ in range(65):
        assert pair.read(1 << 20) == bytes(1 << 20)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    sender.join(10)
    assert not pair.stream.has_ended


def test_of_many_pings_that_are_not_read_one_pong_waits(pair):
    pair.stream.send(bytes(8 << 20))
    assert not pair.stream.has_sent_all
    pings = b"".join(Frame(Opcode.PING, b"%125d" % number).serialize(mask=False) for number in range(1000))
    held = None
    for _ in range(20):
        pair.far.connection.sendall(pings)
        while select.select([pair.stream], [], [], 0)[0]:
            assert pair.stream.receive() == []
        waiting = sum(map(len, pair.stream._outbox._waiting))
        assert held in (None, waiting), "nothing was added to what waited before"
        held = waiting
    pongs = []
    while not pongs:
        pongs = [event.data for event in pair.far._take() if event.opcode is Opcode.PONG]
        pair.stream.flush()
    assert pongs == [b"%125d" % 999]


@pytest.mark.parametrize("code", [1000, 4000, 4001, 4002])
def test_a_close_is_taken_with_its_code_after_what_came_before(pair, code):
    pair.far.send(b"last")
    pair.far.close(code, "because")
    assert pair.read() == b"last"
    assert (pair.stream.close_code, pair.stream.close_reason) == (code, "because")
    assert pair.far.receive() == b""
    assert pair.far.protocol.close_rcvd.code == code, "it was answered"


def test_an_end_without_a_close_is_1006(pair):
    pair.far.send(b"last")
    pair.far.connection.close()
    assert pair.read() == b"last"
    assert pair.stream.close_code == 1006


def test_a_ping_is_answered_and_is_no_data(pair):
    pair.far.protocol.send_ping(b"are you there")
    pair.far._flush()
    pair.far.send(b"x")
    assert pair.read(1) == b"x"
    pair.far._take()
    assert pair.far.protocol.close_rcvd is None


@pytest.mark.parametrize(
    "noise",
    [
        b"HTTP/1.1 200 OK\r\n" * 20,
        b"\x82\x80\x00\x00\x00\x00",  # masked by a server
        b"\x83\x00",  # an opcode that there is not
        b"\xc2\x00",  # compressed, which was not agreed on
        b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",  # 8 EiB
        b"\x80\x00",  # the continuation of nothing
    ],
)
def test_what_is_not_websocket_ends_it_and_says_so(pair, noise):
    pair.far.connection.sendall(noise)
    assert pair.read() == b""
    assert pair.stream.close_code == 1006
    assert "not WebSocket" in pair.stream.close_reason


def test_the_close_frame_is_sent_once_and_nothing_after_it(pair):
    pair.stream.send_close()
    pair.stream.send_close()
    pair.stream.send(b"too late")
    assert pair.far.receive() == b""
    assert pair.far.protocol.close_rcvd.code == 1000


def test_what_does_not_go_at_once_waits_in_order(pair):
    sent = bytes(range(256)) * 4096 * 8
    pair.stream.send(sent)
    assert not pair.stream.has_sent_all
    got = []
    reader = threading.Thread(target=lambda: got.append(pair.far.receive()))
    reader.start()
    while not pair.stream.has_sent_all:
        select.select([], [pair.stream], [], 5)
        pair.stream.flush()
    reader.join(10)
    assert got == [sent]


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=3000), max_size=30))
def test_an_outbox_sends_every_piece_in_order(pieces):
    near, far = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
    near.setblocking(False)
    outbox = Outbox(near)
    outbox.put(pieces)
    got = b""
    far.settimeout(30)
    while len(got) < sum(map(len, pieces)):
        got += far.recv(777)
        outbox.flush()
    assert outbox.is_empty
    assert got == b"".join(pieces)
    near.close()
    far.close()
