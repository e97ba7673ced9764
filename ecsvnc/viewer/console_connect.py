"""Connecting a viewer's console: a place in the budget, a ticket, the connection, the console's handshake.

Each of them can block for long, and the viewer may leave meanwhile. So they run on a thread of their own, which ends at
its next step once the console is not wanted any more, and takes no ticket and no place in the budget from there on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING

from ecsvnc.background import in_background
from ecsvnc.console.connect import ConnectAttempt
from ecsvnc.console.endings import RECONNECT, why_closed, without_ticket
from ecsvnc.errors import ConsoleError
from ecsvnc.rfb.handshake import ClientHandshake

if TYPE_CHECKING:
    from ecsvnc.console.websocket import ConsoleStream
    from ecsvnc.runtime import Runtime
    from ecsvnc.tickets.instance_tickets import InstanceTickets
    from ecsvnc.tickets.ticket import VncUrl

_ANSWER_WITHIN_S = 15.0

_END_WITHIN_S = 1.0
"""How long a console that is being connected may still open when it is cancelled, to be closed properly.

ECS lets the newest session win. One whose connection was cut before it answered might open after the next viewer's.
"""


class ConsoleConnect:
    """One console that is being connected. It begins at construction; `when_done` is called at its end, on its thread.

    `vnc_password` gives the instance's VNC password or None, if the console asks for it; it may block and raise.
    `is_raw` leaves the console's handshake to the viewer.
    """

    def __init__(
        self,
        tickets: InstanceTickets,
        vnc_password: Callable[[], str | None],
        when_done: Callable[[], None],
        *,
        is_raw: bool,
        runtime: Runtime,
    ) -> None:
        self.early = b""
        """What the console sent after its handshake."""
        self._tickets = tickets
        self._vnc_password = vnc_password
        self._is_raw = is_raw
        self._runtime = runtime
        self._lock = threading.Lock()
        self._is_cancelled = threading.Event()
        self._attempt: ConnectAttempt | None = None
        self._vnc_url: VncUrl | None = None
        self._console: Future[ConsoleStream | None] = in_background(self._connect, name="console-connect")
        self._console.add_done_callback(lambda _: when_done())

    def result(self) -> ConsoleStream | None:
        """The console, once it is connected; None after `cancel`. Raises what prevented it, from the error tree."""
        return self._console.result()

    def cancel(self) -> None:
        """The console is not wanted any more. Returns within a second."""
        with self._lock:
            self._is_cancelled.set()
            attempt = self._attempt
        self._console.add_done_callback(_close)
        if attempt is not None:
            wait([self._console], _END_WITHIN_S)
            attempt.cancel()

    def without_ticket(self, text: str) -> str:
        """Text of the console, which may quote the ticket, without it."""
        return without_ticket(text, self._vnc_url) if self._vnc_url is not None else text

    def _connect(self) -> ConsoleStream | None:
        if not self._tickets.claim(self._is_cancelled.is_set) or self._is_cancelled.is_set():
            return None
        self._vnc_url = self._tickets.take().vnc_url
        attempt = ConnectAttempt(self._vnc_url, self._runtime)
        with self._lock:
            if self._is_cancelled.is_set():
                return None
            self._attempt = attempt
        console = attempt.run()
        try:
            if not self._is_raw:
                self.early = self._shake_hands(console)
        except ConsoleError as error:
            console.close()
            raise type(error)(self.without_ticket(error.what), hint=error.hint) from None
        except BaseException:
            console.close()
            raise
        return console

    def _shake_hands(self, console: ConsoleStream) -> bytes:
        """Our side of the console's handshake. Returns what came after it."""
        handshake = ClientHandshake(password=self._vnc_password)
        deadline = self._runtime.monotonic() + _ANSWER_WITHIN_S
        while not handshake.is_done:
            if console.has_ended and not console.holds_received:
                raise ConsoleError(why_closed(console.close_code or 0, console.close_reason), hint=RECONNECT)
            left_s = deadline - self._runtime.monotonic()
            if left_s <= 0:
                raise ConsoleError(
                    "The console accepted the ticket, but did not answer.",
                    hint="Try again; `ecsvnc proxy --raw` leaves the handshake to the viewer.",
                )
            console.wait(left_s)
            for piece in console.receive():
                answer = handshake.receive(bytes(piece))
                if answer:
                    console.send(answer)
                    # From now on: the keyring may have been waited for.
                    deadline = self._runtime.monotonic() + _ANSWER_WITHIN_S
        return handshake.rest


def _close(done: Future[ConsoleStream | None]) -> None:
    if done.exception() is None and (console := done.result()) is not None:
        console.say_goodbye()
        console.close()
