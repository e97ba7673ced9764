"""A WebSocket as what it carries for consoles: a stream of bytes in each direction.

A program with several connections waits for them itself (`fileno`, `has_sent_all`, `holds_received`) and calls
`receive` and `flush`; one that only has this connection calls `wait` and `receive` in turns. Nothing but `wait` blocks.

Both directions are independent: a console that writes a large picture before it reads, while a large clipboard waits
for it, would otherwise never go on. What a console can make this side hold is bounded all the same: one frame of at
most MAX_FRAME_BYTES, and while something waits to be sent, the answer to its last ping or its close.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import State

from ecsvnc.console.endings import NO_CLOSE_FRAME
from ecsvnc.console.nonblocking import READ, WOULD_BLOCK, WRITE, Outbox, Piece, wait_ready

if TYPE_CHECKING:
    from websockets.protocol import Protocol
    from websockets.typing import BytesLike

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""The longest frame that is read. Consoles send what they read from QEMU at once: some KiB."""

_READ_BYTES = 256 * 1024


class WebSocketStream:
    """One open WebSocket on `sock`. `close_code` is set once the other side has closed it, or the connection broke.

    `protocol` has completed its opening handshake, as client or server, and may have received more.
    """

    def __init__(self, sock: socket.socket, protocol: Protocol) -> None:
        sock.setblocking(False)
        self.close_code: int | None = None
        self.close_reason = ""
        self.subprotocol: str | None = protocol.subprotocol
        """The one that the server chose, if it did."""
        self._sock = sock
        self._protocol = protocol
        self._outbox = Outbox(sock)
        self._answer = b""  # to a ping or a close, until it can be sent
        self._early = self._take_contents()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """For a selector."""
        return self._sock.fileno()

    @property
    def has_ended(self) -> bool:
        """Whether the other side sends nothing more."""
        return self.close_code is not None

    @property
    def has_sent_all(self) -> bool:
        """Whether nothing waits to be sent: only then should more be given to `send`."""
        return self._outbox.is_empty

    @property
    def holds_received(self) -> bool:
        """Whether `receive` has something to give that a selector does not know of."""
        return bool(self._early) or (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0)

    def wait(self, timeout_s: float) -> None:
        """Wait until there may be something to `receive`, or something was sent that had waited; at most so long."""
        if not self.holds_received:
            wait_ready({self: READ if self.has_sent_all else READ | WRITE}, timeout_s)
        self.flush()

    def receive(self) -> list[BytesLike]:
        """What one read brings. Sets `close_code` at the end."""
        if self._early:
            contents, self._early = self._early, []
            return contents
        try:
            data = self._sock.recv(_READ_BYTES)
        except WOULD_BLOCK:
            return []
        except OSError as error:
            self._break_off(_cause(error))
            return []
        if data:
            self._protocol.receive_data(data)
        contents = self._take_contents()
        if not data:
            self._break_off("")
        return contents

    def send(self, data: Piece) -> None:
        """Send bytes as one message; what does not go at once waits for `flush`."""
        if len(data) and self._protocol.state is State.OPEN:
            self._protocol.send_binary(data)
            self._put(self._protocol.data_to_send())

    def flush(self) -> None:
        """Send what waits, as far as it goes."""
        self._put([])

    def send_close(self, code: int = 1000, reason: str = "") -> None:
        """Send a close frame; what the other side still sends before its own is still received."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason)
            self._put(self._protocol.data_to_send())

    def close(self) -> None:
        """Drop the connection."""
        self._sock.close()

    def _take_contents(self) -> list[BytesLike]:
        protocol = self._protocol
        frames = [event for event in protocol.events_received() if isinstance(event, Frame)]
        # A server's last answer is followed by an empty one: the sign to end its side of the connection.
        if answers := [answer for answer in protocol.data_to_send() if answer]:
            self._answer = answers[-1]  # of several pings only the last needs an answer (RFC 6455, section 5.5.3)
        if protocol.close_rcvd is not None and not self.has_ended:
            self.close_code, self.close_reason = protocol.close_rcvd.code, protocol.close_rcvd.reason
        elif protocol.parser_exc is not None:
            self._break_off(f"what it sent is not WebSocket: {protocol.parser_exc}")
        self.flush()
        return self._contents(frames)

    def _contents(self, frames: Iterable[Frame]) -> list[BytesLike]:
        """The content of the data frames that were received, as they come: the ends of messages mean nothing here."""
        return [frame.data for frame in frames if frame.opcode in DATA_OPCODES and frame.data]

    def _put(self, pieces: list[bytes]) -> None:
        try:
            self._outbox.put(pieces)
            if self._answer and self.has_sent_all:
                answer, self._answer = self._answer, b""
                self._outbox.put([answer])
        except OSError as error:
            self._break_off(_cause(error))

    def _break_off(self, why: str) -> None:
        if self.close_code is None:
            self.close_code = NO_CLOSE_FRAME
            self.close_reason = why


def _cause(error: OSError) -> str:
    if isinstance(error, ssl.SSLEOFError):
        return "TLS: cut off without a close"
    if isinstance(error, ssl.SSLError):
        return "TLS: " + (error.reason or "failed").replace("_", " ").lower()
    return error.strerror or type(error).__name__


def tune(sock: socket.socket) -> None:
    """Send keys at once, and notice within a minute or two when the other side's machine is gone."""
    with contextlib.suppress(OSError):  # not TCP, or not this system
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 4)):
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
