"""What a loopback server is asked, what it answers, and the bounds it sets: plain values."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Address = tuple[str, int]
"""A host's IP address and a TCP port."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one client may take before it is sent away. Sizes are bytes.

    A request head, and then its body, must be whole within its time however steadily it trickles; `idle_s` is how
    long a kept connection may be silent between two requests, `send_s` how long a client may leave an answer unread.
    """

    connections: int = 256
    idle_s: float = 60.0
    head_s: float = 10.0
    body_s: float = 30.0
    send_s: float = 30.0
    head_bytes: int = 64 * 1024
    body_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """One whole request.

    `target` is as it was sent; `path` (never decoded) and `query` (without the `?`) are its parts. Header names are
    lower-case, in the order they came. `peer` and `local` are the two ends of the connection. Nothing of it but the
    method is shown by `repr`: paths, queries and headers carry nonces, tickets and signatures here.
    """

    method: str
    target: str = field(repr=False)
    path: str = field(repr=False)
    query: str = field(repr=False)
    headers: Sequence[tuple[str, str]] = field(repr=False)
    body: bytes = field(repr=False)
    peer: Address
    local: Address
    client_is_there: Callable[[], bool] = field(repr=False)
    """Whether the client still waits for the answer: worth asking after a slow one was made."""

    def header(self, name: str, default: str = "") -> str:
        """The first header of that (lower-case) name."""
        return next((value for header_name, value in self.headers if header_name == name), default)


@dataclass(frozen=True, slots=True)
class ServerResponse:
    """One answer. The server itself adds `Date` and `Content-Length`, never `Server`.

    A `Connection: close` among the headers ends the connection after it. `sent` is called once the answer was
    written, with whether all of it could be handed to the operating system (False: the client went away).
    """

    status: int
    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    sent: Callable[[bool], None] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Hand the connection over to another protocol (RFC 9110, section 7.8).

    `serve` gets the socket, without a timeout, and the raw bytes of the request head with whatever the client sent
    after it; it answers the head itself. It runs on the connection's own thread, and the socket is closed after it.
    """

    serve: Callable[[socket.socket, bytes], None] = field(repr=False)


Handler = Callable[[ServerRequest], ServerResponse | Upgrade]
Admit = Callable[[Address, Address], bool]
"""Asked with the peer's and the local address of a new connection; False: all it ever gets is a 403."""
