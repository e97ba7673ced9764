"""One connection to a console whose screen is followed: requests go out, updates come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsvnc.console.keepalive import Keepalive, Policy
from ecsvnc.errors import ConsoleError
from ecsvnc.rfb import client_requests as requests
from ecsvnc.rfb.server_messages import READABLE, ServerMessages, pixel_format

if TYPE_CHECKING:
    from ecsvnc.console.connect import ConsoleConnect
    from ecsvnc.console.websocket import ConsoleStream
    from ecsvnc.rfb.server_init import ServerInit


class ShownConsole:
    """A console that `connected` has connected, at `now`; `work` first reads what came with its handshake.

    Nothing here blocks. `bytes_per_pixel` is the framebuffer's.
    """

    def __init__(
        self, stream: ConsoleStream, connected: ConsoleConnect, bytes_per_pixel: int, *, policy: Policy, now: float
    ) -> None:
        self.stream = stream
        self.connected = connected
        self.messages = ServerMessages(bytes_per_pixel)
        self.connected_at_s = now
        self.version = 0
        """Grows with every update of the screen."""
        self.updates = 0
        """How many of them there have been in its present size."""
        self.first_update_at_s: float | None = None
        """When the first of these came: it may be black, or old."""
        self.last_update_at_s = now
        self.keepalive = Keepalive(policy, now=now)
        self._early = connected.handshake.rest
        self._has_asked = False
        self._request = b""  # the last one for the whole screen
        self._screen = self.messages.framebuffer
        stream.send(requests.CLIENT_INIT)

    @property
    def init(self) -> ServerInit:
        """What the console said first. Raises ConsoleError before that."""
        if self.messages.init is None:
            raise ConsoleError("The console has not answered yet.", hint="Wait, then try again.")
        return self.messages.init

    @property
    def close_code_and_reason(self) -> tuple[int, str]:
        """How it ended; the reason without the ticket, which the console may repeat."""
        return self.stream.close_code or 0, self.connected.without_ticket(self.stream.close_reason)

    @property
    def is_open(self) -> bool:
        """Whether the console has said what it is, and keys can be sent."""
        return self._has_asked and not self.has_ended

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes."""
        return self.stream.has_ended and not self.stream.holds_received

    def work(self, now: float) -> None:
        """Send what waits, and read what came, once. Raises RfbError."""
        self.stream.flush()
        early, self._early = self._early, b""
        for piece in (early, *self.stream.receive()):
            self._take(piece, now)
        due_in_s = self.keepalive.due_in_s(now)
        if self.is_open and self.stream.has_sent_all and due_in_s is not None and due_in_s <= 0:
            self.stream.send(self._request)
            self.keepalive.sent(now)

    def _take(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Read these bytes of the console. Raises RfbError."""
        before = self.messages.updates
        self.messages.receive(data)
        init = self.messages.init
        if init is not None and not self._has_asked:
            self._has_asked = True
            wanted = pixel_format(self.messages.framebuffer.bytes_per_pixel)
            self.stream.send(requests.set_pixel_format(wanted) + requests.set_encodings(READABLE))
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
        self.keepalive.heard_input(now)

    def probe(self) -> None:
        """Ask for one pixel: an update comes even if nothing changes."""
        self.stream.send(requests.update_request(1, 1, is_incremental=False))

    def _ask(self, *, is_incremental: bool) -> None:
        self._request = requests.update_request(self._screen.width, self._screen.height, is_incremental=is_incremental)
        self.stream.send(self._request)
