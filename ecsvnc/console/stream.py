"""A console's WebSocket as what it carries: a stream of bytes in each direction.

The protocol is `websockets`' (its Sans-I/O layer); the socket and the waiting are ours, since a relay has to read in
large pieces, pass on all messages of one read in one write, and stop reading when the other side does.
"""

from __future__ import annotations

import contextlib
import socket
import ssl

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN

from ecsvnc.console.endings import NO_CLOSE_FRAME
from ecsvnc.console.outbox import Outbox, Piece

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""The longest WebSocket message taken: a whole screen of 1920 by 1080 pixels, uncompressed, is half as long."""

_READ_BYTES = 256 * 1024

_DATA = frozenset({Opcode.BINARY, Opcode.CONT, Opcode.TEXT})
"""A message's boundaries, or its being called text, mean nothing to RFB."""

_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class ConsoleStream:
    """One open WebSocket. Nothing here blocks; `close_code` is set once the console has ended it, or broke off."""

    def __init__(self, sock: socket.socket, protocol: ClientProtocol) -> None:
        sock.setblocking(False)
        self.close_code: int | None = None
        self.close_reason = ""
        self._sock = sock
        self._protocol = protocol
        self._outbox = Outbox(sock)
        self._error: OSError | None = None  # what broke TLS, kept until what came before it was passed on
        self._is_tls = isinstance(sock, ssl.SSLSocket)
        self._buffer = memoryview(bytearray(_READ_BYTES))
        self._early = self._take_events()  # came in one piece with the handshake's answer

    def fileno(self) -> int:
        """For a selector."""
        return self._sock.fileno()

    @property
    def has_ended(self) -> bool:
        """Whether the console sends nothing any more."""
        return self.close_code is not None

    @property
    def has_sent_all(self) -> bool:
        """Whether nothing waits to be sent: only then should more be given to `send`."""
        return self._outbox.is_empty

    @property
    def holds_received(self) -> bool:
        """Whether `receive` has something to give that a selector knows nothing of."""
        if self._early or self._error is not None:
            return True
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0

    def receive(self) -> list[Piece]:
        """What one read brings: the contents of its messages, or nothing. Sets `close_code` at the end."""
        if self._early:
            early, self._early = self._early, []
            return early
        try:
            count = self._read()
        except _WOULD_BLOCK:
            return []
        except OSError as error:
            self._error = None
            self._break_off(_cause(error))
            return []
        if not count:
            self._protocol.receive_eof()
            self._break_off("")
            return []
        self._protocol.receive_data(self._buffer[:count])  # type: ignore[arg-type]  # it only appends it to a bytearray
        payloads = self._take_events()
        self._send_what_the_protocol_says()
        return payloads

    def send(self, data: bytes | memoryview) -> None:
        """Send bytes as one message; what does not go at once waits for `flush`."""
        if len(data) and self._is_open():
            self._protocol.send_binary(data)
            self._send_what_the_protocol_says()

    def flush(self) -> None:
        """Send what waits, as far as it goes."""
        try:
            self._outbox.flush()
        except OSError as error:
            self._break_off(_cause(error))

    def say_goodbye(self) -> None:
        """Send a close frame; what the console still sends before its own is still received."""
        if self._is_open():
            self._protocol.send_close(1000)
            self._send_what_the_protocol_says()

    def close(self) -> None:
        """Drop the connection."""
        self._sock.close()

    def _is_open(self) -> bool:
        return self.close_code is None and self._protocol.state is OPEN

    def _read(self) -> int:
        if not self._is_tls:
            return self._sock.recv_into(self._buffer)
        # TLS gives at most 16 KiB a call: go on until there is nothing, so that one read is as large as without it.
        if self._error is not None:
            raise self._error
        count = 0
        while count < len(self._buffer):
            try:
                got = self._sock.recv_into(self._buffer[count:])
            except OSError as error:
                if not count:
                    raise
                self._error = None if isinstance(error, _WOULD_BLOCK) else error
                break
            if not got:
                break
            count += got
        return count

    def _take_events(self) -> list[Piece]:
        events = self._protocol.events_received()
        if self._protocol.close_rcvd is not None:
            self.close_code = self._protocol.close_rcvd.code
            self.close_reason = self._protocol.close_rcvd.reason
        elif self._protocol.parser_exc is not None:
            # Its text is about frames, sizes and opcodes, never about what was in them.
            self._break_off(f"what it sent is not WebSocket: {self._protocol.parser_exc}")
        return [event.data for event in events if isinstance(event, Frame) and event.opcode in _DATA]

    def _send_what_the_protocol_says(self) -> None:
        try:
            self._outbox.put(self._protocol.data_to_send())  # an empty piece, "half-close now", is left out
        except OSError as error:
            self._break_off(_cause(error))

    def _break_off(self, why: str) -> None:
        if self.close_code is None:
            self.close_code = NO_CLOSE_FRAME
            self.close_reason = why


def _cause(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason}" if error.reason else "TLS was cut"
    return error.strerror or type(error).__name__


def tune(sock: socket.socket) -> None:
    """Send keys at once, and notice within a minute or two when the other side's machine is gone."""
    with contextlib.suppress(OSError):  # not TCP, or not this system
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 4)):
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
