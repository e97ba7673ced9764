"""When a console that broke is connected again, and when not: decided here, done by `client`. Pure.

Connections break for reasons that pass: an idle limit, a middle box that cuts, a reboot. But ECS documents one user of
a console at a time: two programs that both connect again at once would take the console from each other without end.
So a session that is told of another one gives up, and so does one whose connections end within seconds, several times
in a row: what ends them need not say that it is another session.
"""

from __future__ import annotations

from ecsvnc.console.endings import RECONNECT, TAKEN_OVER
from ecsvnc.errors import ConnectError, ConsoleError, EcsvncError, RfbError, ServiceError, StateError

SHORT_S = 4.0
MOST_SHORT = 5
"""So many connections in a row that each lasted less than SHORT_S seconds, and then no further one."""

_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 5.0


class Reconnects:
    """Decides for one session. `within_s` is how long a console may stay away before the session gives up."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._short_ones = 0
        self._lost_at_s = 0.0
        self._pause_s = _PAUSE_S

    def lost(self, code: int, words: str, *, lasted_s: float, now: float) -> float:
        """A connection broke, as its close code and these words say: after how many seconds to connect again.

        Raises ConsoleError if not at all.
        """
        if code == TAKEN_OVER:
            raise ConsoleError(words, hint=f"Only one session at a time can use a console. {RECONNECT}")
        self._short_ones = self._short_ones + 1 if lasted_s < SHORT_S else 0
        if self._short_ones >= MOST_SHORT:
            raise ConsoleError(
                f"The console ended {MOST_SHORT} times in a row within seconds. {words}",
                hint="Another session may be using it. Close that one, then connect again.",
            )
        self._lost_at_s = now
        self._pause_s = _PAUSE_S
        return _PAUSE_S if self._short_ones else 0.0

    def failed(self, error: EcsvncError, *, now: float) -> float:
        """Connecting again failed: after how many seconds to try again. Raises the error if not at all."""
        may_pass = isinstance(error, ConnectError | ServiceError | StateError | ConsoleError)
        if not may_pass or isinstance(error, RfbError) or now - self._lost_at_s >= self._within_s:
            raise error
        pause_s = self._pause_s
        self._pause_s = min(pause_s * 1.6, _LONGEST_PAUSE_S)
        return pause_s
