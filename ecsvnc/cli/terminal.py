"""What reaches the user's terminal: data on stdout, messages on stderr, and nothing that could control the terminal.

Data goes through `click.echo` in one piece: no wrapping, no colour, no markup.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from typing import TYPE_CHECKING, TextIO

import click

from ecsvnc.cli.escape import escape_control
from ecsvnc.errors import AmbiguousNameError, with_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecsvnc.cli.progress import Progress
    from ecsvnc.errors import EcsvncError
    from ecsvnc.runtime import Reporter, Text

SHOWN_AFTER_S = 1.0
"""What takes longer than this is shown while it lasts."""


def shows_colour(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Whether to colour what is written to `stdout` or `stderr`: only on a terminal (https://no-color.org)."""
    is_terminal = stream is not None and stream.isatty()
    return is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def columns_of(stream: TextIO | None) -> int | None:
    """How wide the terminal of `stdout` or `stderr` is; None if it is no terminal, or does not tell."""
    try:
        return (os.get_terminal_size(stream.fileno()).columns or None) if stream is not None else None
    except (OSError, ValueError):  # no terminal; a closed stream
        return None


_TAKES_LINKS = re.compile("xterm|kitty|foot|alacritty|wezterm|ghostty|contour|tmux|vte|konsole|iterm")
"""Kinds of terminals (TERM) that show OSC 8 as a link, or pass over it."""


def linked(address: str, environ: Mapping[str, str]) -> str:
    """The address as a link (OSC 8) where it is printed on a terminal that takes it: it may be broken at the margin.

    https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda
    """
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    if not is_terminal or not _TAKES_LINKS.match(environ.get("TERM", "")):
        return address
    return f"\x1b]8;;{address}\x1b\\{address}\x1b]8;;\x1b\\"


class PrefixedReporter:
    """A `Reporter` whose messages begin with a name, where several things are reported at a time.

    A message that contains the name stays as it is, and so does an indented one: it is there to be copied.
    """

    def __init__(self, name: str, reporter: Reporter) -> None:
        self._name = name
        self._reporter = reporter

    def warn(self, text: str) -> None:
        """Print what the user should know."""
        self._reporter.warn(self._prefixed(text))

    def notice(self, text: str) -> None:
        """Print progress or a success."""
        self._reporter.notice(self._prefixed(text))

    def info(self, text: str) -> None:
        """Print what is being done, with --verbose."""
        self._reporter.info(self._prefixed(text))

    def debug(self, text: str) -> None:
        """Print how it is being done, with --debug."""
        self._reporter.debug(self._prefixed(text))

    def _prefixed(self, text: str) -> str:
        return text if self._name in text or text.startswith(" ") else f"{self._name}: {text}"


class Terminal:
    """stderr, as a `Reporter`: warnings always, details with --verbose, debug lines with --debug. Safe for threads.

    `program` is as in `with_program`. A stderr that cannot be written to is no failure: what a command does, and its
    status, do not depend on it.
    """

    def __init__(self, environ: Mapping[str, str], *, program: str = "ecsvnc") -> None:
        self.program = program
        self.verbose = False
        self.debugging = False
        self.errors_as_json = False
        self._colour = shows_colour(sys.stderr, environ)
        self.shows_work_after_s = SHOWN_AFTER_S
        """How long something is worked on at most before that is shown."""
        self.is_dumb = environ.get("TERM") in (None, "", "dumb")
        """Whether stderr can show lines, and nothing that is drawn over."""
        self._progress: Progress | None = None
        self._held: list[str] | None = None
        self._screen = threading.RLock()
        self._writing = threading.RLock()

    @property
    def is_interactive(self) -> bool:
        """Whether a person reads stderr: only then may lines be redrawn, or a question be asked."""
        return sys.stderr is not None and sys.stderr.isatty()

    @property
    def can_ask(self) -> bool:
        """Whether a question would be seen and answered."""
        return self.is_interactive and sys.stdin is not None and sys.stdin.isatty()

    def discard_typed_ahead(self) -> None:
        """Drop what was typed before a question was shown: it cannot be meant as the answer."""
        if sys.platform == "win32":
            import msvcrt

            while msvcrt.kbhit():
                msvcrt.getwch()
            return
        import termios

        with contextlib.suppress(termios.error):  # a terminal that is gone
            termios.tcflush(sys.stdin, termios.TCIFLUSH)

    def warn(self, text: str) -> None:
        """Print what the user should know."""
        self._say(text)

    def notice(self, text: str) -> None:
        """Print progress or a success."""
        self._say(text)

    def info(self, text: str) -> None:
        """Print what is being done, with --verbose."""
        if self.verbose or self.debugging:
            self._say(text)

    def debug(self, text: str) -> None:
        """Print how it is being done, with --debug."""
        if self.debugging:
            self._say(text)

    def error(self, error: EcsvncError, *, instance: str | None = None, is_one_of_several: bool = False) -> None:
        """Print a failure: what happened, what to do next, and the service's id of the request.

        `instance` is the instance that failed, as the user named it. The message begins with it if it
        `is_one_of_several`, unless the error names it. With `errors_as_json`, all of it is one JSON object.
        """
        if self.errors_as_json:
            from ecsvnc.cli.json_lines import error_object, json_line

            self._write_line(json_line(error_object(error, instance=instance, program=self.program), sys.stderr))
            return
        candidates = error.candidates if isinstance(error, AmbiguousNameError) else ()
        what = error.summary if isinstance(error, AmbiguousNameError) and candidates else error.what
        is_named = instance is None or instance in what
        self._say(f"{instance}: {what}" if is_one_of_several and not is_named else what, label="Error", colour="red")
        if candidates:
            from ecsvnc.cli.candidates import lines

            width = columns_of(sys.stderr) or sys.maxsize
            for line in lines([tuple(map(escape_control, row)) for row in candidates], width=width - 2):
                self._write_line(f"  {line}")
        if error.hint:
            self._say(error.hint, label="Hint", colour="cyan")
        if error.request_id:
            self._say(error.request_id, label="Request ID")

    def interrupted(self) -> None:
        """Begin a new line after the `^C` that the terminal has echoed, for what the shell writes next."""
        if self.is_interactive:
            self._write_line("")

    def working(
        self, what: Text, *, done: Text | None = None, after_s: float = SHOWN_AFTER_S
    ) -> contextlib.AbstractContextManager[None]:
        """Show what is worked on: see `runtime.Working`. Nothing is drawn unless stderr is a terminal."""
        if not self.is_interactive or self._held is not None:  # behind a full screen, it is not what the user waits for
            return contextlib.nullcontext()
        return self._drawing().working(what, done, min(after_s, self.shows_work_after_s))

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Draw nothing meanwhile: for what is written to stdout while something is worked on, and for questions.

        Waits while another thread has the full screen.
        """
        if not self.is_interactive:
            yield
            return
        with self._screen, self._drawing().paused():
            yield

    @contextlib.contextmanager
    def full_screen(self) -> Iterator[list[str]]:
        """Draw nothing and keep every message back meanwhile: the block uses the whole terminal.

        The messages are in the list that the block gets, to be shown there; those left in it are written at the end.
        """
        held: list[str] = []
        with self.paused():
            with self._writing:
                self._held = held
            try:
                yield held
            finally:
                with self._writing:
                    self._held = None
                for line in held:
                    self._write_line(line)

    def close(self) -> None:
        """Erase what is drawn: the run is over, though threads of it may still work on something."""
        if self._progress is not None:
            self._progress.close()

    def _drawing(self) -> Progress:
        with self._writing:
            if self._progress is None:
                from ecsvnc.cli.progress import Progress

                self._progress = Progress(
                    self._echo, say=self._say, told_after_s=self.shows_work_after_s, is_dumb=self.is_dumb
                )
            return self._progress

    def _say(self, text: str, *, label: str = "", colour: str | None = None) -> None:
        """Write one message, on a terminal broken between words; an indented one is there to be copied, and is not."""
        label = f"{label}: " if label else ""
        text = escape_control(with_program(text, self.program))
        columns = columns_of(sys.stderr)
        if columns and not text.startswith(" "):
            from ecsvnc.cli.word_wrap import cell_width, wrapped

            indent = len(label)
            first = text.partition(" ")[0]
            if indent + cell_width(first) > columns >= cell_width(first):
                text = "\n" + wrapped(text, width=columns)  # an id is not broken where it fits on a line of its own
            else:
                text = wrapped(text, width=columns, indent=indent)
        if label and self._colour:
            label = click.style(label.rstrip(), fg=colour, bold=True) + " "
        self._write_line(label + text)

    def _write_line(self, line: str) -> None:
        with self._writing:
            if self._held is not None:
                self._held.append(line)
                return
            if self._progress is None:
                self._echo(line)
                return
        self._progress.write_above(line)

    def _echo(self, line: str) -> None:
        with contextlib.suppress(OSError):
            click.echo(line, err=True, color=self._colour)
