"""The world outside, as one value: clock, sleep, randomness, environment, home folder and reporter.

Made once at the edge (`Runtime.of_this_process`) and handed in, so that everything below it can be tested with plain
values: tests never wait and never patch modules.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Reporter(Protocol):
    """What the program says while it works. The edge decides what of it reaches stderr, and sanitises it."""

    def warn(self, text: str) -> None:
        """Tell of something that may go wrong, or is not as asked; always shown."""

    def notice(self, text: str) -> None:
        """Tell of progress or a success; always shown."""

    def info(self, text: str) -> None:
        """Say what is being done; shown with --verbose."""

    def debug(self, text: str) -> None:
        """Say how it is being done, without any secret; shown with --debug."""


class SilentReporter:
    """A `Reporter` that says nothing: for pure uses and tests."""

    def warn(self, text: str) -> None:
        """Say nothing."""

    notice = warn
    info = warn
    debug = warn


Text = str | Callable[[], str]
"""A text, or what makes the one of the moment."""


class Working(Protocol):
    """Shows what the program is working on, and for how long."""

    def __call__(
        self, what: Text, *, done: Text | None = None, after_s: float = 1.0
    ) -> contextlib.AbstractContextManager[None]:
        """Show `what` on a terminal while the block lasts, once that is longer than `after_s`.

        `done` is what a line says that stays after such a block, unless it raises. Blocks may be nested, and entered
        in several threads.
        """


def _working_unseen(
    what: Text, *, done: Text | None = None, after_s: float = 1.0
) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()


def _random_bytes(count: int) -> bytes:
    import secrets  # costs 2 ms, and most commands need no randomness before the first request

    return secrets.token_bytes(count)


def _random_fraction() -> float:
    import random  # as above

    # Not the module's own generator, whose state belongs to whoever may have seeded it.
    return random.SystemRandom().random()


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the program may know of, and do to, the machine it runs on.

    `now` is POSIX seconds (UTC, can jump), `monotonic` seconds that never jump (for durations), `sleep` takes
    seconds. `random_bytes(n)` is fit for secrets; `random_fraction` is 0 <= x < 1 and is not. `environ` is the
    environment as the program may see it: `ecsvnc demo` hands in a nearly empty one. `home` is None where the user has
    none: in a container, under an id that passwd does not know. `platform` is `sys.platform`, `program` what is typed
    to get another run like this one (see `errors.with_program`). `working` shows what takes a while.
    """

    environ: Mapping[str, str]
    home: Path | None
    platform: str = sys.platform
    program: str = "ecsvnc"
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random_bytes: Callable[[int], bytes] = _random_bytes
    random_fraction: Callable[[], float] = _random_fraction
    reporter: Reporter = field(default_factory=SilentReporter)
    working: Working = _working_unseen

    @classmethod
    def of_this_process(cls) -> Runtime:
        """The real thing."""
        try:
            home = Path.home()
        except RuntimeError:
            home = None
        return cls(environ=dict(os.environ), home=home)
