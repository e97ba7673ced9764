"""One viewer's session: its console is connected, and then relayed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ecsvnc.console.connect import ConsoleConnect
from ecsvnc.console.endings import refusal_for_viewer
from ecsvnc.console.relay import Relay
from ecsvnc.errors import EcsvncError
from ecsvnc.viewer.socket_viewer import SocketViewer

if TYPE_CHECKING:
    from ecsvnc.console.keepalive import Policy
    from ecsvnc.console.websocket import WebSocketStream
    from ecsvnc.runtime import Runtime
    from ecsvnc.tickets.instance_tickets import InstanceTickets
    from ecsvnc.viewer.pending_viewer import PendingViewer

_CHECK_EVERY_S = 0.2
"""How often to check whether a waiting viewer is still connected."""

_LEFT_EARLY = "The viewer disconnected before its console was connected."


class ViewerSession:
    """Serves one viewer that gave the password to its end, on the thread that calls `run`.

    `vnc_password` returns the instance's VNC password or None; it is called if the console asks for it. `policy` None
    (--raw) relays bytes as they come, without a handshake with the console and without keepalive.
    """

    def __init__(
        self,
        viewer: PendingViewer,
        tickets: InstanceTickets,
        vnc_password: Callable[[], str | None],
        *,
        policy: Policy | None,
        runtime: Runtime,
    ) -> None:
        self.failure: EcsvncError | None = None
        """Why there was no console."""
        self.has_begun = False
        """Whether the viewer got a console."""
        self._viewer = viewer
        self._tickets = tickets
        self._vnc_password = vnc_password
        self._policy = policy
        self._runtime = runtime
        self._lock = threading.Lock()
        self._settled = threading.Event()  # the console is connected, or it failed, or `stop` was called
        self._relay: Relay | None = None
        self._stop_reason = ""

    def run(self) -> None:
        """Serve the viewer; the caller closes its connection.

        A failure is reported on one line; nothing of the error tree is raised.
        """
        try:
            connecting = ConsoleConnect(
                self._tickets,
                self._vnc_password,
                self._settled.set,
                is_raw=self._policy is None,
                runtime=self._runtime,
            )
            console = self._await(connecting)
        except EcsvncError as error:
            self.failure = error
            self._runtime.reporter.warn(f"No console for the viewer: {error.what} {error.hint}".rstrip())
            self._viewer.reject(refusal_for_viewer(error))
            return
        if console is not None:
            try:
                self._relay_to(console, connecting)
            except OSError as error:  # for example, this process has too many files open
                self._runtime.reporter.warn(f"The viewer was disconnected: {error.strerror or type(error).__name__}.")
            finally:
                console.close()

    def stop(self, reason: str) -> None:
        """End it, from another thread."""
        with self._lock:
            self._stop_reason = reason
            relay = self._relay
        self._settled.set()
        if relay is not None:
            relay.stop(reason)

    def _await(self, connecting: ConsoleConnect) -> WebSocketStream | None:
        """The console; None if the session was stopped, or the viewer left, before it was connected."""
        while not self._settled.wait(_CHECK_EVERY_S):
            connecting.check_time()
            if self._viewer.is_gone:
                self._runtime.reporter.info(_LEFT_EARLY)
                connecting.cancel()
                return None
        with self._lock:
            stop_reason = self._stop_reason
        if stop_reason:
            self._runtime.reporter.info(stop_reason)
            self._viewer.reject(stop_reason)
            connecting.cancel()
            return None
        return connecting.result()

    def _relay_to(self, console: WebSocketStream, connected: ConsoleConnect) -> None:
        try:
            early_from_viewer = self._viewer.accept()
        except OSError:
            self._runtime.reporter.info(_LEFT_EARLY)
            return
        relay = Relay(SocketViewer(self._viewer.sock), console, policy=self._policy, runtime=self._runtime)
        with self._lock:
            self._relay = relay
            stop_reason = self._stop_reason
        if stop_reason:
            relay.stop(stop_reason)
        self.has_begun = True
        self._runtime.reporter.info("A viewer is connected.")
        ending = relay.run(early_from_viewer, connected.handshake.rest)
        tell = self._runtime.reporter.warn if ending.is_fault else self._runtime.reporter.info
        tell(connected.without_ticket(ending.words))
