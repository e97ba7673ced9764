"""One viewer's session: its console is fetched, and then relayed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ecsvnc.console.endings import refusal_for_viewer, without_ticket
from ecsvnc.errors import EcsvncError
from ecsvnc.viewer.fetching import Fetching
from ecsvnc.viewer.relay import Relay

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.viewer.fetching import ConsoleSource, Fetched
    from ecsvnc.viewer.guest import Guest
    from ecsvnc.viewer.keepalive import Policy

_LOOK_EVERY_S = 0.2
"""How often a viewer that waits is looked at: whether it is still there."""


class Session:
    """Serves one guest from the verdict to the end, on the thread that calls `run`.

    `policy` None relays bytes as they come, with no handshake of ours towards the console and no keepalive.
    """

    def __init__(self, guest: Guest, source: ConsoleSource, *, policy: Policy | None, runtime: Runtime) -> None:
        self.failure: EcsvncError | None = None
        """Why no console came, if none came."""
        self.has_begun = False
        """Whether the viewer got a console."""
        self._guest = guest
        self._source = source
        self._policy = policy
        self._runtime = runtime
        self._lock = threading.Lock()
        self._news = threading.Event()  # the console is there, or will not be
        self._relay: Relay | None = None
        self._stopped_for = ""

    def run(self) -> None:
        """Serve, and leave the guest to be closed.

        Everything that can go wrong is told on one line; nothing of the error tree is raised.
        """
        try:
            self._serve()
        except EcsvncError as error:
            self.failure = error
            self._runtime.reporter.warn(f"No console for the viewer: {error.what} {error.hint}".rstrip())
            self._guest.turn_away(refusal_for_viewer(error))
        except OSError:  # the viewer went away while it was let in
            self._runtime.reporter.info("The viewer broke the connection.")

    def stop(self, words: str) -> None:
        """End it, from another thread, for this reason."""
        with self._lock:
            self._stopped_for = words
            relay = self._relay
        self._news.set()
        if relay is not None:
            relay.stop(words)

    def _serve(self) -> None:
        fetched = self._fetch()
        if fetched is None:
            return
        try:
            self._relay_to(fetched)
        finally:
            fetched.console.close()

    def _fetch(self) -> Fetched | None:
        """The console; None if it was stopped, or the viewer left, before it was there. Raises from the error tree."""
        fetching = Fetching(self._source, self._news.set, is_raw=self._policy is None, runtime=self._runtime)
        while not self._news.wait(_LOOK_EVERY_S):
            if self._guest.is_gone:
                self._runtime.reporter.info("The viewer disconnected before its console was there.")
                fetching.give_up()
                return None
        with self._lock:
            stopped_for = self._stopped_for
        if stopped_for:
            self._runtime.reporter.info(stopped_for)
            self._guest.turn_away(stopped_for)
            fetching.give_up()
            return None
        return fetching.result()

    def _relay_to(self, fetched: Fetched) -> None:
        early_from_viewer = self._guest.let_in()
        relay = Relay(self._guest.sock, fetched.console, policy=self._policy, runtime=self._runtime)
        with self._lock:
            self._relay = relay
            stopped_for = self._stopped_for
        if stopped_for:
            relay.stop(stopped_for)
        self.has_begun = True
        self._runtime.reporter.info("A viewer is connected.")
        ending = relay.run(early_from_viewer, fetched.early)
        tell = self._runtime.reporter.warn if ending.is_fault else self._runtime.reporter.info
        tell(without_ticket(ending.words, fetched.vnc_url))
