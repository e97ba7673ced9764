"""The status line: what ecsvnc itself has to say, for a while. Pure: times are given to it."""

from __future__ import annotations

SHOWN_S = 5.0


class Status:
    """What there is to say now. All times in seconds of one clock that never jumps."""

    def __init__(self) -> None:
        self._kept = ""
        self._said = ""
        self._until_s = 0.0

    def say(self, text: str, now: float) -> None:
        """Say this until SHOWN_S are over, or something else is said; then what is kept again."""
        self._said, self._until_s = text, now + SHOWN_S

    def clear(self) -> None:
        """Say only what is kept."""
        self._said = ""

    def keep(self, text: str) -> None:
        """Say this until something else is kept; empty for nothing."""
        self._kept, self._said = text, ""

    def text(self, now: float) -> str:
        """What to show; empty for nothing."""
        return self._said if self._said and now < self._until_s else self._kept

    def due_in_s(self, now: float) -> float | None:
        """Seconds until it changes by itself; None if it does not."""
        return self._until_s - now if self._said and now < self._until_s else None
