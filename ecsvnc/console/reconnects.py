"""When to connect a broken console again. Pure: `client` does it.

Connections break for temporary reasons: an idle limit, a middle box, a reboot. But ECS allows one user of a console at
a time: two programs that both reconnect at once would take the console from each other for ever. So a session that
lost the console to another one ends, and so does one whose connections end within seconds several times in a row, which
another session may cause without a code of its own.
"""

from __future__ import annotations

from ecsvnc.console.endings import RECONNECT, TAKEN_OVER
from ecsvnc.errors import ConnectError, ConsoleError, EcsvncError, RfbError, ServiceError, StateError

SHORT_S = 4.0
MOST_SHORT = 5
"""After this many connections in a row of less than SHORT_S seconds, there is no further one."""

_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 5.0


class Reconnects:
    """Decides for one session. `within_s` is how long to try to reconnect."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._short_ones = 0
        self._lost_at_s = 0.0
        self._pause_s = _PAUSE_S

    def lost(self, code: int, words: str, *, lasted_s: float, now: float) -> float:
        """A connection broke, with this close code and message: returns the seconds until the next attempt.

        Raises ConsoleError if there is none.
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
        """An attempt failed: returns the seconds until the next one. Raises the error if there is none."""
        may_pass = isinstance(error, ConnectError | ServiceError | StateError | ConsoleError)
        if not may_pass or isinstance(error, RfbError) or now - self._lost_at_s >= self._within_s:
            raise error
        pause_s = self._pause_s
        self._pause_s = min(pause_s * 1.6, _LONGEST_PAUSE_S)
        return pause_s
