"""The one seat at the console: ECS lets one viewer at a time see an instance's screen."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.viewer.session import Session

_WAIT_FOR_LEAVING_S = 5.0
_WAIT_AT_THE_END_S = 1.0
"""Shorter: nothing hangs on it but a farewell."""

_LONGEST_WAIT_S = 1.0


class Seat:
    """Who has it, and who had it. Safe for several threads."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._changed = threading.Condition()
        self._sitting: Session | None = None
        self._coming = 0
        self._sat = 0
        self._free_since = runtime.monotonic()

    @property
    def is_taken(self) -> bool:
        """Whether a viewer is connected, or about to be."""
        return self._sitting is not None or self._coming > 0

    @property
    def was_taken(self) -> bool:
        """Whether a viewer has had it, or is about to."""
        return self._sat > 0 or self.is_taken

    @property
    def times_taken(self) -> int:
        """How many viewers have had it."""
        return self._sat

    @property
    def free_for_s(self) -> float:
        """How long nobody has had it; 0 while someone has."""
        with self._changed:
            return 0.0 if self.is_taken else self._runtime.monotonic() - self._free_since

    def announce(self) -> None:
        """A viewer is on its way to it: `take` or `miss` follows."""
        with self._changed:
            self._coming += 1
            self._changed.notify_all()

    def miss(self) -> None:
        """A viewer that was announced does not come after all."""
        with self._changed:
            self._coming -= 1
            self._changed.notify_all()

    def take(self, session: Session, *, from_whom_sits: str = "") -> bool:
        """Take it, if it is free; or from whom sits there, who is told why. False if it cannot be had.

        Either way, `announce` came before.
        """
        deadline = self._runtime.monotonic() + _WAIT_FOR_LEAVING_S
        with self._changed:
            while self._sitting is not None:
                left_s = deadline - self._runtime.monotonic()
                if not from_whom_sits or left_s <= 0:
                    self.miss()
                    return False
                self._sitting.stop(from_whom_sits)  # each time: somebody else may have been quicker
                self._changed.wait(left_s)
            self._sitting = session
            self._coming -= 1
            self._sat += 1
            self._changed.notify_all()
            return True

    def leave(self) -> None:
        """Make it free again."""
        with self._changed:
            self._sitting = None
            self._free_since = self._runtime.monotonic()
            self._changed.notify_all()

    def clear(self, words: str) -> None:
        """End whoever sits there, and wait for that a moment."""
        with self._changed:
            if self._sitting is not None:
                self._sitting.stop(words)
                self._changed.wait_for(lambda: self._sitting is None, timeout=_WAIT_AT_THE_END_S)

    def wait_for_change(self, timeout_s: float = _LONGEST_WAIT_S) -> None:
        """Return when someone came or left, or after a while."""
        with self._changed:
            self._changed.wait(timeout_s)
