"""The installed command on a pseudo-terminal: what a person sees of it, and what they type."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import termios
import time

import pyte
from support.prefork import Forked, can_fork
from support.program import COMMAND

_DEADLINE_S = 60.0

_ROWS = 200
"""So many that nothing scrolls away."""


class OnTerminal:
    """One run, with stdin and stderr (and stdout, unless told otherwise) on a terminal that is its controlling one.

    Leaving the `with` block ends it. `first_line_s` is how many seconds after the start something was shown.
    """

    def __init__(self, *arguments, environ, stdout=None, columns=80, command=(COMMAND,)):
        self._outer, inner = pty.openpty()
        termios.tcsetwinsize(inner, (_ROWS, columns))
        self._columns = columns
        self._shown = b""
        self._began = time.monotonic()
        self.first_line_s = None
        streams = {"stdin": inner, "stdout": inner if stdout is None else stdout, "stderr": inner}
        environ = {"TERM": "xterm-256color", **environ}
        if command == (COMMAND,) and can_fork(environ):
            self._process = Forked(arguments, environ=environ, **streams, has_terminal=True)
        else:
            # A process that leads no group becomes a session's leader without another fork.
            self._process = subprocess.Popen(["setsid", "--ctty", *command, *arguments], env=environ, **streams)
        os.close(inner)

    @property
    def shown(self):
        """Everything that was shown so far, echoes of what was typed among it."""
        return self._shown.decode()

    @property
    def rows(self):
        """What can be read on the screen now, from the top to the last row with something on it."""
        screen = pyte.Screen(self._columns, _ROWS)
        pyte.ByteStream(screen).feed(self._shown)
        return "\n".join(row.rstrip() for row in screen.display).rstrip().splitlines()

    def wait_for(self, text, times=1):
        """Wait until something is shown, that many times."""
        while self.shown.count(text) < times:
            assert self._read(), f"{text!r} was not shown: {self.shown!r}"

    def type(self, keys):
        """Press keys; Enter is a carriage return, Ctrl-C is \\x03."""
        os.write(self._outer, keys.encode())

    def status(self):
        """Wait for its end; the exit status. Then everything that it showed is known."""
        while self._read():
            pass
        return self._process.wait(_DEADLINE_S)

    def hang_up(self):
        """Close the window; the exit status of what ran in it."""
        os.close(self._outer)
        self._outer = None
        return self._process.wait(_DEADLINE_S)

    def _read(self):
        left_s = self._began + _DEADLINE_S - time.monotonic()
        assert select.select([self._outer], [], [], max(left_s, 0))[0], f"too late; shown: {self.shown!r}"
        try:
            piece = os.read(self._outer, 65536)
        except OSError:  # the last one who held the other end has gone (EIO)
            return False
        if self.first_line_s is None:
            self.first_line_s = time.monotonic() - self._began
        self._shown += piece
        return bool(piece)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._outer is not None:
            os.close(self._outer)
