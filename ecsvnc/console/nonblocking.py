"""Non-blocking sockets: waits until some of them are ready, and keeps what could not be sent yet."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Protocol

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""What a non-blocking socket raises when it can do nothing now."""

_MAX_PIECES = 512
"""How many pieces one system call takes at most; the usual limit is 1024 (IOV_MAX)."""

_MAX_WAIT_S = 1e6

# Unlike epoll, neither needs a system call to wait for other events.
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)

Piece = bytes | bytearray | memoryview


class HasFileno(Protocol):
    """Something that can be waited for."""

    def fileno(self) -> int:
        """The file descriptor."""


def wait_ready(wanted: Mapping[HasFileno, int], timeout_s: float | None) -> set[object]:
    """Wait until one of these is ready for its events (READ, WRITE, both; 0 for none), and return all that are.

    `timeout_s` None waits without a limit. Empty after a timeout, and after 11 days, the limit of poll.
    """
    with _Selector() as selector:
        for fileobj, events in wanted.items():
            if events:
                selector.register(fileobj, events)
        return {key.fileobj for key, _ in selector.select(None if timeout_s is None else min(timeout_s, _MAX_WAIT_S))}


class Outbox:
    """Sends pieces in order, and keeps what could not be sent without copying it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._waiting: deque[memoryview] = deque()
        # sendmsg does not work on a TLS socket, and Windows does not have it.
        self._gathers = hasattr(sock, "sendmsg") and not isinstance(sock, ssl.SSLSocket)

    @property
    def is_empty(self) -> bool:
        """Whether everything has been given to the system."""
        return not self._waiting

    def put(self, pieces: Iterable[Piece]) -> None:
        """Send these after what waits already, as far as possible without blocking. Raises OSError."""
        self._waiting.extend(memoryview(piece) for piece in pieces if len(piece))
        self.flush()

    def flush(self) -> None:
        """Send as much as possible without blocking. Raises OSError if the connection is broken."""
        with contextlib.suppress(*WOULD_BLOCK):
            while self._waiting:
                self._drop(self._send())

    def _send(self) -> int:
        if self._gathers and len(self._waiting) > 1:
            return self._sock.sendmsg(list(islice(self._waiting, _MAX_PIECES)))
        return self._sock.send(self._waiting[0])

    def _drop(self, sent: int) -> None:
        while sent:
            first = self._waiting.popleft()
            if sent < len(first):
                self._waiting.appendleft(first[sent:])
                return
            sent -= len(first)
