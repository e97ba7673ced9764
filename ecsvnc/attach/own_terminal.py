"""The terminal that this process runs on, as a full screen of its own: the one place that changes its modes.

    with OwnTerminal(runtime) as terminal:
        terminal.write(…)

What it changes it restores, whatever ends the `with` block: the modes of the line (termios), the other screen, the
cursor, line wrapping, bracketed paste, the kitty keyboard protocol. Nothing blocks but leaving, and that about a
second at most: a terminal that reads nothing must not keep the process running.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import termios
import tty
from collections.abc import Iterator
from types import FrameType
from typing import Any, Self

from ecsvnc.attach.decode import KITTY_QUERY
from ecsvnc.console.nonblocking import READ, WRITE, wait_ready
from ecsvnc.errors import InterruptError, UsageError
from ecsvnc.runtime import Runtime

_ENTER = "\x1b[?1049h\x1b[?7l\x1b[?2004h" + KITTY_QUERY
"""The other screen, no wrapping of lines, bracketed paste; and whether the terminal supports kitty's protocol."""

_KITTY_ON, _KITTY_OFF = "\x1b[>1u", "\x1b[<u"

_LEAVE = "\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[0m\x1b[?25h\x1b[?1049l"

_CANCEL = "\x18"
"""CAN (ECMA-48, section 8.3.6): ends an escape sequence of which a part was not sent."""

_LEAVE_WITHIN_S = 1.0

_ASKED_JUST_NOW_S = 1.0
"""A terminal that has not answered KITTY_QUERY after so long does not answer any more."""

_ANSWER_WITHIN_S = 0.1

_READ_BYTES = 65536
_MAX_READ_BYTES = 1 << 20

_ENDING = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGTERM})
_OTHERS = (signal.SIGWINCH, signal.SIGCONT, signal.SIGTSTP)


class OwnTerminal:
    """The terminal on stdin, for the main thread. Entering raises UsageError if it cannot be used.

    If it is left at once, its answer to KITTY_QUERY is waited for, at most `answer_within_s`: else the shell would read
    the answer as typed.
    """

    def __init__(self, runtime: Runtime, *, answer_within_s: float = _ANSWER_WITHIN_S) -> None:
        self._runtime = runtime
        self._answer_within_s = answer_within_s
        self._asked_at_s = 0.0
        self.woken, self._waker = socket.socketpair()
        """Can be read after a signal: then `signals` has something."""
        self._descriptor = -1
        self._saved: list[Any] = []
        self._waiting = b""
        self._has_kitty_keys = False
        self._signals: set[int] = set()
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        with _without_ending_signals():
            try:
                self._descriptor = _opened_again(sys.stdin.fileno())
                self._saved = termios.tcgetattr(self._descriptor)
                self._enter(termios.TCSAFLUSH)
            except (OSError, termios.error) as error:
                self._close()
                raise UsageError(
                    f"The terminal cannot be used: {error.args[-1]}.",
                    hint="Run `ecsvnc screen` to print what is on the screen.",
                ) from None
            self._waker.setblocking(False)
            self.woken.setblocking(False)
            self._handlers = {number: signal.signal(number, self._note) for number in _OTHERS}
        return self

    def __exit__(self, *_: object) -> None:
        with _without_ending_signals():
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            self._leave()
            self._close()

    def fileno(self) -> int:
        """For a selector."""
        return self._descriptor

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        try:
            columns, rows = os.get_terminal_size(self._descriptor)
        except OSError:
            columns, rows = 0, 0
        return columns or 80, rows or 24

    @property
    def erases_with_ctrl_h(self) -> bool:
        """Whether its Backspace sends the character that others send for Ctrl-H."""
        return bool(self._saved[6][termios.VERASE] == b"\x08")

    def read(self) -> bytes:
        """All that was typed. Raises InterruptError if the terminal was closed."""
        pieces = bytearray()
        while len(pieces) < _MAX_READ_BYTES:
            try:
                piece = os.read(self._descriptor, _READ_BYTES)
            except BlockingIOError:
                return bytes(pieces)
            except OSError:
                piece = b""
            if not piece:
                raise _closed()
            pieces += piece
        return bytes(pieces)

    @property
    def has_written_all(self) -> bool:
        """Whether it has taken everything: only then should more be given to `write`."""
        return not self._waiting

    def write(self, text: str) -> None:
        """Write after what waits, as far as that goes without blocking; `flush` has the rest."""
        self._waiting += text.encode("utf-8")
        self.flush()

    def flush(self) -> None:
        """Write as much as goes without blocking. Raises InterruptError if the terminal was closed."""
        try:
            while self._waiting:
                self._waiting = self._waiting[os.write(self._descriptor, self._waiting) :]
        except BlockingIOError:
            pass
        except OSError:
            raise _closed() from None

    def use_kitty_keys(self) -> None:
        """Let it send keys by the kitty protocol, which it supports: Esc alone, Ctrl-I and others can be told apart."""
        if not self._has_kitty_keys:
            self._has_kitty_keys = True
            self.write(_KITTY_ON)

    def signals(self) -> set[int]:
        """The signals received since the last call: of SIGWINCH (resized), SIGCONT (continued), SIGTSTP (suspend)."""
        with contextlib.suppress(BlockingIOError):
            while self.woken.recv(64):
                pass
        received, self._signals = self._signals, set()
        return received

    def suspend(self) -> None:
        """Leave the terminal as it was found, stop until the shell continues this process, and take it again."""
        self._leave()
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(0, signal.SIGTSTP)  # as an uncaught Ctrl-Z: the whole job stops
        signal.signal(signal.SIGTSTP, handler)
        self._signals.discard(signal.SIGCONT)  # by which it was continued
        self.take_again()

    def take_again(self) -> None:
        """Set its modes once more: the process was stopped, and the shell had the terminal.

        Raises InterruptError if the terminal was closed.
        """
        if self._has_kitty_keys:
            self.write(_KITTY_OFF)  # they are asked for again, and must not be on its stack twice
            self._has_kitty_keys = False
        try:
            self._enter(termios.TCSANOW)  # what was typed since then is meant for the console
        except termios.error:
            raise _closed() from None

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signals.add(number)
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def _enter(self, when: int) -> None:
        tty.setraw(self._descriptor, when)
        self._asked_at_s = self._runtime.monotonic()
        self.write(_ENTER)

    def _leave(self) -> None:
        unsent = _CANCEL if self._waiting else ""
        kitty = _KITTY_OFF if self._has_kitty_keys else ""
        may_answer = not self._has_kitty_keys and self._runtime.monotonic() < self._asked_at_s + _ASKED_JUST_NOW_S
        self._has_kitty_keys = False
        self._waiting = f"{unsent}{kitty}{_LEAVE}".encode()
        deadline = self._runtime.monotonic() + _LEAVE_WITHIN_S
        handler = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # in the background too, it is restored
        with contextlib.suppress(InterruptError, OSError, termios.error):
            self.flush()
            while self._waiting and (left_s := deadline - self._runtime.monotonic()) > 0:
                wait_ready({self: WRITE}, left_s)
                self.flush()
            if may_answer and not self._waiting:
                wait_ready({self: READ}, self._answer_within_s)
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(self._descriptor, termios.TCSANOW, self._saved)
            termios.tcflush(self._descriptor, termios.TCIFLUSH)  # answers of the terminal that come late
        self._waiting = b""
        signal.signal(signal.SIGTTOU, handler)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self.woken.close()
        self._waker.close()


def _closed() -> InterruptError:
    return InterruptError("The terminal was closed.", hint="Run `ecsvnc attach` again: the instance keeps running.")


def _opened_again(descriptor: int) -> int:
    """The same terminal, not blocking: as a file of our own, since the shell shares the one that it gave us.

    Raises OSError if it is not a terminal.
    """
    flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
    os.get_terminal_size(descriptor)
    try:
        return os.open(os.ttyname(descriptor), flags)
    except OSError:  # in a container, its name may be one outside
        return os.open("/dev/tty", flags)


@contextlib.contextmanager
def _without_ending_signals() -> Iterator[None]:
    """Let signals that end the process wait meanwhile, so that nothing is left half done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
