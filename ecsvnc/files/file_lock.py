"""The lock of a file that several processes read, change and write."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime

_PIECE_S = 0.01


class FileLock:
    """The lock of one file, for one block of code at a time.

    The lock is on a file beside it, since the file itself is replaced. A lock is held for milliseconds: a process that
    holds it for longer than `limit_s` is suspended. The wait happens once; later, a lock that is not free is an error
    at once.
    """

    def __init__(self, file: Path, runtime: Runtime, *, limit_s: float = 5.0) -> None:
        self._path = file.with_name(f".{file.name}.lock")
        self._runtime = runtime
        self._limit_s = limit_s

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock while the block runs. Makes the folder. Raises OSError, also if the lock is not free."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._acquire(descriptor)
            yield
        finally:
            os.close(descriptor)  # which releases it

    def _acquire(self, descriptor: int) -> None:
        end_s = self._runtime.monotonic() + self._limit_s
        while not _try_lock(descriptor):
            if self._runtime.monotonic() >= end_s:
                self._limit_s = 0.0
                raise OSError(errno.EAGAIN, f"another process holds the lock {self._path}")
            self._runtime.sleep(_PIECE_S)


if sys.platform == "win32":

    def _try_lock(descriptor: int) -> bool:
        import msvcrt  # Windows only

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:  # whatever the reason, Windows reports it as "permission denied"
            return False
        return True

else:

    def _try_lock(descriptor: int) -> bool:
        import fcntl  # not on Windows

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
