"""A viewer's connection on the loopback side, and its handshake: version, password, and the verdict on it.

Any local process can connect. So each has a deadline for what it has to send next, and nothing is spent on it before
it has given the password: no ticket, and no place in the budget.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from ecsvnc.console.websocket import tune
from ecsvnc.loopback.exchange import Address
from ecsvnc.loopback.listen import lingering_close
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
    """How long the next verdict on a password waits: on a right one too, or the wait itself would tell."""
    over = wrong_in_a_row - _FREE_ATTEMPTS
    return 0.0 if over < 0 else min(2.0**over, _LONGEST_PENALTY_S)


class PasswordVerdicts:
    """Gives the verdicts on passwords one after another, however many viewers ask: guessing is slow in parallel too.

    A viewer that leaves before its turn costs no time. Others of this user alone can make the queue long where only
    this user is admitted, as on Linux; elsewhere the number of connections bounds it.
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
    """A viewer that is connected, and shown nothing yet. See `ServedConnection`.

    `serve` is called with it, on its own thread. `handshake` None leaves the handshake to the console (--raw).
    """

    def __init__(
        self,
        sock: socket.socket,
        peer: Address,
        local: Address,
        *,
        handshake: ServerHandshake | None,
        serve: Callable[[PendingViewer], None],
        runtime: Runtime,
    ) -> None:
        self.sock = sock
        self.peer = peer
        self.local = local
        self._handshake = handshake
        self._serve = serve
        self._runtime = runtime
        self._early = b""
        self.is_admitted = False
        """Whether it is known to be a viewer that may connect."""
        self.waiting_until: float | None = runtime.monotonic() + _VERSION_WITHIN_S

    def run(self) -> None:
        """Serve it to its end."""
        tune(self.sock)
        try:
            self._serve(self)
        except OSError:
            self._runtime.reporter.info("The viewer closed the connection.")
        finally:
            lingering_close(self.sock, self._runtime)

    def close(self) -> None:
        """End it from another thread."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    @property
    def is_gone(self) -> bool:
        """Whether it has disconnected. What it sends meanwhile is kept: its end could not be seen otherwise."""
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

    def shake_hands(self, refusal: Callable[[], str], verdicts: PasswordVerdicts) -> bool | None:
        """Go through the handshake, and return the verdict: whether the viewer gave the password, if one is needed.

        None if there is none: the viewer left, was too slow, or was refused with the reason that `refusal` gave when
        the viewer had sent its first bytes. Raises RfbError for what is not a handshake, OSError if the viewer is gone.
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
        """Tell the viewer that the console follows. Returns what it has sent already. Raises OSError if it is gone."""
        if self._handshake is not None:
            self._send(self._handshake.accept())
        return self._early

    def reject(self, reason: str) -> None:
        """Tell the viewer why there is no console, as far as its version of RFB can."""
        if self._handshake is not None:
            with contextlib.suppress(OSError):
                self._send(self._handshake.refuse(reason))

    def _receive(self) -> bytes:
        """What it sends next; nothing if it ended its side, or sent nothing in time."""
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
