"""The requests, answers and limits of a loopback server: plain values."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Address = tuple[str, int]
"""A host's IP address and a TCP port."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one client may take before its connection is closed. Sizes are bytes.

    A request's head, and then its body, must be complete within `head_s` and `body_s`, even if it arrives steadily.
    `idle_s` is how long a connection may be silent between two requests, `send_s` how long an answer may stay unread.
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
    lower-case, in the order of the request. `peer` and `local` are the two ends of the connection. `repr` shows
    nothing but the method: paths, queries and headers contain nonces, tickets and signatures here.
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
    """Whether the client still waits for the answer. Check it before and after slow work."""

    def header(self, name: str, default: str = "") -> str:
        """The first header of that (lower-case) name."""
        return next((value for header_name, value in self.headers if header_name == name), default)


@dataclass(frozen=True, slots=True)
class ServerResponse:
    """One answer. The server itself adds `Date` and `Content-Length`, never `Server`.

    A `Connection: close` among the headers ends the connection after it. `sent` is called once the answer was
    written, with whether the operating system accepted all of it (False: the client has closed the connection).
    """

    status: int
    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    sent: Callable[[bool], None] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Continue the connection in another protocol (RFC 9110, section 7.8).

    `serve` gets the socket, without a timeout, and the raw bytes of the request head with whatever the client sent
    after it; it answers the head itself. It runs on the connection's own thread, and the socket is closed after it.
    """

    serve: Callable[[socket.socket, bytes], None] = field(repr=False)


Handler = Callable[[ServerRequest], ServerResponse | Upgrade]
Admit = Callable[[Address, Address], bool]
"""Called with the peer's and the local address of a new connection. False: every answer is a 403."""
