"""The consoles' WebSocket: `/websockify/?s=TOKEN`, a byte stream of RFB in binary frames.

The `websockets` library implements the protocol (RFC 6455) without I/O; this file has the socket and the clock. Clients
offer the subprotocol `binary` or none (noVNC). The handshake is refused with 400 for any other, with 403 for an
invalid ticket, with 429 for too many connections. Close codes: 4000 idle, 4001 another session took this console,
4002 instance stopped, 1002 not RFB, 1003 a text frame, 1008 wrong VNC password.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import NegotiationError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from ecsvnc.errors import RfbError
from ecsvnc.loopback.server import ServerRequest, ServerResponse, Upgrade
from ecsvnc.loopback.websocket import SILENT, shake_hands
from ecsvnc.runtime import Runtime
from ecsvnc.simulator.consoles import (
    CUT,
    IDLE,
    INSTANCE_STOPPED,
    Consoles,
    ConsoleSession,
    Ending,
    TooManyConnectionsError,
)
from ecsvnc.simulator.fleet import WITH_CONSOLE, Fleet
from ecsvnc.simulator.tickets import TicketRefusedError, Tickets

PATH: Final = "/websockify/"

MAX_CLIENT_MESSAGE_BYTES = 1024 * 1024
FRAME_BYTES = 64 * 1024
"""The largest frame that is sent. A picture is split at any byte: RFB is a byte stream in frames."""

_BINARY = Subprotocol("binary")
_REFRESH_S = 0.1
_SEND_TIMEOUT_S = 120.0
_READ_BYTES = 64 * 1024


class ConsoleEndpoint:
    """Serves the consoles' WebSocket connections."""

    def __init__(
        self, *, tickets: Tickets, consoles: Consoles, fleet: Fleet, runtime: Runtime, idle_limit_s: float
    ) -> None:
        self._tickets = tickets
        self._consoles = consoles
        self._fleet = fleet
        self._runtime = runtime
        self._idle_limit_s = idle_limit_s

    def upgrade(self, request: ServerRequest) -> Upgrade | ServerResponse:
        """Answer a request for PATH."""
        if request.method != "GET":  # RFC 6455, section 4.1; older versions of the library close without an answer
            return ServerResponse(405, [("allow", "GET")], b"")
        return Upgrade(self._serve)

    def _serve(self, sock: socket.socket, head: bytes) -> None:
        protocol = ServerProtocol(
            select_subprotocol=_select_subprotocol, max_size=MAX_CLIENT_MESSAGE_BYTES, logger=SILENT
        )
        wire = _Wire(sock, protocol)
        session: ConsoleSession | None = None

        def open_session(request: Request) -> Response:
            nonlocal session
            response, session = self._open(protocol, request)
            return response

        try:
            wire.write(shake_hands(protocol, head, open_session))
            if session is not None:
                self._show(session, wire, protocol)
        finally:
            if session is not None:
                self._consoles.detach(session)

    def _open(self, protocol: ServerProtocol, request: Request) -> tuple[Response, ConsoleSession | None]:
        response = protocol.accept(request)
        if response.status_code != 101:
            return response, None
        tokens = parse_qs(urlsplit(request.path).query).get("s", [])
        try:
            return response, self._consoles.attach(self._tickets.redeem(tokens[0] if len(tokens) == 1 else ""))
        except (TicketRefusedError, LookupError) as error:
            reason = str(error) if isinstance(error, TicketRefusedError) else "instance is gone"
            return protocol.reject(403, f"{reason}\n"), None
        except TooManyConnectionsError:
            return protocol.reject(429, "too many connections to this console\n"), None

    def _show(self, session: ConsoleSession, wire: _Wire, protocol: ServerProtocol) -> None:
        """Relay between client and screen until either ends it."""
        screen = session.screen
        wire.send(screen.greeting())
        messages, active_at_s = 0, session.opened_at_s
        while protocol.state is State.OPEN:
            wire.receive(_REFRESH_S)
            ending = self._answer(session, wire, protocol)
            if screen.unprompted_messages != messages:
                messages, active_at_s = screen.unprompted_messages, self._runtime.monotonic()
            ending = ending or self._reason_to_end(session, active_at_s)
            if ending is not None and protocol.state is State.OPEN:
                session.ending = ending
                if ending is CUT:
                    return
                protocol.send_close(ending.code, ending.reason)
            wire.flush()

    def _answer(self, session: ConsoleSession, wire: _Wire, protocol: ServerProtocol) -> Ending | None:
        """Pass received messages to the screen, and send its answers. Returns why to close, if so."""
        for event in protocol.events_received():
            if not isinstance(event, Frame) or event.opcode in (Opcode.PING, Opcode.PONG, Opcode.CLOSE):
                continue
            if event.opcode is Opcode.TEXT:
                return Ending(1003, "only binary frames")
            try:
                wire.send(session.screen.receive(bytes(event.data)))
            except RfbError:
                return Ending(1002, "not RFB")
            if session.screen.is_over:
                return Ending(1008, "VNC authentication failed")
        if protocol.state is State.OPEN:
            wire.send(session.screen.refresh())
        return None

    def _reason_to_end(self, session: ConsoleSession, active_at_s: float) -> Ending | None:
        instance = session.instance
        if session.ending is not None:
            return session.ending
        if instance.status not in WITH_CONSOLE or self._fleet.get(instance.id) is not instance:
            return INSTANCE_STOPPED
        if self._runtime.monotonic() - active_at_s >= self._idle_limit_s:
            return IDLE
        return None


def _select_subprotocol(protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """`binary` if it is offered; None if nothing is, as websockify and QEMU do. Raises NegotiationError for others."""
    if not offered:
        return None
    if _BINARY not in offered:
        raise NegotiationError(f"invalid subprotocol; expected {_BINARY}")
    return _BINARY


class _Wire:
    """The socket under one WebSocket: every read and write is bounded in time."""

    def __init__(self, sock: socket.socket, protocol: ServerProtocol) -> None:
        self._sock = sock
        self._protocol = protocol

    def take(self, data: bytes) -> None:
        """Pass received bytes to the protocol; empty means the end of the stream."""
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()

    def receive(self, timeout_s: float) -> None:
        """Read once, waiting at most `timeout_s`."""
        self._sock.settimeout(timeout_s)
        with contextlib.suppress(TimeoutError):
            self.take(self._sock.recv(_READ_BYTES))

    def send(self, data: bytes) -> None:
        """Send part of the byte stream, in frames; nothing once the connection is being closed."""
        if self._protocol.state is not State.OPEN:
            return
        for start in range(0, len(data), FRAME_BYTES):
            self._protocol.send_binary(data[start : start + FRAME_BYTES])
        self.flush()

    def flush(self) -> None:
        """Write the protocol's output. Raises OSError if the client does not read it."""
        self.write(b"".join(self._protocol.data_to_send()))

    def write(self, data: bytes) -> None:
        """Write these bytes as they are. Raises OSError if the client does not read them."""
        if data:
            self._sock.settimeout(_SEND_TIMEOUT_S)
            self._sock.sendall(data)
