"""One connection to a console whose screen is followed: sends update requests, and reads updates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsvnc.console.keepalive import Keepalive
from ecsvnc.console.settling import settled_at_s
from ecsvnc.errors import ConsoleError
from ecsvnc.rfb import client_requests as requests
from ecsvnc.rfb.server_messages import QEMU_EXTENDED_KEY_EVENT, READABLE, ServerMessages, pixel_format

if TYPE_CHECKING:
    from ecsvnc.console.connect import ConsoleConnect
    from ecsvnc.console.websocket import WebSocketStream
    from ecsvnc.rfb.pixel_format import PixelFormat
    from ecsvnc.runtime import Runtime


_CLOSE_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class ConsoleFacts:
    """The properties of a console, as far as they are known.

    `rfb_version` is the one agreed on, `security_types` the numbers of those offered and `security_type` the one used.
    `width` and `height` are the screen's now, `pixel_format` is the server's own. `encodings` are the numbers of those
    that were received, `subprotocol` is the WebSocket's (None: the console named none), and `close_codes` has the
    WebSocket close code of each connection that ended, 1006 for one that broke.
    """

    rfb_version: str
    security_types: tuple[int, ...]
    security_type: int | None
    width: int
    height: int
    name: str
    pixel_format: PixelFormat
    encodings: tuple[int, ...]
    has_extended_keys: bool
    subprotocol: str | None
    close_codes: tuple[int, ...]


class ShownConsole:
    """A console that `connected` has connected, at `now`; `work` first reads what was received with its handshake.

    Nothing here blocks but `end`. `messages` has received nothing yet, and `keepalive` is the session's.
    """

    def __init__(
        self,
        stream: WebSocketStream,
        connected: ConsoleConnect,
        messages: ServerMessages,
        *,
        keepalive: Keepalive,
        now: float,
    ) -> None:
        self.stream = stream
        self.connected = connected
        self.messages = messages
        self.connected_at_s = now
        self.version = 0
        """Grows with every update of the screen."""
        self.updates = 0
        """How many of them there were in its present size."""
        self.first_update_at_s: float | None = None
        """The time of the first of these, which may be black, or old."""
        self.last_update_at_s = now
        self._keepalive = keepalive
        self._early = connected.handshake.rest
        self._has_asked = False
        self._request = b""  # the last one for the whole screen
        self._is_request_due = False
        self._screen = self.messages.framebuffer
        stream.send(requests.CLIENT_INIT)

    @property
    def close_code_and_reason(self) -> tuple[int, str]:
        """How it ended; the ticket is removed from the reason."""
        return self.stream.close_code or 0, self.connected.without_ticket(self.stream.close_reason)

    @property
    def is_open(self) -> bool:
        """Whether ServerInit was received, and keys can be sent."""
        return self._has_asked and not self.has_ended

    @property
    def has_ended(self) -> bool:
        """Whether nothing more can be received."""
        return self.stream.has_ended and not self.stream.holds_received

    @property
    def has_extended_keys(self) -> bool:
        """Whether the console supports extended key events: known after its first updates."""
        return QEMU_EXTENDED_KEY_EVENT in self.messages.encodings

    def settled_at_s(self, began_at_s: float, now: float) -> float | None:
        """When the screen is up to date, for a caller who waits since `began_at_s`; None without a picture."""
        if self.first_update_at_s is None:
            return None
        return settled_at_s(
            began_at_s,
            self.first_update_at_s,
            now if self.messages.is_in_update else self.last_update_at_s,
            updates=self.updates,
            is_one_colour=self._screen.is_one_colour,
        )

    def facts(self, close_codes: Iterable[int]) -> ConsoleFacts:
        """Its properties, and how the connections before it ended. Raises ConsoleError if it is not open."""
        init, handshake, screen = self.messages.init, self.connected.handshake, self.messages.framebuffer
        if init is None:
            raise ConsoleError("The console has not answered yet.", hint="Wait, then try again.")
        return ConsoleFacts(
            rfb_version=handshake.version.value.decode("ascii").strip(),
            security_types=handshake.offered,
            security_type=handshake.security_type,
            width=screen.width,
            height=screen.height,
            name=init.name,
            pixel_format=init.pixel_format,
            encodings=tuple(sorted(self.messages.encodings)),
            has_extended_keys=self.has_extended_keys,
            subprotocol=self.stream.subprotocol,
            close_codes=tuple(close_codes),
        )

    def work(self, now: float) -> None:
        """Send what waits, and read once. Raises RfbError."""
        self.stream.flush()
        early, self._early = self._early, b""
        for piece in (early, *self.stream.receive()):
            self._take(piece, now)
        # One request for all updates of one read, and none while another waits: a console may not read while it sends.
        if self.is_open and self.stream.has_sent_all and (self._is_request_due or self._keepalive.due_in_s(now) == 0):
            self.stream.send(self._request)
            self._is_request_due = False
            self._keepalive.sent(now)

    def _take(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Read these bytes of the console. Raises RfbError."""
        before = self.messages.updates
        self.messages.receive(data)
        init = self.messages.init
        if init is not None and not self._has_asked:
            self._has_asked = True
            if not self.messages.has_own_format:
                wanted = pixel_format(self.messages.framebuffer.bytes_per_pixel)
                self.stream.send(requests.set_pixel_format(wanted))
            self.stream.send(requests.set_encodings(READABLE))
        elif self.messages.updates == before:
            return
        if self.messages.framebuffer is not self._screen:
            self._screen = self.messages.framebuffer
            self.updates, self.first_update_at_s = 0, None
            self._ask(is_incremental=False)
            return
        self.version += 1
        self.updates += 1
        self.last_update_at_s = now
        self.first_update_at_s = now if self.first_update_at_s is None else self.first_update_at_s
        self._ask(is_incremental=True)

    def send_key(self, message: bytes, now: float) -> None:
        """Send a key's message."""
        self.stream.send(message)
        self._keepalive.note_input(now)

    def end(self, runtime: Runtime) -> None:
        """Send a close frame, wait a moment for the answer, and close.

        So everything that was sent arrives: closing a connection with unread data resets it.
        """
        deadline = runtime.monotonic() + _CLOSE_WITHIN_S
        self.stream.send_close()
        while not self.has_ended and (left_s := deadline - runtime.monotonic()) > 0:
            self.stream.wait(left_s)
            self.stream.receive()
        self.stream.close()

    def probe(self) -> None:
        """Request one pixel, which is answered even if nothing changes."""
        self.stream.send(requests.update_request(1, 1, is_incremental=False))

    def _ask(self, *, is_incremental: bool) -> None:
        self._request = requests.update_request(self._screen.width, self._screen.height, is_incremental=is_incremental)
        self._is_request_due = True
