"""The loopback proxy: a VNC server on a TCP port whose screen is an instance's console.

It serves any number of viewers, one after another; each gets a fresh ticket.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, NoReturn

from ecsvnc.console.active_session import ActiveSession
from ecsvnc.console.keepalive import Policy
from ecsvnc.console.websocket import tune
from ecsvnc.errors import EcsvncError, RfbError, VncPasswordError
from ecsvnc.loopback.exchange import Address
from ecsvnc.loopback.listen import Listener, lingering_close
from ecsvnc.loopback.names import is_loopback
from ecsvnc.loopback.peers import admit_this_user
from ecsvnc.rfb.handshake import ServerHandshake
from ecsvnc.rfb.vnc_auth import CHALLENGE_BYTES
from ecsvnc.runtime import random_letters
from ecsvnc.settings.table import KEEPALIVE
from ecsvnc.settings.vnc_password import vnc_password_source
from ecsvnc.viewer.asked_password import AskedPassword
from ecsvnc.viewer.pending_viewer import PasswordVerdicts, PendingViewer
from ecsvnc.viewer.viewer_session import ViewerSession

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.resolve import Settings
    from ecsvnc.tickets.instance_tickets import InstanceTickets

DEFAULT_HOST = "127.0.0.1"

MOST_CONNECTIONS = 64

_CHECK_EVERY_S = 1.0

_PASSWORD_LENGTH = 8
_PASSWORD_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105  # an alphabet, no password
"""Without characters that look alike: l, o, I, O, 0, 1."""

_OCCUPIED = "Another viewer is connected. With `ecsvnc proxy --take-over`, a new viewer takes its place."
_STUCK = "Another viewer is connected and has not disconnected yet. Try again in a moment."
_TAKEN_OVER = "Another viewer took over."
_ENDED = "ecsvnc was stopped."
_NOT_THIS_USER = "This proxy only accepts connections from the user who started it, and root."
_WRONG_PASSWORD = "The password is wrong. `ecsvnc proxy` shows the right one when it starts."  # noqa: S105  # no secret


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """The user's options of the proxy.

    Port 0 is any free port. `asks_password`: viewers need a password, made for this run. `is_raw` relays bytes and
    nothing else: no password, no keepalive. `takes_over`: a new viewer ends the session of the one before.
    `max_idle_s` is how many seconds without input a console is kept open. `vnc_password` is the instance's own.
    """

    max_idle_s: float
    host: str = DEFAULT_HOST
    port: int = 0
    asks_password: bool = True
    is_raw: bool = False
    takes_over: bool = False
    vnc_password: str | None = field(default=None, repr=False)


def one_time_password(runtime: Runtime) -> str:
    """A password for one run: eight letters and digits, which is all that VNC authentication uses. 46 bits."""
    return random_letters(_PASSWORD_LENGTH, _PASSWORD_LETTERS, runtime.random_bytes)


class ProxyServer(Listener[PendingViewer]):
    """Serves the consoles of one instance, from `start` to `stop`.

    On Linux, of the processes on this machine only those of this user and root are admitted. The port is bound at
    construction. Raises UsageError if it cannot be used. `prompt` asks the user for the VNC password if a console
    requires one and none is given or stored: it is called by `wait`.
    """

    def __init__(
        self,
        tickets: InstanceTickets,
        options: ProxyOptions,
        *,
        settings: Settings,
        prompt: Callable[[], str | None] | None = None,
        runtime: Runtime,
    ) -> None:
        super().__init__(
            self._new_viewer,
            self._serve_viewer,
            host=options.host,
            port=options.port,
            most=MOST_CONNECTIONS,
            runtime=runtime,
        )
        self.host_here = _reachable(options.host, self.address)
        """The host that a viewer on this machine connects to."""
        asks_password = options.asks_password and not options.is_raw
        self.password = one_time_password(runtime) if asks_password else None
        """The password that viewers must give; None if they need none."""
        self.failure: EcsvncError | None = None
        """Why the last viewer that gave the password got no console; None if it got one."""
        self.consoles_shown = 0
        """How many viewers got a console."""
        self.viewers_connected = 0
        """The number of open connections."""
        self.viewers_seen = 0
        """The number of all connections so far."""
        self.viewers_with_password = 0
        """How many viewers gave the password, or needed none."""
        self._last_left_at = runtime.monotonic()
        self._counting = threading.Lock()
        self.tickets = tickets
        self._options = options
        self._asked_password = AskedPassword(prompt) if prompt is not None else None
        self._vnc_password = vnc_password_source(
            options.vnc_password, tickets.instance_id, settings, ask=self._asked_password
        )
        self._runtime = runtime
        self._policy = None if options.is_raw else Policy(settings[KEEPALIVE], options.max_idle_s)
        self._active = ActiveSession(runtime)
        self._verdicts = PasswordVerdicts(runtime)
        self._admit = admit_this_user(runtime)
        self._warn_of_access()

    def stop(self) -> None:
        """Close the port, and end the viewer that is connected."""
        self._active.end(_ENDED)
        super().stop()

    def wait(self) -> NoReturn:
        """Wait until Ctrl-C. Prompts for the VNC password when a console requires it and it is not stored."""
        while True:
            if self._asked_password is not None:
                self._asked_password.answer(within_s=_CHECK_EVERY_S)
            else:
                self._runtime.sleep(_CHECK_EVERY_S)

    @property
    def is_occupied(self) -> bool:
        """Whether a viewer that gave the password has the console, or waits for it."""
        return self._active.is_taken

    @property
    def quiet_for_s(self) -> float:
        """Seconds since the last of this user's viewers disconnected, or since the start."""
        return self._runtime.monotonic() - self._last_left_at

    def _new_viewer(self, sock: socket.socket, peer: Address, local: Address) -> PendingViewer:
        handshake = None
        if not self._options.is_raw:
            challenge = self._runtime.random_bytes(CHALLENGE_BYTES)
            handshake = ServerHandshake(password=self.password, challenge=challenge)
        return PendingViewer(sock, peer, local, handshake=handshake, runtime=self._runtime)

    def _serve_viewer(self, viewer: PendingViewer) -> None:
        """Serve one connection to its end, on its thread."""
        with self._connected(viewer):
            if not self._has_password(viewer):
                return
            with self._counting:
                self.viewers_with_password += 1
            session = ViewerSession(
                viewer, self.tickets, self._vnc_password, policy=self._policy, runtime=self._runtime
            )
            takes_over = self._options.takes_over
            if not self._active.acquire(session, end_other_for=_TAKEN_OVER if takes_over else ""):
                reason = _STUCK if takes_over else _OCCUPIED
                self._runtime.reporter.warn(f"A viewer was refused: {reason}")
                viewer.reject(reason)
                return
            try:
                session.run()
                self.failure = session.failure
                if isinstance(session.failure, VncPasswordError) and self._asked_password is not None:
                    self._asked_password.forget()
                self.consoles_shown += session.has_begun
            except Exception as error:  # noqa: BLE001  # a bug ends one connection, not the proxy
                self._report_bug(error)
            finally:
                self._active.release()

    @contextlib.contextmanager
    def _connected(self, viewer: PendingViewer) -> Iterator[None]:
        """Count the connection while it lasts, and close it at the end."""
        tune(viewer.sock)
        with self._counting:
            self.viewers_connected += 1
            self.viewers_seen += 1
        try:
            yield
        except OSError:
            self._runtime.reporter.info("The viewer closed the connection.")
        finally:
            with self._counting:
                self.viewers_connected -= 1
                if viewer.is_admitted:
                    self._last_left_at = self._runtime.monotonic()
            lingering_close(viewer.sock, self._runtime)

    def _has_password(self, viewer: PendingViewer) -> bool:
        """Whether the viewer gave the password, or needs none. Tells a viewer that its password is wrong."""
        try:
            verdict = viewer.do_handshake(lambda: self._refusal(viewer), self._verdicts)
        except RfbError as error:
            tell = self._runtime.reporter.warn if viewer.is_admitted else self._runtime.reporter.info
            tell(f"A connection was closed: {error.what}")
            return False
        if verdict is False:
            self._runtime.reporter.warn("A viewer gave a wrong password.")
            viewer.reject(_WRONG_PASSWORD)
        return bool(verdict)

    def _refusal(self, viewer: PendingViewer) -> str:
        """Why the viewer is refused before it is asked for a password; empty if it is not.

        Called when it has sent something: finding the owner of a connection takes milliseconds.
        """
        if not self._is_admitted(viewer):
            return _NOT_THIS_USER
        viewer.is_admitted = True
        if not self.is_occupied or self._options.takes_over:
            return ""
        self._runtime.reporter.warn(f"A viewer was refused: {_OCCUPIED}")
        return _OCCUPIED

    def _is_admitted(self, viewer: PendingViewer) -> bool:
        """Whether the viewer is this user's or root's, or on another machine, where the user is not known."""
        is_from_here = is_loopback(viewer.peer[0]) or viewer.peer[0] == viewer.local[0]
        return self._admit is None or not is_from_here or self._admit(viewer.peer, viewer.local)

    def _report_bug(self, error: Exception) -> None:
        """Report the place of a bug, without its text, which may be secret."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        self._runtime.reporter.warn(
            f"This is a bug in ecsvnc: {type(error).__name__} at {place.name}, line {place.lineno}. "
            "The connection was closed; the proxy keeps running."
        )

    def _warn_of_access(self) -> None:
        if not is_loopback(self.host):
            protection = "protected only by VNC authentication" if self.password else "not protected by a password"
            self._runtime.reporter.warn(
                f"The console is reachable from other machines ({self.host}): {protection}, and not encrypted. "
                "A proxy on 127.0.0.1 that is forwarded with `ssh -L` is safer."
            )
        elif self._admit is None and self.password is None:
            self._runtime.reporter.warn(
                "Every user of this machine can connect: viewers need no password, and this system does not report "
                "the owner of a connection."
            )


def _reachable(host: str, address: str) -> str:
    """The given host; a loopback address of this machine if the port is bound to every address."""
    bound_to = ip_address(address)
    if not bound_to.is_unspecified:
        return host
    return DEFAULT_HOST if bound_to.version == 4 else "::1"
