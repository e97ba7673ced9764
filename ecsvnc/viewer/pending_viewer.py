"""A viewer's connection on the loopback side, and its handshake: version and password.

Any local process can connect. So each has a deadline for what it has to send next, and gets no ticket and no place in
the budget before it has given the password.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from ecsvnc.loopback.exchange import Address
from ecsvnc.rfb.handshake import MAX_EARLY_BYTES, ServerHandshake, State
from ecsvnc.runtime import Runtime

_VERSION_WITHIN_S = 10.0
_PASSWORD_WITHIN_S = 180.0
"""A person has to type it."""

_SEND_WITHIN_S = 5.0
_FREE_ATTEMPTS = 3
_LONGEST_PENALTY_S = 8.0
_READ_BYTES = 4096


def penalty_s(wrong_in_a_row: int) -> float:
    """How long to delay the next verdict on a password, also a right one: the delay must not tell them apart."""
    over = wrong_in_a_row - _FREE_ATTEMPTS
    return 0.0 if over < 0 else min(2.0**over, _LONGEST_PENALTY_S)


class PasswordVerdicts:
    """Gives the verdicts on passwords one after another, so that guessing is slow in parallel too.

    A viewer that disconnects before its turn takes no time. The number of connections bounds the queue.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._turn = threading.Lock()
        self._wrong_in_a_row = 0

    def on(self, viewer: PendingViewer, *, is_right: bool) -> bool | None:
        """Whether the password is right, after the penalty for the wrong ones before; None if the viewer has left."""
        with self._turn:
            if viewer.is_gone:
                return None
            self._runtime.sleep(penalty_s(self._wrong_in_a_row))
            self._wrong_in_a_row = 0 if is_right else self._wrong_in_a_row + 1
            return is_right


class PendingViewer:
    """A viewer that is connected, and has no console yet. See `ServedConnection`.

    `handshake` None leaves the handshake to the console (--raw).
    """

    def __init__(
        self,
        sock: socket.socket,
        peer: Address,
        local: Address,
        *,
        handshake: ServerHandshake | None,
        runtime: Runtime,
    ) -> None:
        self.sock = sock
        self.peer = peer
        self.local = local
        self._handshake = handshake
        self._runtime = runtime
        self._early = b""
        self.is_admitted = False
        """Whether this viewer may connect; False while that is not known."""
        self.waiting_until: float | None = runtime.monotonic() + _VERSION_WITHIN_S

    def close(self) -> None:
        """End it from another thread."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    @property
    def is_gone(self) -> bool:
        """Whether it has disconnected. What it has sent is read and kept: only then does the end show."""
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

    def do_handshake(self, refusal: Callable[[], str], verdicts: PasswordVerdicts) -> bool | None:
        """Do the handshake, and return whether the viewer gave the password, if one is needed.

        None if the viewer left, was too slow, or was refused with the reason that `refusal` returned after the viewer's
        first bytes. Raises RfbError for an invalid handshake, OSError if the viewer is gone.
        """
        handshake = self._handshake
        if handshake is None:
            self.waiting_until = None
            return None if refusal() else True
        self._send(handshake.greeting())
        data = self._receive()
        if data:
            handshake.refuse_after_version(refusal())
        while data:
            had_version = handshake.has_version
            output = handshake.receive(data)
            if handshake.has_version and not had_version:
                self.waiting_until = self._runtime.monotonic() + _PASSWORD_WITHIN_S
            self._send(output)
            if handshake.state in (State.VERDICT, State.REFUSED):
                break
            data = self._receive()
        if handshake.state is not State.VERDICT:
            return None
        self.waiting_until = None
        self._early = handshake.rest
        return verdicts.on(self, is_right=handshake.knows_password) if handshake.asks_password else True

    def accept(self) -> bytes:
        """Tell the viewer that it has the console. Returns what it has sent already. Raises OSError if it is gone."""
        if self._handshake is not None:
            self._send(self._handshake.accept())
        return self._early

    def reject(self, reason: str) -> None:
        """Tell the viewer why there is no console, if its version of RFB allows that."""
        if self._handshake is not None:
            with contextlib.suppress(OSError):
                self._send(self._handshake.refuse(reason))

    def _receive(self) -> bytes:
        """The next bytes; empty if it ended its side, or sent nothing in time."""
        left_s = (self.waiting_until or 0.0) - self._runtime.monotonic()
        if left_s > 0:
            self.sock.settimeout(left_s)
            with contextlib.suppress(TimeoutError):
                return self.sock.recv(_READ_BYTES)
        self._runtime.reporter.info("Closed an idle connection.")
        return b""

    def _send(self, data: bytes) -> None:
        self.sock.settimeout(_SEND_WITHIN_S)
        self.sock.sendall(data)
