"""What waits to be sent on a non-blocking socket."""

from __future__ import annotations

import socket
import ssl
from collections import deque
from collections.abc import Iterable
from itertools import islice

_MOST_PIECES = 512
"""How many pieces one system call takes at most; the usual limit is 1024 (IOV_MAX)."""


Piece = bytes | bytearray | memoryview


class Outbox:
    """Sends pieces in order, as many as one call takes, and keeps the rest without copying it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._waiting: deque[memoryview] = deque()
        # A TLS socket has no sendmsg that works; nor has Windows one.
        self._gathers = hasattr(sock, "sendmsg") and not isinstance(sock, ssl.SSLSocket)

    @property
    def is_empty(self) -> bool:
        """Whether everything has been given to the system."""
        return not self._waiting

    def put(self, pieces: Iterable[Piece]) -> None:
        """Send these after what waits already, as far as that goes without blocking. Raises OSError."""
        self._waiting.extend(memoryview(piece) for piece in pieces if len(piece))
        self.flush()

    def flush(self) -> None:
        """Send as much as goes without blocking. Raises OSError if the connection is broken."""
        while self._waiting:
            try:
                sent = self._send()
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return
            self._forget(sent)

    def _send(self) -> int:
        if self._gathers and len(self._waiting) > 1:
            return self._sock.sendmsg(list(islice(self._waiting, _MOST_PIECES)))
        return self._sock.send(self._waiting[0])

    def _forget(self, sent: int) -> None:
        while sent:
            first = self._waiting[0]
            if sent < len(first):
                self._waiting[0] = first[sent:]
                return
            sent -= len(first)
            self._waiting.popleft()
