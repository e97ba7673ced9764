"""The relay between one viewer and one console: bytes as they come, in both directions, on one thread.

    viewer ──receive──► ClientMessages (where is a message's end?) ──► console.send     our own messages too
    viewer ◄────put──────────────────────────────────────────────────── console.receive

Backpressure: a side is read only while nothing waits to be sent to the other. So no more than one read is held, however
slow a side is.

The end: what the console sent before it closed still reaches the viewer; a viewer that ends its side (half-close) still
gets what the console has sent, until it has answered the WebSocket's close or LINGER_S are over.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from enum import Enum, auto

from ecsvnc.console.endings import EndedBy, Ending, console_closed
from ecsvnc.console.keepalive import Keepalive, Policy, keepalive_message
from ecsvnc.console.nonblocking import READ, WRITE, Piece, wait_ready
from ecsvnc.console.relay_ends import Timed, Viewer
from ecsvnc.console.websocket import WebSocketStream
from ecsvnc.durations import in_words
from ecsvnc.rfb.client_messages import ClientMessages
from ecsvnc.runtime import Runtime

LINGER_S = 2.0
"""How long the rest of a finished connection may take."""


class _Phase(Enum):
    OPEN = auto()
    VIEWER_LEFT = auto()  # a close frame was sent; what the console still sends goes to the viewer
    CONSOLE_LEFT = auto()  # what the console had sent goes to the viewer
    OVER = auto()


class Relay:
    """One connection, from its first byte after the handshakes to its end.

    `policy` None makes it a pure relay: no parsing, no keepalive. `stop` may be called from another thread.
    """

    def __init__(
        self,
        viewer: Viewer,
        console: WebSocketStream,
        *,
        policy: Policy | None,
        timed: Timed | None = None,
        runtime: Runtime,
    ) -> None:
        self._viewer = viewer
        self._console = console
        self._timed = timed
        self._runtime = runtime
        self._messages = ClientMessages() if policy is not None else None
        self._keepalive = Keepalive(policy or Policy(0, 0), now=runtime.monotonic())
        self._warned_of_idle = False
        self._phase = _Phase.OPEN
        self._ending: Ending | None = None
        self._deadline: float | None = None
        self._stopped, self._stopper = socket.socketpair()

    def stop(self, words: str) -> None:
        """End it for this reason."""
        self._ending = self._ending or Ending(EndedBy.US, words)
        with contextlib.suppress(OSError):
            self._stopper.send(b"\0")

    def run(self, early_from_viewer: bytes = b"", early_from_console: bytes = b"") -> Ending:
        """Relay until the end, and return why it ended. Both arguments were received before."""
        try:
            self._to_viewer([early_from_console])
            self._pass_to_console(memoryview(early_from_viewer))
            self._move_on()
            self._loop()
        finally:
            self._console.close()
            self._stopped.close()
            self._stopper.close()
        return self._ending or Ending(EndedBy.US, "The connection ended.")

    def _loop(self) -> None:
        while self._phase is not _Phase.OVER:
            ready = wait_ready(
                {self._stopped: READ, self._viewer: self._viewer_events(), self._console: self._console_events()},
                self._timeout_s(),
            )
            if self._stopped in ready:
                self._close_console()
                return
            self._work(viewer_ready=self._viewer in ready, console_ready=self._console in ready)

    def _work(self, *, viewer_ready: bool, console_ready: bool) -> None:
        if viewer_ready and not self._viewer.has_sent_all:
            self._to_viewer([])
        if console_ready and not self._console.has_sent_all:
            self._console.flush()
        if (console_ready or self._console.holds_received) and self._may_read_console:
            self._read_console()
        if (viewer_ready or self._viewer.holds_received) and self.may_read_viewer:
            self._read_viewer()
        if self._timed is not None and self._phase is _Phase.OPEN:
            self._timed.work(self._runtime.monotonic())
        self._keep_alive()
        self._move_on()

    # Events to wait for

    @property
    def _may_read_console(self) -> bool:
        has_more = self._console.holds_received or not self._console.has_ended
        return has_more and self._viewer.has_sent_all

    @property
    def may_read_viewer(self) -> bool:
        """Whether what the viewer sends is read now: the console takes what was sent before."""
        return self._phase is _Phase.OPEN and self._console.has_sent_all

    def _viewer_events(self) -> int:
        return (READ if self.may_read_viewer else 0) | (0 if self._viewer.has_sent_all else WRITE)

    def _console_events(self) -> int:
        return (READ if self._may_read_console else 0) | (0 if self._console.has_sent_all else WRITE)

    def _timeout_s(self) -> float | None:
        if self._console.holds_received and self._may_read_console:
            return 0
        if self._viewer.holds_received and self.may_read_viewer:
            return 0
        now = self._runtime.monotonic()
        waits = [None if self._deadline is None else self._deadline - now]
        if self._timed is not None and self._phase is _Phase.OPEN:
            waits.append(self._timed.due_in_s(now))
        if self.may_insert:
            waits.append(None if self._warned_of_idle else self._keepalive.ends_in_s(now))
            waits.append(self._keepalive_due_in_s(now))
        return min((max(0.0, wait_s) for wait_s in waits if wait_s is not None), default=None)

    # Moving bytes

    def _read_console(self) -> None:
        pieces = self._console.receive()
        if pieces and self._messages is not None:
            self._messages.server_sent()
        self._to_viewer(pieces)

    def _to_viewer(self, pieces: Iterable[Piece]) -> None:
        self._viewer.put(pieces)
        if self._viewer.is_broken:
            self._viewer_gone()

    def _read_viewer(self) -> None:
        for piece in self._viewer.receive():
            self._pass_to_console(piece)
        if self._viewer.is_broken:
            self._viewer_gone()
        elif self._viewer.has_ended:
            self._viewer_left()

    def _pass_to_console(self, data: Piece) -> None:
        if self._messages is not None:
            self._follow(self._messages, data)
        self._console.send(data)

    def _follow(self, messages: ClientMessages, data: Piece) -> None:
        was_lost, inputs = bool(messages.lost_because), messages.inputs
        messages.receive(data)
        if messages.inputs != inputs:
            self._keepalive.note_input(self._runtime.monotonic())
            self._warned_of_idle = False
        if messages.lost_because and not was_lost:
            self._runtime.reporter.warn(
                f"Keepalive is off for this connection: {messages.lost_because} The connection stays open."
            )

    # Messages of our own

    @property
    def may_insert(self) -> bool:
        """Whether a message can be sent to the console now: it is between two messages, and all is sent."""
        between = self._messages is not None and self._messages.is_between_messages
        return between and self._phase is _Phase.OPEN and self._console.has_sent_all

    def insert(self, message: bytes) -> None:
        """Send a message of input between two of the viewer's; only when `may_insert`, or in `Timed.finish`."""
        self._console.send(message)
        self._keepalive.note_input(self._runtime.monotonic())

    @property
    def idle_s(self) -> float:
        """How long there has been no input."""
        return self._keepalive.idle_s(self._runtime.monotonic())

    @property
    def keeps_open(self) -> bool:
        """Whether an idle console is kept open by keepalives: they are on, and --max-idle is not over."""
        return bool(self._keepalive.ends_in_s(self._runtime.monotonic()))

    def _keepalive_due_in_s(self, now: float) -> float | None:
        has_message = self._messages is not None and keepalive_message(self._messages)
        return self._keepalive.due_in_s(now) if has_message else None

    def _keep_alive(self) -> None:
        if not self.may_insert or self._messages is None:
            return
        now = self._runtime.monotonic()
        due_in_s = self._keepalive_due_in_s(now)
        if due_in_s is not None and due_in_s <= 0:
            self._console.send(keepalive_message(self._messages))
            self._keepalive.sent(now)
            self._runtime.reporter.debug("Sent a keepalive to the console.")
        elif self._keepalive.ends_in_s(now) == 0 and not self._warned_of_idle:
            self._warned_of_idle = True
            self._runtime.reporter.warn(
                f"No input for {in_words(self._keepalive.idle_s(now))} (--max-idle): the console is no longer "
                "kept open."
            )

    # The end

    def _viewer_left(self) -> None:
        messages = self._messages
        is_cut = messages is not None and not messages.is_between_messages and not messages.lost_because
        where = " in the middle of a message" if is_cut else ""
        self._close_console()
        self._end(_Phase.VIEWER_LEFT, Ending(EndedBy.VIEWER, f"The viewer disconnected{where}.", is_fault=is_cut))

    def _viewer_gone(self) -> None:
        """The viewer's connection broke: close the console."""
        self._close_console()
        self._end(_Phase.OVER, Ending(EndedBy.VIEWER, "The viewer broke the connection.", is_fault=True))

    def _close_console(self) -> None:
        if self._timed is not None and self._phase is _Phase.OPEN:
            messages = self._messages
            if messages is not None and messages.is_between_messages:
                self._timed.finish()
        self._console.send_close()

    def _end(self, phase: _Phase, ending: Ending) -> None:
        self._phase = phase
        self._ending = self._ending or ending
        self._deadline = self._runtime.monotonic() + LINGER_S

    def _move_on(self) -> None:
        has_console_ended = self._console.has_ended and not self._console.holds_received
        if self._phase is _Phase.OPEN and has_console_ended:
            idle_s = self._keepalive.idle_s(self._runtime.monotonic())
            ending = console_closed(self._console.close_code or 0, self._console.close_reason, idle_s=idle_s)
            self._end(_Phase.CONSOLE_LEFT, ending)
        if self._phase in (_Phase.VIEWER_LEFT, _Phase.CONSOLE_LEFT):
            is_all_passed_on = has_console_ended and self._viewer.has_sent_all
            is_late = self._deadline is not None and self._runtime.monotonic() >= self._deadline
            if is_all_passed_on or is_late:
                self._phase = _Phase.OVER
