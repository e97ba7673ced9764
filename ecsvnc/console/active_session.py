"""Which session has the console: ECS lets one viewer at a time see an instance's screen."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime

_END_WITHIN_S = 5.0
_END_AT_STOP_WITHIN_S = 1.0
"""Shorter: only the viewer's last message depends on it."""


class Session(Protocol):
    """One user of the console."""

    def stop(self, reason: str) -> None:
        """End it, from another thread, for this reason."""


class ActiveSession:
    """The one session that may use the console. Safe for several threads."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._changed = threading.Condition()
        self._session: Session | None = None

    @property
    def is_taken(self) -> bool:
        """Whether a session has the console, or waits for it to open."""
        return self._session is not None

    def acquire(self, session: Session, *, end_other_for: str = "") -> bool:
        """Make this session the active one; False if another one is active.

        With a reason in `end_other_for`, the other one is ended for it, and waited for at most 5 seconds.
        """
        deadline = self._runtime.monotonic() + _END_WITHIN_S
        with self._changed:
            while self._session is not None:
                left_s = deadline - self._runtime.monotonic()
                if not end_other_for or left_s <= 0:
                    return False
                self._session.stop(end_other_for)  # each time: another thread may have been quicker
                self._changed.wait(left_s)
            self._session = session
            return True

    def release(self) -> None:
        """The active session has ended."""
        with self._changed:
            self._session = None
            self._changed.notify_all()

    def end(self, reason: str) -> None:
        """End the active session, if there is one, and wait for that a moment."""
        with self._changed:
            if self._session is not None:
                self._session.stop(reason)
                self._changed.wait_for(lambda: self._session is None, timeout=_END_AT_STOP_WITHIN_S)
