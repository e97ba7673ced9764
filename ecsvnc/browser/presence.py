"""Whether a page is still open, as far as its messages show. Pure.

A page sends `bye` before it is closed, and before it is reloaded, when it opens again in a moment. A browser that was
killed, or a machine that sleeps, sends nothing.
"""

from __future__ import annotations

from typing import NamedTuple


class PresenceLimits(NamedTuple):
    """After how many seconds a page counts as closed: after its `bye`, and after the last message of it.

    `ping_s` is how often a connected browser is asked for an answer.
    """

    goodbye_s: float = 10.0
    silent_s: float = 60.0
    ping_s: float = 15.0


class Presence:
    """The pages of one address. All times in monotonic seconds."""

    def __init__(self, limits: PresenceLimits) -> None:
        self._limits = limits
        self._connected = 0
        self._gone_at_s: float | None = None

    def heard(self, now: float) -> None:
        """A page asked for something, or its browser answered."""
        self._gone_at_s = max(self._gone_at_s or 0.0, now + self._limits.silent_s)

    def connected(self, now: float) -> None:
        """A page opened its WebSocket."""
        self._connected += 1
        self.heard(now)

    def left(self, now: float, *, said_goodbye: bool) -> None:
        """A page's WebSocket ended. Another page that is still open counts more."""
        self._connected -= 1
        if not self._connected:
            self._gone_at_s = now + (self._limits.goodbye_s if said_goodbye else self._limits.silent_s)

    def is_over(self, now: float) -> bool:
        """Whether no page is open any more. False before the first."""
        return self._gone_at_s is not None and now >= self._gone_at_s
