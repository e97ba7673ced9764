"""The door: every viewer that connects, until it has said its version line and given the password.

Any local process can connect. So all newcomers are served by one thread, none is waited for, each has a deadline and
there are at most MOST_NEWCOMERS: the one that has been silent longest goes first. Not before one has authenticated
does it cost anything elsewhere: no ticket, no thread, no place in the budget.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

from ecsvnc.console.stream import tune
from ecsvnc.errors import RfbError
from ecsvnc.rfb.handshake import ServerHandshake, State
from ecsvnc.rfb.vnc_auth import CHALLENGE_BYTES
from ecsvnc.runtime import Runtime
from ecsvnc.viewer.guest import Guest

MOST_NEWCOMERS = 64

_VERSION_WITHIN_S = 10.0
_PASSWORD_WITHIN_S = 180.0
"""A person has to type it."""
_LEAVE_WITHIN_S = 2.0
_FREE_ATTEMPTS = 3
_LONGEST_PENALTY_S = 8.0
_READ_BYTES = 4096
_ROOM_PAUSE_S = 0.05
_WRONG_PASSWORD = "The password is wrong. `ecsvnc proxy` shows the right one when it starts."  # noqa: S105  # no secret


def penalty_s(wrong_in_a_row: int) -> float:
    """How long the next answer to a password waits: right or wrong, or the wait itself would tell which."""
    over = wrong_in_a_row - _FREE_ATTEMPTS
    return 0.0 if over < 0 else min(2.0**over, _LONGEST_PENALTY_S)


@dataclass(eq=False, slots=True)
class _Newcomer:
    """One connection at the door. Times are monotonic seconds."""

    sock: socket.socket
    handshake: ServerHandshake
    since: float
    deadline: float
    verdict_at: float | None = None
    is_leaving: bool = False


class Reception:
    """Receives viewers on `listener` (bound, listening), and hands those that may pass to `admit`.

    `password` None asks for none. `is_raw` hands over every connection as it is. `refusal` says why nobody can come
    in right now, or nothing. `admit` is called on the reception's thread, and must not wait.
    """

    def __init__(
        self,
        listener: socket.socket,
        admit: Callable[[Guest], None],
        *,
        password: str | None,
        is_raw: bool,
        refusal: Callable[[], str],
        runtime: Runtime,
    ) -> None:
        self._listener = listener
        self._admit = admit
        self._password = password
        self._is_raw = is_raw
        self._refusal = refusal
        self.came = 0
        """How many connections there were."""
        self._runtime = runtime
        self._wrong_in_a_row = 0
        self._has_made_room = False  # told once as a warning: it can happen a thousand times a second
        self._newcomers: list[_Newcomer] = []
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="vnc-reception", daemon=True)

    @property
    def has_someone(self) -> bool:
        """Whether a connection stands there that may still come in."""
        return any(not each.is_leaving for each in list(self._newcomers))

    def start(self) -> None:
        """Open the door."""
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._thread.start()

    def stop(self) -> None:
        """Close it, and every connection that has not come in."""
        self._waker.close()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(_LEAVE_WITHIN_S)

    def _run(self) -> None:
        try:
            while True:
                ready = self._selector.select(self._timeout_s())
                for key, _ in ready:
                    if key.fileobj is self._wake:
                        return
                    if key.fileobj is self._listener:
                        self._accept_all()
                    elif key.data in self._newcomers:  # not sent away a moment ago, to make room
                        self._hear(key.data)
                self._act_on_time()
        finally:
            for newcomer in list(self._newcomers):
                self._drop(newcomer)
            self._selector.close()
            self._wake.close()
            self._listener.close()

    def _timeout_s(self) -> float | None:
        now = self._runtime.monotonic()
        times = [each.deadline if each.verdict_at is None else each.verdict_at for each in self._newcomers]
        return max(0.0, min(times) - now) if times else None

    # Coming

    def _accept_all(self) -> None:
        """Accept those who wait, but not so many that the others would have to."""
        for _ in range(MOST_NEWCOMERS):
            try:
                sock, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # no free file descriptor
                self._make_room()
                # Whoever waits stays ready, and would be asked for in vain all the time until another one is closed.
                self._runtime.sleep(_ROOM_PAUSE_S)
                return
            self._receive(sock)

    def _receive(self, sock: socket.socket) -> None:
        tune(sock)
        if self._is_raw:
            refusal = self._refusal()
            if refusal:  # and no way to say it
                self._runtime.reporter.warn(f"A viewer was refused: {refusal}")
                sock.close()
                return
            self._admit(Guest(sock, None, runtime=self._runtime))
            return
        if len(self._newcomers) >= MOST_NEWCOMERS:
            self._make_room()
        handshake = ServerHandshake(password=self._password, challenge=self._runtime.random_bytes(CHALLENGE_BYTES))
        now = self._runtime.monotonic()
        newcomer = _Newcomer(sock, handshake, since=now, deadline=now + _VERSION_WITHIN_S)
        sock.setblocking(False)
        self._newcomers.append(newcomer)
        self.came += 1
        self._selector.register(sock, selectors.EVENT_READ, newcomer)
        self._say(newcomer, handshake.greeting())

    def _make_room(self) -> None:
        """Send the one away that has been silent longest: before all others, one that is no viewer yet."""
        if self._newcomers:
            self._drop(min(self._newcomers, key=lambda each: (each.handshake.has_version, each.since)))
            tell = self._runtime.reporter.info if self._has_made_room else self._runtime.reporter.warn
            tell("Too many connections say nothing: the one that has been silent longest was closed.")
            self._has_made_room = True

    # Listening and answering

    def _hear(self, newcomer: _Newcomer) -> None:
        try:
            data = newcomer.sock.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(newcomer)
        elif not newcomer.is_leaving:
            self._take(newcomer, data)

    def _take(self, newcomer: _Newcomer, data: bytes) -> None:
        handshake = newcomer.handshake
        had_version = handshake.has_version
        if not had_version:
            handshake.turn_away(self._refusal())
        try:
            answer = handshake.receive(data)
        except RfbError as error:
            self._runtime.reporter.warn(f"A connection was closed: {error.what}")
            self._drop(newcomer)
            return
        if not self._say(newcomer, answer):
            return
        if handshake.state is State.REFUSED:
            self._runtime.reporter.warn(f"A viewer was refused: {self._refusal()}")
            self._see_out(newcomer)
        elif handshake.state is State.VERDICT:
            self._judge(newcomer)
        elif handshake.has_version and not had_version:
            newcomer.deadline = self._runtime.monotonic() + _PASSWORD_WITHIN_S

    def _judge(self, newcomer: _Newcomer) -> None:
        # It is not listened to any more: what it sends before it hears the verdict stays where it is.
        self._selector.unregister(newcomer.sock)
        newcomer.verdict_at = self._runtime.monotonic() + penalty_s(self._wrong_in_a_row)
        self._wrong_in_a_row = 0 if newcomer.handshake.knows_password else self._wrong_in_a_row + 1

    def _act_on_time(self) -> None:
        now = self._runtime.monotonic()
        for newcomer in list(self._newcomers):
            if newcomer.verdict_at is not None:
                if now >= newcomer.verdict_at:
                    self._tell_verdict(newcomer)
            elif now >= newcomer.deadline:
                if not newcomer.is_leaving:
                    self._runtime.reporter.info("A connection that said nothing was closed.")
                self._drop(newcomer)

    def _tell_verdict(self, newcomer: _Newcomer) -> None:
        newcomer.verdict_at = None
        if newcomer.handshake.knows_password:
            self._admit(Guest(newcomer.sock, newcomer.handshake, runtime=self._runtime))
            self._newcomers.remove(newcomer)  # last: at any moment it is seen here or there
            return
        self._runtime.reporter.warn("A viewer gave a wrong password.")
        self._selector.register(newcomer.sock, selectors.EVENT_READ, newcomer)
        if self._say(newcomer, newcomer.handshake.refuse(_WRONG_PASSWORD)):
            self._see_out(newcomer)

    def _say(self, newcomer: _Newcomer, data: bytes) -> bool:
        """Send a few bytes, which always fit; False if the newcomer is gone."""
        try:
            newcomer.sock.sendall(data)
        except OSError:
            self._drop(newcomer)
            return False
        return True

    # Going

    def _see_out(self, newcomer: _Newcomer) -> None:
        """End our side, and leave it a moment to read why."""
        newcomer.is_leaving = True
        newcomer.deadline = self._runtime.monotonic() + _LEAVE_WITHIN_S
        with contextlib.suppress(OSError):
            newcomer.sock.shutdown(socket.SHUT_WR)

    def _drop(self, newcomer: _Newcomer) -> None:
        self._newcomers.remove(newcomer)
        with contextlib.suppress(KeyError):  # it waits for its verdict
            self._selector.unregister(newcomer.sock)
        newcomer.sock.close()
