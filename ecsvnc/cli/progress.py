"""Progress on the last lines of a terminal, redrawn as it changes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import TextIO, cast

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from ecsvnc.cli.terminal import Terminal, escape_control

_REDRAWS_A_SECOND = 8


class Progress:
    """One line for each thing that is waited for, in a `with` block. Each redraw calls `lines` again.

    Messages of `terminal` appear above the lines, each on a line that only the terminal breaks: an address in it can
    be copied. At the end the lines are removed.
    """

    def __init__(self, lines: Sequence[Callable[[], str]], terminal: Terminal) -> None:
        self._lines = lines
        self._spinner = Spinner("dots")
        self._console = Console(file=cast("TextIO", _Unfailing(sys.stderr)), markup=False, emoji=False, highlight=False)
        self._terminal = terminal
        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            refresh_per_second=_REDRAWS_A_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,  # click would bypass the replacement
        )

    def __enter__(self) -> None:
        with contextlib.ExitStack() as shown:
            shown.enter_context(self._terminal.writing_through(self._write_above))
            shown.enter_context(self._live)
            self._shown = shown.pop_all()

    def __exit__(self, *error: object) -> None:
        self._shown.close()

    def _write_above(self, line: str) -> None:
        self._console.print(Text.from_ansi(line), soft_wrap=True)

    def _render(self) -> Spinner:
        self._spinner.update(text=Text("\n".join(escape_control(line()) for line in self._lines)))
        return self._spinner


class _Unfailing:
    """A terminal that may be gone: writing to it never fails, so that the wait ends as it should."""

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
