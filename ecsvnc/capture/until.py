"""Waits until a screen shows a text."""

from __future__ import annotations

import re
from typing import Protocol

from ecsvnc.capture.shot import Shot
from ecsvnc.durations import in_words
from ecsvnc.errors import StateError
from ecsvnc.runtime import Runtime


class Screen(Protocol):
    """A screen that can be read again."""

    def next(self, timeout_s: float) -> Shot | None:
        """The screen after its next change; None if there is none within `timeout_s`."""


class TextNotSeenError(StateError):
    """The text was not on the screen in time. `last` is the last screen."""

    def __init__(
        self, what: str, *, hint: str = "", request_id: str = "", code: str = "", last: Shot | None = None
    ) -> None:
        super().__init__(what, hint=hint, request_id=request_id, code=code)
        self.last = last


def look_until(screen: Screen, first: Shot, pattern: re.Pattern[str], *, within_s: float, runtime: Runtime) -> Shot:
    """The first screen from `first` on with the pattern in its lines.

    Raises TextNotSeenError after `within_s`, and what `screen` raises.
    """
    deadline_s = runtime.monotonic() + within_s
    last = first
    shot: Shot | None = first
    while True:
        if shot is not None:
            last = shot
            if shot.shows(pattern):
                return shot
        left_s = deadline_s - runtime.monotonic()
        if left_s <= 0:
            raise TextNotSeenError(
                f"The screen did not show {pattern.pattern!r} within {in_words(within_s)}.",
                hint="Check the pattern against the last screen, or allow more time with --within.",
                last=last,
            )
        shot = screen.next(left_s)
