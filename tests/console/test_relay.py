import contextlib
import itertools
import re
import socket
import struct
import threading
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.program import wait_until
from support.scene import Scene

from ecsvnc.console.endings import EndedBy
from ecsvnc.console.keepalive import Policy
from ecsvnc.console.relay import Relay
from ecsvnc.viewer.socket_viewer import SocketViewer

CLIENT_INIT = b"\x01"
UPDATE_REQUEST = struct.pack(">BBHHHH", 3, 1, 0, 0, 800, 600)
KEY = struct.pack(">BBxxI", 4, 1, 0x61)
ENCODINGS = struct.pack(">BxH2i", 2, 2, 0, -316)
FENCE = struct.pack(">BxxxIB", 248, 0, 3) + b"abc"
CUT_TEXT = struct.pack(">BxxxI", 6, 40) + UPDATE_REQUEST * 4
"""A clipboard whose contents look like keepalives."""

a_message = st.sampled_from([UPDATE_REQUEST, KEY, ENCODINGS, FENCE, CUT_TEXT])


class Console:
    """A console stream without a WebSocket: what it is given to send is remembered, what it receives is scripted."""

    def __init__(self):
        self.far, self._near = socket.socketpair()
        self._near.setblocking(False)
        self.stream = b""
        self.keepalives_at = []
        """Where in the stream each keepalive was sent."""
        self.close_code = None
        self.close_reason = ""
        self.is_stuck = False
        self.said_goodbye = False
        self.reads = 0
        self._changed = threading.Condition()

    def fileno(self):
        return self._near.fileno()

    @property
    def has_ended(self):
        return self.close_code is not None

    @property
    def has_sent_all(self):
        return not self.is_stuck

    holds_received = False

    def receive(self):
        self.reads += 1
        with contextlib.suppress(BlockingIOError):
            data = self._near.recv(65536)
            if data:
                return [data]
            self.close_code = 1006
        return []

    def send(self, data):
        with self._changed:
            if isinstance(data, bytes):  # what the viewer sent is a view of the relay's buffer
                self.keepalives_at.append(len(self.stream))
            else:
                self.stream += data
            self._changed.notify_all()

    def flush(self):
        pass

    def send_close(self):
        self.said_goodbye = True
        self.close_code = 1000

    def close(self):
        self._near.close()

    def wait_for(self, count):
        """Until so many bytes of the viewer's stream came."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.stream) >= count, 5)


class Run:
    """A relay on a thread, between `viewer` (a socket) and `console`."""

    def __init__(self, policy=None, *, scene=None):
        self.scene = scene or Scene()
        self.console = Console()
        self.viewer, near = socket.socketpair()
        self.near = near
        self.relay = Relay(SocketViewer(near), self.console, policy=policy, runtime=self.scene.runtime)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        self.ending = self.relay.run()

    def end(self):
        self._thread.join(30)
        assert not self._thread.is_alive()
        for sock in (self.viewer, self.near, self.console.far):
            sock.close()
        return self.ending


@settings(max_examples=60)
@given(st.lists(a_message, max_size=8), st.data())
def test_the_console_gets_the_viewer_s_stream_with_keepalives_only_between_messages(messages, data):
    stream = CLIENT_INIT + b"".join(messages)
    ends = set(itertools.accumulate(map(len, messages), initial=len(CLIENT_INIT)))
    cuts = data.draw(st.sets(st.integers(1, len(stream)), max_size=12) | st.just(ends))
    edges = sorted(cuts | {0, len(stream)})
    run = Run(Policy(20, 1e9))
    for start, end in itertools.pairwise(edges):
        run.scene.at_s += 25
        run.viewer.sendall(stream[start:end])
        run.console.wait_for(end)
    run.viewer.close()
    run.end()

    assert run.console.stream == stream
    assert set(run.console.keepalives_at) <= ends


def test_a_keepalive_comes_after_the_interval_and_not_inside_a_message():
    run = Run(Policy(20, 1e9))
    run.viewer.sendall(CLIENT_INIT + UPDATE_REQUEST[:4])
    run.console.wait_for(5)
    run.scene.at_s += 25
    run.viewer.sendall(UPDATE_REQUEST[4:])
    run.console.wait_for(11)
    run.viewer.close()
    run.end()
    assert run.console.stream == CLIENT_INIT + UPDATE_REQUEST
    assert run.console.keepalives_at == [11]


def test_without_a_policy_bytes_are_relayed_and_nothing_else():
    run = Run(None)
    run.scene.at_s += 1e6
    run.viewer.sendall(b"GET / HTTP/1.1\r\n\r\n")
    run.console.wait_for(18)
    run.console.far.sendall(b"anything")
    assert run.viewer.recv(100) == b"anything"
    run.viewer.close()
    assert run.end().words == "The viewer disconnected."
    assert run.console.stream == b"GET / HTTP/1.1\r\n\r\n"
    assert run.console.keepalives_at == []
    assert run.scene.warnings == []


def test_a_message_that_cannot_be_parsed_ends_keepalives_and_the_bytes_still_flow():
    run = Run(Policy(20, 1e9))
    run.viewer.sendall(CLIENT_INIT + b"\xfc\x01\x02")
    run.console.wait_for(4)
    run.scene.at_s += 25
    run.viewer.sendall(KEY + UPDATE_REQUEST)
    run.console.wait_for(22)
    run.viewer.close()
    run.end()
    assert run.console.stream == CLIENT_INIT + b"\xfc\x01\x02" + KEY + UPDATE_REQUEST
    assert run.console.keepalives_at == []
    assert len(run.scene.warnings) == 1
    assert "Keepalive is off" in run.scene.warnings[0]


def test_keepalives_end_after_max_idle_and_that_is_reported_once():
    run = Run(Policy(20, 30))
    run.viewer.sendall(CLIENT_INIT)
    run.console.wait_for(1)
    run.scene.at_s += 25
    run.viewer.sendall(UPDATE_REQUEST)
    wait_until(lambda: run.console.keepalives_at)
    for _ in range(4):
        run.scene.at_s += 25
        before = len(run.console.stream)
        run.viewer.sendall(UPDATE_REQUEST)
        run.console.wait_for(before + len(UPDATE_REQUEST))
    run.viewer.close()
    run.end()
    assert len(run.console.keepalives_at) == 1
    assert len([text for text in run.scene.warnings if "--max-idle" in text]) == 1


def test_the_end_of_keepalives_is_reported_when_nobody_says_anything():
    scene = Scene()
    scene.runtime = replace(scene.runtime, monotonic=time.monotonic)
    run = Run(Policy(0.1, 0.3), scene=scene)
    run.viewer.sendall(CLIENT_INIT + ENCODINGS)
    wait_until(lambda: scene.warnings)
    assert re.match(r"No input for 0(\.\d)? seconds \(--max-idle\)", scene.warnings[0])
    run.viewer.sendall(KEY)
    wait_until(lambda: len(scene.warnings) == 2)
    run.viewer.close()
    run.end()
    assert run.console.keepalives_at


@pytest.mark.parametrize(("idle_s", "words"), [(30, "30 seconds"), (1800, "30 minutes"), (4 * 3600, "4 hours")])
def test_the_idle_time_is_reported_in_suitable_units(idle_s, words):
    run = Run(Policy(20, idle_s))
    run.viewer.sendall(CLIENT_INIT)
    run.console.wait_for(1)
    run.scene.at_s += idle_s
    run.viewer.sendall(UPDATE_REQUEST)
    wait_until(lambda: run.scene.warnings)
    run.viewer.close()
    run.end()
    assert [f"No input for {words} (" in text for text in run.scene.warnings] == [True]


def test_a_viewer_that_ends_its_side_still_gets_what_is_on_the_way():
    run = Run(Policy(20, 1e9))
    run.viewer.sendall(CLIENT_INIT)
    run.console.wait_for(1)
    run.console.far.sendall(b"the last screen")
    assert run.viewer.recv(100) == b"the last screen"
    run.viewer.shutdown(socket.SHUT_WR)
    assert run.end().by is EndedBy.VIEWER
    assert run.console.said_goodbye


def test_a_viewer_that_leaves_inside_a_message_is_reported():
    run = Run(Policy(20, 1e9))
    run.viewer.sendall(CLIENT_INIT + KEY[:3])
    run.console.wait_for(4)
    run.viewer.close()
    assert run.end().words == "The viewer disconnected in the middle of a message."


def test_what_the_console_sent_before_it_broke_off_reaches_the_viewer():
    run = Run(Policy(20, 1e9))
    run.console.far.sendall(b"x" * 100_000)
    run.console.far.close()
    got = 0
    while got < 100_000:
        got += len(run.viewer.recv(65536))
    ending = run.end()
    assert ending.by is EndedBy.CONSOLE
    assert "was lost" in ending.words


def test_a_viewer_that_does_not_read_stops_the_reading_from_the_console():
    run = Run(Policy(20, 1e9))
    run.console.far.settimeout(0.3)
    sent = 0
    with pytest.raises(TimeoutError):
        while sent < 64 * 1024 * 1024:
            sent += run.console.far.send(bytes(65536))
    assert sent < 4 * 1024 * 1024, "only what the sockets hold, and one read"
    reads = run.console.reads
    run.relay.stop("enough")
    assert run.end().words == "enough"
    assert run.console.reads == reads


def test_a_console_that_does_not_take_stops_the_reading_from_the_viewer():
    run = Run(Policy(20, 1e9))
    run.console.is_stuck = True
    run.viewer.settimeout(0.3)
    sent = 0
    with pytest.raises(TimeoutError):
        while sent < 64 * 1024 * 1024:
            sent += run.viewer.send(CLIENT_INIT + KEY * 8000)
    assert sent < 4 * 1024 * 1024
    run.relay.stop("enough")
    run.end()


def test_it_can_be_stopped_from_outside():
    run = Run(Policy(20, 1e9))
    run.relay.stop("Another viewer took over.")
    ending = run.end()
    assert (ending.by, ending.words) == (EndedBy.US, "Another viewer took over.")
    assert run.console.said_goodbye
