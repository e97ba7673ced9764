"""Connecting a console: a place in the budget, a ticket, the connection, the console's RFB handshake.

Each of them can block for long, the resolver without any timeout, and the caller may cancel meanwhile. So they run on a
thread, which ends at its next step after `cancel`, without taking a ticket or a place in the budget.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING

from ecsvnc.background import in_background
from ecsvnc.console.dial import Dial, dial
from ecsvnc.console.endings import RECONNECT, why_closed, without_ticket
from ecsvnc.durations import in_words
from ecsvnc.errors import ConnectError, ConsoleError, VncPasswordError
from ecsvnc.rfb.handshake import ClientHandshake

if TYPE_CHECKING:
    from ecsvnc.console.websocket import WebSocketStream
    from ecsvnc.runtime import Runtime
    from ecsvnc.tickets.instance_tickets import InstanceTickets
    from ecsvnc.tickets.ticket import VncUrl

CONNECT_WITHIN_S = 15.0
"""As long as a ticket is valid: later than that, the console would refuse it anyway."""

_ANSWER_WITHIN_S = 15.0

_END_WITHIN_S = 1.0
"""How long to wait for a console that is being connected when it is cancelled, to close it properly.

The newest session gets the console. One that was cut before its answer might open after the next session.
"""


class ConsoleConnect:
    """One console that is being connected. It begins at construction; `when_done` is called at its end, on its thread.

    The caller calls `check_time` now and then. `vnc_password` gives the instance's VNC password or None, if the
    console asks for it; it may block and raise. `is_raw` leaves the console's handshake to the viewer. `dial` opens the
    WebSocket.
    """

    def __init__(
        self,
        tickets: InstanceTickets,
        vnc_password: Callable[[], str | None],
        when_done: Callable[[], None],
        *,
        is_raw: bool = False,
        within_s: float = CONNECT_WITHIN_S,
        dial: Dial = dial,
        runtime: Runtime,
    ) -> None:
        self.handshake = ClientHandshake(password=vnc_password)
        """After the connection: the agreed version and security type, and in `rest` what the console sent after it."""
        self.waits_for_place = True
        """Whether it waits for one of the consoles that the instance may have in a minute."""
        self._tickets = tickets
        self._is_raw = is_raw
        self._within_s = within_s
        self._dial = dial
        self._runtime = runtime
        self._lock = threading.Lock()
        self._is_cancelled = threading.Event()
        self._vnc_url: VncUrl | None = None
        self._late_at_s: float | None = None  # the deadline while it connects
        self._connection: socket.socket | None = None  # a second descriptor of the TCP connection
        self._console: Future[WebSocketStream | None] = in_background(self._connect, name="console-connect")
        self._console.add_done_callback(lambda _: when_done())

    @property
    def is_done(self) -> bool:
        """Whether `result` returns at once."""
        return self._console.done()

    def result(self) -> WebSocketStream | None:
        """The console, once it is connected; None after `cancel`. Raises the error that prevented it."""
        return self._console.result()

    def check_time(self) -> None:
        """Raise ConnectError, and cancel it, if connecting takes too long."""
        late_at_s = self._late_at_s
        if late_at_s is not None and self._runtime.monotonic() >= late_at_s:
            self._end()
            host = self._vnc_url.host if self._vnc_url is not None else ""
            raise ConnectError(
                f"The console at {host} did not open within {in_words(self._within_s)}.", hint="Try again."
            )

    def cancel(self) -> None:
        """Stop connecting. Returns within a second."""
        with self._lock:
            self._is_cancelled.set()
            has_begun = self._connection is not None
        if has_begun:
            wait([self._console], _END_WITHIN_S)
        self._end()

    def without_ticket(self, text: str) -> str:
        """A text of the console, without the ticket that it may quote."""
        return without_ticket(text, self._vnc_url) if self._vnc_url is not None else text

    def _end(self) -> None:
        with self._lock:
            self._is_cancelled.set()
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)
        self._console.add_done_callback(_close)

    def _hold(self, sock: socket.socket) -> None:
        """Store the connection for `cancel`. Raises ConnectError after `cancel`."""
        with self._lock:
            if self._is_cancelled.is_set():
                raise ConnectError("The connection was cancelled.", hint=RECONNECT)
            self._connection = sock.dup()

    def _connect(self) -> WebSocketStream | None:
        if not self._tickets.claim(self._is_cancelled.is_set) or self._is_cancelled.is_set():
            return None
        self.waits_for_place = False
        self._vnc_url = self._tickets.take().vnc_url
        self._late_at_s = self._runtime.monotonic() + self._within_s
        with contextlib.ExitStack() as on_failure:
            try:
                console = on_failure.enter_context(self._dial(self._vnc_url, self._hold, self._runtime))
                self._late_at_s = None
                if not self._is_raw:
                    self._do_handshake(console)
            except ConsoleError as error:
                hint = error.hint
                if isinstance(error, VncPasswordError):
                    hint = (
                        f"Run `ecsvnc config vnc-password {self._tickets.instance_id}` to store it, or use "
                        "--vnc-password-file for this run."
                    )
                raise type(error)(self.without_ticket(error.what), hint=hint) from None
            finally:
                with self._lock:
                    if self._connection is not None:
                        self._connection.close()
                        self._connection = None
            on_failure.pop_all()
        return console

    def _do_handshake(self, console: WebSocketStream) -> None:
        """The client's side of the RFB handshake."""
        deadline = self._runtime.monotonic() + _ANSWER_WITHIN_S
        while not self.handshake.is_done:
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
                answer = self.handshake.receive(bytes(piece))
                if answer:
                    console.send(answer)
                    # From now on, since `vnc_password` may have taken long.
                    deadline = self._runtime.monotonic() + _ANSWER_WITHIN_S


def _close(done: Future[WebSocketStream | None]) -> None:
    if done.exception() is None and (console := done.result()) is not None:
        console.send_close()
        console.close()
