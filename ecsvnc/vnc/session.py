"""One viewer's session: a place in the budget, a fresh ticket, the console, and the relay between them."""

from __future__ import annotations

import selectors
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsvnc.errors import ConsoleError, EcsvncError
from ecsvnc.rfb.handshake import ClientHandshake
from ecsvnc.vnc.dial import dial
from ecsvnc.vnc.endings import Ending, console_closed, refusal_for_viewer
from ecsvnc.vnc.relay import Relay

if TYPE_CHECKING:
    from ecsvnc.console.ticket import Ticket
    from ecsvnc.runtime import Runtime
    from ecsvnc.vnc.console_stream import ConsoleStream
    from ecsvnc.vnc.guest import Guest
    from ecsvnc.vnc.keepalive import Policy

_HANDSHAKE_S = 15.0


@dataclass(frozen=True, slots=True)
class ConsoleSource:
    """Where consoles of one instance come from. Each may block, and raise from the error tree.

    `claim` waits for a place in the budget of consoles a minute, `take_ticket` asks ECS, `vnc_password` gives the
    instance's VNC password or None.
    """

    claim: Callable[[], None]
    take_ticket: Callable[[], Ticket]
    vnc_password: Callable[[], str | None]


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
            self._runtime.talk.warn(f"No console for the viewer: {error.what} {error.hint}".rstrip())
            self._guest.turn_away(refusal_for_viewer(error))
        except OSError:  # the viewer went away while it was let in
            self._runtime.talk.detail("The viewer broke the connection.")

    def stop(self, words: str) -> None:
        """End it, from another thread, for this reason."""
        with self._lock:
            self._stopped_for = words
            relay = self._relay
        if relay is not None:
            relay.stop(words)

    def _serve(self) -> None:
        self._source.claim()
        if self._guest.is_gone:  # it waited for its place: a ticket would be wasted
            self._runtime.talk.detail("The viewer disconnected before its console was there.")
            return
        self._check_stopped()
        console = dial(self._source.take_ticket().vnc_url, self._runtime)
        try:
            early = b"" if self._policy is None else self._shake_hands(console)
            self._check_stopped()
            self._relay_to(console, early)
        finally:
            console.close()

    def _relay_to(self, console: ConsoleStream, early_from_console: bytes) -> None:
        early_from_viewer = self._guest.let_in()
        relay = Relay(self._guest.sock, console, policy=self._policy, runtime=self._runtime)
        with self._lock:
            self._relay = relay
            stopped_for = self._stopped_for
        if stopped_for:
            relay.stop(stopped_for)
        self.has_begun = True
        self._runtime.talk.detail("A viewer is connected.")
        ending = relay.run(early_from_viewer, early_from_console)
        self._tell(ending)

    def _shake_hands(self, console: ConsoleStream) -> bytes:
        """Our side of the console's handshake. Returns what came after it."""
        handshake = ClientHandshake(password=self._source.vnc_password)
        deadline = self._runtime.monotonic() + _HANDSHAKE_S
        with selectors.DefaultSelector() as selector:
            selector.register(console, selectors.EVENT_READ)
            while not handshake.is_done:
                if console.has_ended and not console.holds_received:
                    raise ConsoleError(
                        console_closed(console.close_code or 0, console.close_reason, idle_s=0).words,
                        hint="Connect again: the viewer then gets a fresh ticket.",
                    )
                left_s = deadline - self._runtime.monotonic()
                if left_s <= 0:
                    raise ConsoleError(
                        "The console accepted the ticket, but did not answer.",
                        hint="Try again; `--raw` leaves the handshake to the viewer.",
                    )
                if not console.holds_received:
                    selector.select(left_s)
                for piece in console.receive():
                    console.send(handshake.receive(bytes(piece)))
        return handshake.rest

    def _check_stopped(self) -> None:
        with self._lock:
            if self._stopped_for:
                raise ConsoleError(self._stopped_for, hint="Connect again when the console is free.")

    def _tell(self, ending: Ending) -> None:
        tell = self._runtime.talk.warn if ending.is_fault else self._runtime.talk.detail
        tell(ending.words)
