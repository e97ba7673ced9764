"""Shows what the program is working on, in the last lines of a terminal.

Nothing is drawn, and rich not loaded, before something has taken a while. A dumb terminal gets a plain line now and
then. Everything else that is written goes above these lines: messages by themselves, all other output in `paused`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO, cast

from ecsvnc.background import start_thread
from ecsvnc.cli.escape import escape_control
from ecsvnc.durations import in_words
from ecsvnc.errors import ResourceError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

    from ecsvnc.runtime import Text

_REDRAW_S = 0.125
_PLAIN_LINE_S = 30.0
"""How often a dumb terminal gets another line."""


class _Work:
    """One work, and its thread. `shown_at` is when a dumb terminal showed it last."""

    def __init__(self, what: Text, after_s: float) -> None:
        self.what = what
        self.began_s = time.monotonic()
        self.due_s = self.began_s + after_s
        self.thread = threading.get_ident()

    @property
    def line(self) -> str:
        """The text of the work, and its time so far."""
        what = self.what if isinstance(self.what, str) else self.what()
        return f"{escape_control(what)} ({in_words(int(time.monotonic() - self.began_s))})"


class Progress:
    """Draws works on stderr, which is a terminal. Safe for threads.

    `write` writes a whole line to it, `say` a message, broken between words. The end of a work is reported if it
    took longer than `told_after_s`.
    """

    def __init__(
        self, write: Callable[[str], None], *, say: Callable[[str], None], told_after_s: float, is_dumb: bool
    ) -> None:
        self._write = write
        self._say = say
        self._told_after_s = told_after_s
        self._is_dumb = is_dumb
        self._works: list[_Work] = []
        self._pauses = 0
        self._changed = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        self._console: Console | None = None
        self._live: Live | None = None

    @contextlib.contextmanager
    def working(self, what: Text, done: Text | None, after_s: float) -> Iterator[None]:
        """Show `what` while the block lasts, once it is longer than `after_s`; then print `done`."""
        # What a dumb terminal gets stays there.
        work = _Work(what, max(after_s, self._told_after_s) if self._is_dumb else after_s)
        with self._changed:
            self._works.append(work)
            if self._thread is None:
                with contextlib.suppress(ResourceError):  # without a thread there is no progress
                    self._thread = start_thread(self._run, name="ecsvnc-progress")
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._works.remove(work)
                if not self._works:
                    self._erase()
                self._changed.notify_all()
        took_s = time.monotonic() - work.began_s
        if done is not None and took_s >= self._told_after_s:
            text = done if isinstance(done, str) else done()
            self._say(escape_control(f"{text} ({in_words(took_s)})"))

    def write_above(self, line: str) -> None:
        """Write a line above the drawn ones. It may hold escape sequences for colours, and ends with no newline."""
        with self._changed:
            if self._live is None or self._console is None:
                self._write(line)
                return
            from rich.text import Text as RichText

            # Not wrapped, so that an address in it can be copied.
            self._console.print(RichText.from_ansi(line), soft_wrap=True)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Pause drawing, for output to the same terminal and for prompts."""
        with self._changed:
            self._pauses += 1
            self._erase()
        try:
            yield
        finally:
            with self._changed:
                self._pauses -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Erase what is drawn, and stop drawing."""
        with self._changed:
            self._pauses += 1
            self._erase()

    def _run(self) -> None:
        """Draw, on a thread, while there is work."""
        with self._changed:
            while self._works:
                wait_s = _PLAIN_LINE_S if self._pauses else min(work.due_s for work in self._works) - time.monotonic()
                if wait_s <= 0:
                    wait_s = self._say_due() if self._is_dumb else self._draw()
                self._changed.wait(wait_s)
            self._thread = None

    def _due(self) -> list[_Work]:
        """The works to show: of each thread, the innermost one that has taken a while."""
        now = time.monotonic()
        return list({work.thread: work for work in self._works if work.due_s <= now}.values())

    def _say_due(self) -> float:
        """Print the works to show, on a dumb terminal, which cannot be redrawn."""
        threads = {work.thread for work in self._due()}
        innermost = {work.thread: work for work in self._works if work.thread in threads}
        for work in innermost.values():
            self._say(work.line)
        for work in self._works:
            if work.thread in threads:
                work.due_s = time.monotonic() + _PLAIN_LINE_S
        return 0.0

    def _draw(self) -> float:
        if self._live is None:
            self._live = self._new_live()
            self._live.start()
        with contextlib.suppress(OSError):
            if (size := os.get_terminal_size(sys.stderr.fileno())).columns and self._console is not None:
                self._console.size = size  # which rich would take from stdin
        self._live.refresh()
        return _REDRAW_S

    def _erase(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _new_live(self) -> Live:
        from rich.console import Console
        from rich.live import Live
        from rich.spinner import Spinner

        stream = _Unfailing(sys.stderr)
        if self._console is None:
            self._console = Console(file=cast("TextIO", stream), markup=False, emoji=False, highlight=False)
            is_utf8 = (stream.encoding or "").lower().startswith("utf")
            self._spinner = Spinner("dots" if is_utf8 else "line")
        return Live(
            get_renderable=self._render,
            console=self._console,
            auto_refresh=False,
            transient=True,
            vertical_overflow="visible",  # a terminal that says it has no rows still shows a line
            redirect_stdout=False,
            redirect_stderr=False,  # click would bypass the replacement
        )

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text as RichText

        assert self._console is not None  # noqa: S101  # made before the first drawing
        spinner = self._spinner.render(self._console.get_time())
        mark = spinner.plain if isinstance(spinner, RichText) else ""
        lines = dict.fromkeys(f"{mark} {work.line}" for work in self._due())  # two may look for the same in all regions
        return Group(*map(RichText, lines))


class _Unfailing:
    """A terminal that may be closed: writing to it never fails, so that the work continues."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding
        self.isatty = stream.isatty
        self.fileno = stream.fileno

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()
