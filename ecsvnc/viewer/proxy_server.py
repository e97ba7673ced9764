"""The loopback proxy: a VNC server on a TCP port whose screen is an instance's console.

It stays up over any number of viewers, one after another; each gets a fresh ticket.
"""

from __future__ import annotations

import socket
import sys
import threading
import traceback
from dataclasses import dataclass, field
from ipaddress import ip_address

from ecsvnc.errors import EcsvncError, UsageError
from ecsvnc.loopback.names import is_loopback
from ecsvnc.runtime import Runtime
from ecsvnc.viewer.fetching import ConsoleSource
from ecsvnc.viewer.guest import Guest
from ecsvnc.viewer.keepalive import Policy
from ecsvnc.viewer.reception import Reception
from ecsvnc.viewer.seat import Seat
from ecsvnc.viewer.session import Session

DEFAULT_HOST = "127.0.0.1"

_BACKLOG = 128
_PASSWORD_LENGTH = 8
_PASSWORD_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105  # an alphabet, no password
"""Without those that look like another: l, o, I, O, 0, 1."""

_OCCUPIED = "Another viewer is connected. `ecsvnc proxy --take-over` lets a new one take its place."
_STUCK = "Another viewer is connected, and does not leave. Try again in a moment."
_TAKEN_OVER = "Another viewer took over."
_ENDED = "ecsvnc ended."


@dataclass(frozen=True, slots=True)
class Manner:
    """How viewers are served.

    `password` is asked for by VNC authentication, None asks for none. `policy` says how the console is kept open.
    `is_raw` relays bytes and nothing else: no password, no keepalive. `takes_over` lets a new viewer end the old one's
    connection.
    """

    password: str | None = field(repr=False)
    policy: Policy = field(default_factory=Policy)
    is_raw: bool = False
    takes_over: bool = False


def one_time_password(runtime: Runtime) -> str:
    """A password for one run: eight letters and digits, which is all that VNC authentication heeds. 46 bits."""
    letters = ""
    fair = 256 - 256 % len(_PASSWORD_LETTERS)  # bytes from there on would prefer the first letters
    while len(letters) < _PASSWORD_LENGTH:
        letters += "".join(
            _PASSWORD_LETTERS[byte % len(_PASSWORD_LETTERS)] for byte in runtime.random_bytes(16) if byte < fair
        )
    return letters[:_PASSWORD_LENGTH]


class ProxyServer:
    """Serves consoles from `source` on `host`:`port` from `start` to `stop`; port 0 is a free one.

    The port is bound at construction. Raises UsageError if it cannot be had.
    """

    def __init__(
        self, source: ConsoleSource, manner: Manner, *, runtime: Runtime, host: str = DEFAULT_HOST, port: int = 0
    ) -> None:
        self.host = host
        self.seat = Seat(runtime)
        self.failure: EcsvncError | None = None
        """Why the last viewer that wanted a console got none; None if it got one, or none came."""
        self.consoles_shown = 0
        """How many viewers got one."""
        self._source = source
        self._manner = manner
        self._runtime = runtime
        listener = _listen(host, port)
        address, self.port = listener.getsockname()[:2]
        self.host_here = _reachable(host, address)
        """What a viewer on this machine connects to."""
        self.reception = Reception(
            listener,
            self._admit,
            password=None if manner.is_raw else manner.password,
            is_raw=manner.is_raw,
            refusal=self._refusal,
            runtime=runtime,
        )
        if not is_loopback(host):
            self._warn_of_bind()

    def start(self) -> None:
        """Begin to serve, on threads that do not keep the process alive."""
        self.reception.start()

    def stop(self) -> None:
        """Close the port, and end the viewer that is connected."""
        self.reception.stop()
        self.seat.clear(_ENDED)

    def _refusal(self) -> str:
        return _OCCUPIED if self.seat.is_taken and not self._manner.takes_over else ""

    def _admit(self, guest: Guest) -> None:
        self.seat.announce()
        try:
            threading.Thread(target=self._serve, args=(guest,), name="vnc-session", daemon=True).start()
        except RuntimeError:  # the system has no thread left
            self.seat.miss()
            guest.sock.close()

    def _serve(self, guest: Guest) -> None:
        policy = None if self._manner.is_raw else self._manner.policy
        session = Session(guest, self._source, policy=policy, runtime=self._runtime)
        if not self.seat.take(session, from_whom_sits=_TAKEN_OVER if self._manner.takes_over else ""):
            why = _STUCK if self._manner.takes_over else _OCCUPIED
            self._runtime.reporter.warn(f"A viewer was refused: {why}")
            guest.turn_away(why)
            guest.close()
            return
        try:
            session.run()
            self.failure = session.failure
            self.consoles_shown += session.has_begun
        except Exception as error:  # noqa: BLE001  # a bug ends one connection, not the proxy; its text may be secret
            place = traceback.extract_tb(error.__traceback__)[-1]
            self._runtime.reporter.warn(
                f"This is a bug in ecsvnc: {type(error).__name__} at {place.name}, line {place.lineno}. "
                "The connection was closed; the proxy goes on."
            )
        finally:
            self.seat.leave()  # first: the next viewer need not wait for this one to hang up
            guest.close()

    def _warn_of_bind(self) -> None:
        protection = (
            "VNC authentication is all that protects it, and nothing is encrypted"
            if self._manner.password is not None and not self._manner.is_raw
            else "it asks for no password, and nothing is encrypted"
        )
        self._runtime.reporter.warn(
            f"The console is reachable from other machines ({self.host}): {protection}. "
            "`ssh -L` to a proxy on 127.0.0.1 is safer."
        )


def _reachable(host: str, address: str) -> str:
    """The host that was asked for; if what it is bound to is "every address", then this machine's own."""
    bound_to = ip_address(address)
    if not bound_to.is_unspecified:
        return host
    return DEFAULT_HOST if bound_to.version == 4 else "::1"


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises UsageError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise _unusable(host, port, error) from None
    try:
        if sys.platform == "win32":
            # There, SO_REUSEADDR would let another process take the port over while we serve it.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _unusable(host, port, error) from None
    return listener


def _unusable(host: str, port: int, error: Exception) -> UsageError:
    reason = getattr(error, "strerror", None) or str(error)
    another_address = "" if host == DEFAULT_HOST else ", or another address with --bind"
    return UsageError(
        f"Cannot listen on {host}, port {port}: {reason}.",
        hint=f"Choose another port with --port (0: a free one){another_address}.",
    )
