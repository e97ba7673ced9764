"""Clock, sleep, randomness, environment, home folder and reporter, as one value.

It is made once (`Runtime.of_this_process`) and passed in, so that everything below it can be tested with plain values:
tests neither wait nor patch modules.
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
    """Messages while the program works. `cli` decides which of them are printed on stderr, and escapes them."""

    def warn(self, text: str) -> None:
        """Something may go wrong, or is not as asked; always shown."""

    def notice(self, text: str) -> None:
        """Progress or a success; always shown."""

    def info(self, text: str) -> None:
        """What is being done; shown with --verbose."""

    def debug(self, text: str) -> None:
        """Details, without any secret; shown with --debug."""


class SilentReporter:
    """A `Reporter` that prints nothing: for tests."""

    def warn(self, text: str) -> None:
        """Print nothing."""

    notice = warn
    info = warn
    debug = warn


Text = str | Callable[[], str]
"""A text, or a function that returns the current one."""


class Working(Protocol):
    """Shows what the program is working on, and for how long."""

    def __call__(
        self, what: Text, *, done: Text | None = None, after_s: float = 1.0
    ) -> contextlib.AbstractContextManager[None]:
        """Show `what` on a terminal while the block lasts, once that is longer than `after_s`.

        `done` is the text of a line that stays after such a block, unless it raises. Blocks may be nested, and entered
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

    # Not the module's own generator, which another library may have seeded.
    return random.SystemRandom().random()


def random_letters(count: int, letters: str, random_bytes: Callable[[int], bytes]) -> str:
    """So many of these letters, each equally likely. There are at most 256 of them."""
    text = ""
    fair = 256 - 256 % len(letters)  # larger bytes would favour the first letters
    while len(text) < count:
        text += "".join(letters[byte % len(letters)] for byte in random_bytes(count) if byte < fair)
    return text[:count]


@dataclass(frozen=True, slots=True)
class Runtime:
    """The program's access to the machine it runs on.

    `now` is POSIX seconds (UTC, can jump), `monotonic` seconds that never jump (for durations), `sleep` takes
    seconds. `random_bytes(n)` is fit for secrets; `random_fraction` is 0 <= x < 1 and is not. `environ` is the
    environment that the program uses: `ecsvnc demo` passes a nearly empty one. `home` is None where the user has
    none, as in a container under an id that passwd does not have. `platform` is `sys.platform`, `program` the command
    as hints show it (see `errors.with_program`). `working` shows what takes a while.
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
        """The runtime of this process."""
        try:
            home = Path.home()
        except RuntimeError:
            home = None
        return cls(environ=dict(os.environ), home=home)
