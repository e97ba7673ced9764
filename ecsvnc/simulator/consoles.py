"""The open consoles: one for each instance at a time, and at most 30 new ones a minute.

The vendor documents that one user at a time can use a console, and the limit of 30 a minute (DescribeInstanceVncUrl),
but not what happens to the earlier of two. Here the newer session gets the console, and the earlier is closed.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.fleet import Fleet, Instance
from ecsvnc.simulator.machine import Machine
from ecsvnc.simulator.screen_session import ScreenSession

CONNECTIONS_A_MINUTE = 30

_MINUTE_S = 60.0
_REMEMBERED_SESSIONS = 20
_CHALLENGE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a console ends: a WebSocket close code (RFC 6455, section 7.4; 4000 to 4999 are the application's)."""

    code: int
    reason: str


IDLE = Ending(4000, "idle")
TAKEN_OVER = Ending(4001, "another session took this console")
INSTANCE_STOPPED = Ending(4002, "instance stopped")
GOING_AWAY = Ending(1001, "the embedded ECS ends")
CUT = Ending(1006, "cut")
"""The connection breaks without a close frame: 1006 is never sent (RFC 6455, section 7.4.1)."""


class TooManyConnectionsError(Exception):
    """Too many connections to the instance's console within the last minute."""


@dataclass(slots=True, eq=False)
class ConsoleSession:
    """One console that is, or was, open. `opened_at_s` is in monotonic seconds.

    Any thread sets `ending` to close it; the connection sets it when it closes for another reason. It stays None after
    the client disconnected.
    """

    instance: Instance
    screen: ScreenSession = field(repr=False)
    opened_at_s: float
    ending: Ending | None = None
    is_open: bool = True


class Consoles:
    """All sessions, and the machines behind them, which outlive sessions. Safe for several threads."""

    def __init__(self, runtime: Runtime, fleet: Fleet) -> None:
        self._runtime = runtime
        self._fleet = fleet
        self._lock = threading.Lock()
        self._machines: dict[str, Machine] = {}
        self._connected_at_s: defaultdict[str, deque[float]] = defaultdict(deque)
        self._open: list[ConsoleSession] = []
        self._latest: deque[ConsoleSession] = deque(maxlen=_REMEMBERED_SESSIONS)
        self.last_closed_at_s: float | None = None
        """When the latest console was closed, in monotonic seconds; None if none was."""

    def machine(self, instance_id: str) -> Machine:
        """The machine of an instance. Raises LookupError if there is no such instance."""
        with self._lock:
            return self._machine(self._instance(instance_id))

    def attach(self, instance_id: str) -> ConsoleSession:
        """Open a console, and end an earlier one of the same instance. Raises TooManyConnectionsError.

        Raises LookupError if the instance does not exist.
        """
        now = self._runtime.monotonic()
        with self._lock:
            instance = self._instance(instance_id)
            recent = self._connected_at_s[instance_id]
            while recent and recent[0] <= now - _MINUTE_S:
                recent.popleft()
            if len(recent) >= CONNECTIONS_A_MINUTE:
                raise TooManyConnectionsError
            recent.append(now)
            challenge = self._runtime.random_bytes(_CHALLENGE_BYTES)
            machine = self._machine(instance)
            screen = ScreenSession(machine, password=instance.vnc_password, challenge=challenge)
            session = ConsoleSession(instance, screen, opened_at_s=now)
            self._end(TAKEN_OVER, instance_id)
            self._open.append(session)
            self._latest.append(session)
        return session

    def detach(self, session: ConsoleSession) -> None:
        """A console was closed."""
        session.screen.leave()
        with self._lock:
            self._open.remove(session)
            session.is_open = False
            self.last_closed_at_s = self._runtime.monotonic()

    def end(self, instance_id: str, ending: Ending) -> None:
        """Close the open console of an instance, if there is one, within a tenth of a second."""
        with self._lock:
            self._end(ending, instance_id)

    def end_all(self, ending: Ending) -> None:
        """Close every open console."""
        with self._lock:
            self._end(ending)

    @property
    def sessions(self) -> list[ConsoleSession]:
        """The latest sessions, oldest first, open or not."""
        with self._lock:
            return list(self._latest)

    @property
    def open_sessions(self) -> int:
        """How many consoles are connected now, including those that are being closed."""
        with self._lock:
            return len(self._open)

    def _end(self, ending: Ending, instance_id: str = "") -> None:
        for session in self._open:
            if instance_id in ("", session.instance.id) and session.ending is None:
                session.ending = ending

    def _instance(self, instance_id: str) -> Instance:
        instance = self._fleet.get(instance_id)
        if instance is None:
            raise LookupError(f"There is no instance {instance_id}.")
        return instance

    def _machine(self, instance: Instance) -> Machine:
        if instance.id not in self._machines:
            self._machines[instance.id] = Machine(instance.name, instance.id, instance.os_type, self._runtime.now)
        return self._machines[instance.id]
