"""A console's WebSocket as what it carries: a stream of bytes in each direction.

A program with several connections waits for them itself (`fileno`, `has_sent_all`, `holds_received`) and calls
`receive` and `flush`; one that only has this connection calls `wait` and `receive` in turns. Nothing but `wait` blocks.

Both directions are independent: a console that writes a large picture before it reads, while a large clipboard waits
for it, would otherwise never go on. What a console can make this side hold is bounded all the same: `receive` keeps
nothing, and at most one pong waits to be sent, for the last ping.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl

from ecsvnc.console.endings import NO_CLOSE_FRAME
from ecsvnc.console.nonblocking import READ, WOULD_BLOCK, WRITE, Outbox, wait_ready
from ecsvnc.console.websocket_frames import BINARY, CLOSE, PONG, FrameReader, close_code_and_reason, frame

_READ_BYTES = 256 * 1024
_NORMAL = (1000).to_bytes(2, "big")
_PROTOCOL_ERROR = (1002).to_bytes(2, "big")


class ConsoleStream:
    """One open WebSocket on `sock`. `close_code` is set once the console has closed it, or the connection broke.

    `early` are bytes that were read after the opening handshake, together with it.
    """

    def __init__(self, sock: socket.socket, early: bytes = b"") -> None:
        sock.setblocking(False)
        self.close_code: int | None = None
        self.close_reason = ""
        self._sock = sock
        self._early = early
        self._frames = FrameReader()
        self._outbox = Outbox(sock)
        self._said_goodbye = False
        self._is_tls = isinstance(sock, ssl.SSLSocket)
        self._buffer = memoryview(bytearray(_READ_BYTES))

    def fileno(self) -> int:
        """For a selector."""
        return self._sock.fileno()

    @property
    def has_ended(self) -> bool:
        """Whether the console sends nothing more."""
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

    def receive(self) -> list[memoryview]:
        """What one read brings, as views that are valid until the next call. Sets `close_code` at the end."""
        if self._early:
            data, lost = memoryview(self._early), None
            self._early = b""
        else:
            count, lost = self._read()
            data = self._buffer[:count]
        contents = self._frames.receive(data) if not self.has_ended else []
        if self._frames.close is not None and not self.has_ended:
            self.close_code, self.close_reason = close_code_and_reason(self._frames.close)
            self._say_goodbye(self._frames.close)
        elif self._frames.fault and not self.has_ended:
            self._break_off(f"what it sent is not WebSocket: {self._frames.fault}")
            self._say_goodbye(_PROTOCOL_ERROR)
        if lost is not None:
            self._break_off(lost)
        self._answer_ping()
        return contents

    def send(self, data: bytes | memoryview) -> None:
        """Send bytes as one message; what does not go at once waits for `flush`."""
        if len(data) and self._is_open:
            self._put(BINARY, data)

    def flush(self) -> None:
        """Send what waits, as far as it goes."""
        try:
            self._outbox.flush()
        except OSError as error:
            self._break_off(_cause(error))
        self._answer_ping()

    def say_goodbye(self) -> None:
        """Send a close frame; what the console still sends before its own is still received."""
        if not self.has_ended:
            self._say_goodbye(_NORMAL)

    def close(self) -> None:
        """Drop the connection."""
        self._sock.close()

    @property
    def _is_open(self) -> bool:
        return not self.has_ended and not self._said_goodbye

    def _read(self) -> tuple[int, str | None]:
        """Fill the buffer. Returns how far, and why the connection is lost, if it is."""
        count = 0
        try:
            while count < len(self._buffer):
                got = self._sock.recv_into(self._buffer[count:])
                count += got
                if not got:
                    return count, ""
                if not self._is_tls:  # which gives at most 16 KiB a call: there, go on until there is nothing
                    break
        except WOULD_BLOCK:
            pass
        except OSError as error:
            return count, _cause(error)
        return count, None

    def _answer_ping(self) -> None:
        if self._frames.ping is not None and self.has_sent_all and self._is_open:
            content, self._frames.ping = self._frames.ping, None
            self._put(PONG, content)

    def _say_goodbye(self, content: bytes) -> None:
        if not self._said_goodbye:
            self._said_goodbye = True
            self._put(CLOSE, content)

    def _put(self, opcode: int, content: bytes | memoryview) -> None:
        try:
            # The mask keeps caches on the way from being misled (section 10.3): it need not be fit for secrets.
            self._outbox.put([frame(opcode, content, os.urandom(4))])
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
