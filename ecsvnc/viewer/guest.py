"""A viewer at the door: its socket, and how far it has come with the handshake."""

from __future__ import annotations

import contextlib
import socket

from ecsvnc.rfb.handshake import MAX_EARLY_BYTES, ServerHandshake
from ecsvnc.runtime import Runtime
from ecsvnc.viewer.relay import lingering_close

_SEND_TIMEOUT_S = 5.0
_READ_BYTES = 4096


class Guest:
    """A viewer that may come in. `handshake` stands at its verdict; None if the bytes are only to be relayed."""

    def __init__(self, sock: socket.socket, handshake: ServerHandshake | None, *, runtime: Runtime) -> None:
        self.sock = sock
        self._handshake = handshake
        self._runtime = runtime
        self._early = b"" if handshake is None else handshake.rest

    @property
    def is_gone(self) -> bool:
        """Whether it has disconnected while it waits. What it sends meanwhile is kept: its end would hide behind it."""
        self.sock.setblocking(False)
        try:
            while len(self._early) < MAX_EARLY_BYTES:
                data = self.sock.recv(_READ_BYTES)
                if not data:
                    return True
                self._early += data
        except BlockingIOError:
            return False
        except OSError:
            return True
        return False

    def let_in(self) -> bytes:
        """Tell the viewer that the console follows. Returns what it has sent already. Raises OSError if it is gone."""
        if self._handshake is not None:
            self._send(self._handshake.accept())
        return self._early

    def turn_away(self, reason: str) -> None:
        """Tell the viewer why there is no console, as far as its version of RFB can. `close` is still to be called."""
        if self._handshake is not None:
            with contextlib.suppress(OSError):
                self._send(self._handshake.refuse(reason))

    def close(self) -> None:
        """Close, after a moment in which the viewer can read what was sent last."""
        lingering_close(self.sock, self._runtime)

    def _send(self, data: bytes) -> None:
        self.sock.settimeout(_SEND_TIMEOUT_S)
        self.sock.sendall(data)
