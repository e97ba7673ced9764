"""Terminals of any size on which a program runs full screen: pyte's, tmux's, and GNU screen in pyte's.

Each has `rows` (the text, without the blanks at the ends), `cursor` (column and row, or None where it is hidden),
`type`, and `close`; used as a context, it ends what runs in it. What they need of files is in HOME.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import termios
import time
from pathlib import Path
from typing import Any, Self

import pyte
from support.parts import need
from support.prefork import Forked, can_fork
from support.program import COMMAND

DEADLINE_S = 60.0


class Emulator:
    """What all of them have in common."""

    rows: list[str]
    cursor: tuple[int, int] | None

    def update(self, within_s: float) -> None:
        """Wait for something new to be shown, at most so long."""
        time.sleep(within_s)

    def wait_until(self, condition: Any, *, timeout_s: float = DEADLINE_S, every_s: float = 0.05) -> None:
        """Wait until a condition holds of what is shown."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, "not shown:\n" + "\n".join([*self.rows, f"cursor: {self.cursor}"])
            self.update(every_s)

    def wait_for(self, text: str, timeout_s: float = DEADLINE_S) -> None:
        """Wait until a text is shown."""
        self.wait_until(lambda: text in "\n".join(self.rows), timeout_s=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        raise NotImplementedError


class PyteTerminal(Emulator):
    """A pseudo-terminal that is drawn by pyte; the command's controlling one. Without `command`, ecsvnc runs in it.

    `written` is all that was written to it, `inner` the descriptor that the command has as its streams, `settings` what
    stty prints. `answers` maps what may be written to it to what it then sends, as a terminal that is asked a question.
    """

    def __init__(
        self,
        *arguments: str,
        environ: dict[str, str],
        columns: int,
        rows: int,
        command: tuple[str, ...] = (COMMAND,),
        answers: dict[bytes, bytes] | None = None,
    ) -> None:
        self.written = b""
        self._answers = answers or {}
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._outer, self.inner = pty.openpty()
        termios.tcsetwinsize(self.inner, (rows, columns))
        os.set_blocking(self._outer, False)
        environ = {"TERM": "xterm-256color", **environ}
        streams = {"stdin": self.inner, "stdout": self.inner, "stderr": self.inner}
        if command == (COMMAND,) and can_fork(environ):
            self.process: Any = Forked(arguments, environ=environ, **streams, has_terminal=True)
        else:
            self.process = subprocess.Popen([need("setsid"), "--ctty", *command, *arguments], env=environ, **streams)

    @property
    def rows(self) -> list[str]:
        self.update(0)
        return [row.rstrip() for row in self._screen.display]

    @property
    def cursor(self) -> tuple[int, int] | None:
        cursor = self._screen.cursor
        return None if cursor.hidden else (cursor.x, cursor.y)

    @property
    def settings(self) -> list[Any]:
        """What stty shows and changes, as termios has it."""
        return termios.tcgetattr(self.inner)

    @property
    def foreground_group(self) -> int:
        """The process group that the terminal's keys and signals go to."""
        return os.tcgetpgrp(self._outer)

    def resize(self, columns: int, rows: int) -> None:
        """Give it another size, as a person does who pulls at the window's corner."""
        self.update(0)
        self._screen.resize(rows, columns)
        termios.tcsetwinsize(self.inner, (rows, columns))

    def type(self, keys: str) -> None:
        """Send what a terminal sends for keys: Enter is \\r, Esc \\x1b, Ctrl-] \\x1d."""
        data = keys.encode()
        while data:
            try:
                data = data[os.write(self._outer, data) :]
            except BlockingIOError:
                self.update(0.05)

    def update(self, within_s: float) -> None:
        while self._outer >= 0 and select.select([self._outer], [], [], within_s)[0]:
            try:
                piece = os.read(self._outer, 65536)
            except (BlockingIOError, OSError):
                return
            self.take(piece)
            for question, answer in self._answers.items():
                if question in piece:
                    os.write(self._outer, answer)
            within_s = 0

    def take(self, piece: bytes) -> None:
        """Draw what was written."""
        self.written += piece
        self._stream.feed(piece)

    def status(self) -> int:
        """Wait for the end of what runs; its exit status. Then everything that it wrote is known."""
        deadline = time.monotonic() + DEADLINE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it has not ended:\n" + "\n".join(self.rows)
            self.update(0.05)
        self.update(0)
        return self.process.wait()

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._outer)
        os.close(self.inner)
        self._outer = self.inner = -1

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._outer >= 0:
            self.hang_up()


class Tmux(Emulator):
    """A server of tmux of its own, with one window. What it shows is tmux's own account."""

    def __init__(self, *arguments: str, environ: dict[str, str], columns: int, rows: int) -> None:
        folder = Path(environ["HOME"])
        self._command = [need("tmux"), "-S", str(folder / "tmux"), "-f", os.devnull]
        self._status = folder / "tmux-status"
        script = f'"$@"; echo $? >{self._status}; sleep 600'
        size = ("-x", str(columns), "-y", str(rows))
        self._run("new-session", "-d", *size, "--", "sh", "-c", script, "sh", COMMAND, *arguments, environ=environ)

    def _run(self, *arguments: str, environ: dict[str, str] | None = None) -> str:
        done = subprocess.run([*self._command, *arguments], env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def rows(self) -> list[str]:
        return [row.rstrip() for row in self._run("capture-pane", "-p").split("\n")[:-1]]

    @property
    def cursor(self) -> tuple[int, int] | None:
        is_shown, column, row = self._run("display-message", "-p", "#{cursor_flag} #{cursor_x} #{cursor_y}").split()
        return (int(column), int(row)) if is_shown == "1" else None

    @property
    def is_alternate(self) -> bool:
        """Whether the alternate screen is shown."""
        return self._run("display-message", "-p", "#{alternate_on}").strip() == "1"

    def resize(self, columns: int, rows: int) -> None:
        """Give it another size."""
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def type(self, keys: str) -> None:
        """As `PyteTerminal.type`."""
        self._run("send-keys", "-H", *[f"{byte:x}" for byte in keys.encode()])

    def status(self) -> int:
        """As `PyteTerminal.status`."""
        self.wait_until(lambda: self._status.exists() and self._status.read_text())
        return int(self._status.read_text())

    def close(self) -> None:
        with contextlib.suppress(AssertionError):  # it has ended by itself
            self._run("kill-server")


class GnuScreen(PyteTerminal):
    """GNU screen, with one window, in a terminal that is drawn by pyte."""

    def __init__(self, *arguments: str, environ: dict[str, str], columns: int, rows: int) -> None:
        sockets = Path(environ["HOME"], "screen")
        sockets.mkdir(mode=0o700)
        self._environ = {**environ, "SCREENDIR": str(sockets)}
        self._session = [need("screen"), "-S", "judged"]
        command = (*self._session, "-c", os.devnull, "-U", COMMAND)
        super().__init__(*arguments, environ=self._environ, columns=columns, rows=rows, command=command)

    def close(self) -> None:
        # Its server would outlive the terminal.
        subprocess.run([*self._session, "-X", "quit"], env=self._environ, stdout=subprocess.DEVNULL, check=False)
        super().close()
