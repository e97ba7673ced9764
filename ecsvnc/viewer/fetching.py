"""Fetching a console for a viewer, who may leave meanwhile: a place in the budget, a ticket, the connection.

Each of them can block for long, so they run on a thread of their own. Nobody waits for it once the console is not
wanted any more: it ends at its next step, and uses up nothing from there on.
"""

from __future__ import annotations

import selectors
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsvnc.background import in_background
from ecsvnc.console.connect import Call
from ecsvnc.console.endings import RECONNECT, why_closed, without_ticket
from ecsvnc.errors import ConsoleError
from ecsvnc.rfb.handshake import ClientHandshake

if TYPE_CHECKING:
    from ecsvnc.console.stream import ConsoleStream
    from ecsvnc.runtime import Runtime
    from ecsvnc.tickets.ticket import Ticket, VncUrl

_ANSWER_WITHIN_S = 15.0

_END_WITHIN_S = 1.0
"""How long a console that is being asked for may still open when it is given up, to be closed properly.

ECS lets the newest session win. One that was hung up on before it answered might open after the next viewer's.
"""


@dataclass(frozen=True, slots=True)
class ConsoleSource:
    """Where consoles of one instance come from. Each may block, and raise from the error tree; safe for threads.

    `claim` waits for a place in the budget of consoles a minute, and returns whether it has one: not, if what it is
    given says that nobody wants it any more. `take_ticket` asks ECS, `vnc_password` gives the instance's VNC password
    or None.
    """

    claim: Callable[[Callable[[], bool]], bool]
    take_ticket: Callable[[], Ticket]
    vnc_password: Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A console that is connected, what came early from it, and which one it is."""

    console: ConsoleStream
    early: bytes
    vnc_url: VncUrl


class Fetching:
    """One console on its way. It begins at construction; `when_done` is called at its end, on another thread.

    `is_raw` leaves the console's handshake to the viewer.
    """

    def __init__(self, source: ConsoleSource, when_done: Callable[[], None], *, is_raw: bool, runtime: Runtime) -> None:
        self._source = source
        self._is_raw = is_raw
        self._runtime = runtime
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._call: Call | None = None
        self._fetched: Future[Fetched | None] = in_background(self._fetch, name="vnc-fetching")
        self._fetched.add_done_callback(lambda _: when_done())

    def result(self) -> Fetched | None:
        """The console, once it is there. Raises what was in its way, from the error tree; None after `give_up`."""
        return self._fetched.result()

    def give_up(self) -> None:
        """Nobody wants it any more. Returns at once, or a moment later if the console is being asked for."""
        with self._lock:
            self._is_over.set()
            call = self._call
        self._fetched.add_done_callback(_close)
        if call is not None:
            wait([self._fetched], _END_WITHIN_S)
            call.hang_up()

    def _fetch(self) -> Fetched | None:
        if not self._source.claim(self._is_over.is_set) or self._is_over.is_set():
            return None
        vnc_url = self._source.take_ticket().vnc_url
        call = Call(vnc_url, self._runtime)
        with self._lock:
            if self._is_over.is_set():
                return None
            self._call = call
        console = call.make()
        try:
            early = b"" if self._is_raw else self._shake_hands(console)
        except ConsoleError as error:  # it may quote the console
            console.close()
            raise type(error)(without_ticket(error.what, vnc_url), hint=error.hint) from None
        except BaseException:
            console.close()
            raise
        return Fetched(console, early, vnc_url)

    def _shake_hands(self, console: ConsoleStream) -> bytes:
        """Our side of the console's handshake. Returns what came after it."""
        handshake = ClientHandshake(password=self._source.vnc_password)
        deadline = self._runtime.monotonic() + _ANSWER_WITHIN_S
        with selectors.DefaultSelector() as selector:
            selector.register(console, selectors.EVENT_READ)
            while not handshake.is_done:
                if console.has_ended and not console.holds_received:
                    raise ConsoleError(why_closed(console.close_code or 0, console.close_reason), hint=RECONNECT)
                left_s = deadline - self._runtime.monotonic()
                if left_s <= 0:
                    raise ConsoleError(
                        "The console accepted the ticket, but did not answer.",
                        hint="Try again; `ecsvnc proxy --raw` leaves the handshake to the viewer.",
                    )
                if not console.holds_received:
                    selector.select(left_s)
                for piece in console.receive():
                    answer = handshake.receive(bytes(piece))
                    if answer:
                        console.send(answer)
                        deadline = self._runtime.monotonic() + _ANSWER_WITHIN_S  # a keyring may have been waited for
        return handshake.rest


def _close(fetched: Future[Fetched | None]) -> None:
    if fetched.exception() is None and (late := fetched.result()) is not None:
        late.console.say_goodbye()
        late.console.close()
