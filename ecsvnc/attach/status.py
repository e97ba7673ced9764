"""The status line: ecsvnc's own messages, each for a while. Pure: times are given to it."""

from __future__ import annotations

SHOWN_S = 5.0


class Status:
    """The message to show now. All times in seconds of one clock that never jumps."""

    def __init__(self) -> None:
        self._kept = ""
        self._said = ""
        self._until_s = 0.0

    def say(self, text: str, now: float) -> None:
        """Show this for SHOWN_S, or until the next message; then the kept one again."""
        self._said, self._until_s = text, now + SHOWN_S

    def clear(self) -> None:
        """Show only the kept message."""
        self._said = ""

    def keep(self, text: str) -> None:
        """Show this until another one is kept; empty for none."""
        self._kept, self._said = text, ""

    def text(self, now: float) -> str:
        """What to show; empty for nothing."""
        return self._said if self._said and now < self._until_s else self._kept

    def due_in_s(self, now: float) -> float | None:
        """Seconds until it changes by itself; None if it does not."""
        return self._until_s - now if self._said and now < self._until_s else None
