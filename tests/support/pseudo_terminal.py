"""The command tree in this process, with stdout and stderr on a pseudo-terminal: much quicker than a process."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import signal
import sys
import termios
import threading
from collections.abc import Iterator
from typing import NamedTuple

import pyte


class Shown(NamedTuple):
    """What a run left: its exit status, what it wrote, and the width of the terminal."""

    status: int
    written: str
    columns: int

    @property
    def rows(self) -> list[str]:
        """What can be read in the end, without the blanks at the ends of rows."""
        widest = max(map(len, self.written.splitlines()), default=0)
        rows = self.written.count("\n") * (1 + widest // self.columns) + 1  # so many that nothing scrolls away
        screen = pyte.Screen(min(self.columns, widest + 1), rows)
        pyte.Stream(screen).feed(self.written)
        return "\n".join(row.rstrip() for row in screen.display).rstrip().splitlines()


class _Reader(threading.Thread):
    """Collects what is written, and presses Ctrl-C once `interrupt_at` was."""

    def __init__(self, outer: int, interrupt_at: str | None) -> None:
        super().__init__()
        self.written = b""
        self._outer = outer
        self._interrupt_at = interrupt_at.encode() if interrupt_at else None

    def run(self) -> None:
        with contextlib.suppress(OSError):  # EIO: nobody holds the other end any more
            while piece := os.read(self._outer, 65536):
                self.written += piece
                if self._interrupt_at and self._interrupt_at in self.written:
                    self._interrupt_at = None
                    os.kill(os.getpid(), signal.SIGINT)


def shown_on(run, *, columns: int, rows: int, stdin: str = "", interrupt_at: str | None = None) -> Shown:
    """Call `run`, which returns an exit status, on a terminal of this size. stdin is none."""
    outer, inner = pty.openpty()
    termios.tcsetwinsize(inner, (rows, columns))
    reader = _Reader(outer, interrupt_at)
    reader.start()
    try:
        with _standard_streams(inner, stdin):
            os.close(inner)
            status = run()
    finally:
        reader.join()
        os.close(outer)
    return Shown(status, reader.written.decode().replace("\r\n", "\n").replace("\n", "\r\n"), columns)


@contextlib.contextmanager
def _standard_streams(terminal: int, stdin: str) -> Iterator[None]:
    """stdout and stderr on `terminal` meanwhile: as descriptors, which give a terminal's width, and as objects."""
    saved = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    before = sys.stdin, sys.stdout, sys.stderr
    for descriptor in saved:
        os.dup2(terminal, descriptor)
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()))
    sys.stdout, sys.stderr = (
        open(descriptor, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115  # closed below
        for descriptor in (1, 2)
    )
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.close()
        sys.stdin, sys.stdout, sys.stderr = before
        for descriptor, copy in saved.items():
            os.dup2(copy, descriptor)
            os.close(copy)
