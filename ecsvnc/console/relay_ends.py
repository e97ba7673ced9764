"""What a relay works with: the viewer at its one end, and what has its own times beside what is relayed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from ecsvnc.console.nonblocking import Piece


class Viewer(Protocol):
    """The viewer's end: a stream of bytes in each direction. Nothing here blocks, and nothing raises."""

    def fileno(self) -> int:
        """The file descriptor, for a selector."""

    @property
    def has_ended(self) -> bool:
        """Whether it sends nothing more."""

    @property
    def is_broken(self) -> bool:
        """Whether nothing can be sent to it any more either."""

    @property
    def has_sent_all(self) -> bool:
        """Whether nothing waits to be sent to it."""

    @property
    def holds_received(self) -> bool:
        """Whether `receive` has something to give that a selector does not know of."""

    def receive(self) -> Sequence[Piece]:
        """What one read brings, valid until the next one."""

    def put(self, pieces: Iterable[Piece]) -> None:
        """Send these; what does not go at once waits for `flush`."""

    def flush(self) -> None:
        """Send what waits, as far as it goes."""


class Timed(Protocol):
    """What has its own times beside what is relayed: `Relay` calls it, and it may `Relay.insert` messages."""

    def due_in_s(self, now: float) -> float | None:
        """Seconds until `work` has something to do although nothing comes; None for never."""

    def work(self, now: float) -> None:
        """Do what is due. Called at every turn."""

    def finish(self) -> None:
        """The console is about to be closed: the last moment to insert messages."""
