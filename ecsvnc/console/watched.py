"""What a selector watches, as it changes from one moment to the next."""

from __future__ import annotations

import selectors
from typing import Protocol


class HasFileno(Protocol):
    """Something that a selector can watch."""

    def fileno(self) -> int:
        """The file descriptor."""


class Watched:
    """Tells a selector what to watch, only when that changes: a system call less for each piece relayed."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._events: dict[HasFileno, int] = {}

    def set(self, fileobj: HasFileno, events: int) -> None:
        """Watch it for these events from now on; 0 is for none."""
        before = self._events.get(fileobj, 0)
        if events == before:
            return
        if not before:
            self._selector.register(fileobj, events)
        elif not events:
            self._selector.unregister(fileobj)
        else:
            self._selector.modify(fileobj, events)
        self._events[fileobj] = events
