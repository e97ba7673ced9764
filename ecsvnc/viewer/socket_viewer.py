"""A VNC viewer's connection as the relay reads and writes it."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence

from ecsvnc.console.nonblocking import Outbox, Piece

_READ_BYTES = 64 * 1024


class SocketViewer:
    """A VNC viewer on a connected socket, which becomes non-blocking. See `Viewer`."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.has_ended = False
        self.is_broken = False
        self.holds_received = False
        self._sock = sock
        self._outbox = Outbox(sock)
        self._buffer = memoryview(bytearray(_READ_BYTES))

    def fileno(self) -> int:
        """For a selector."""
        return self._sock.fileno()

    @property
    def has_sent_all(self) -> bool:
        """Whether nothing waits to be sent."""
        return self._outbox.is_empty

    def receive(self) -> Sequence[Piece]:
        """What one read brings, valid until the next one."""
        try:
            count = self._sock.recv_into(self._buffer)
        except BlockingIOError:
            return ()
        except OSError:
            self.is_broken = True
            return ()
        self.has_ended = not count
        return (self._buffer[:count],) if count else ()

    def put(self, pieces: Iterable[Piece]) -> None:
        """Send these; what does not go at once waits for `flush`."""
        try:
            self._outbox.put(pieces)
        except OSError:
            self.is_broken = True

    def flush(self) -> None:
        """Send what waits, as far as it goes."""
        self.put(())
