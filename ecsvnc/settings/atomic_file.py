"""Writing a file so that nobody ever sees half of it, and one process at a time; reading one without being held up."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecsvnc.background import in_background

_LOCK_PATIENCE_S = 5.0
"""A lock is held for milliseconds. Whoever holds it longer is stopped, or on another machine that is."""


def read_beginning(path: Path, max_bytes: int) -> bytes:
    """What a regular file begins with. Raises OSError also for anything else: a FIFO might never say anything."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file")
    with open(descriptor, "rb") as file:  # noqa: PTH123  # Path cannot open a descriptor
        return file.read(max_bytes)


def write_atomically(path: Path, content: bytes) -> None:
    """Put a new file of mode 0600 in the place of `path`, and its folder (mode 0700) where there is none.

    A symbolic link stays one: what it points to is replaced. Raises OSError, and then the old file is untouched.
    """
    import tempfile  # noqa: PLC0415  # costs a tenth of a start, and completion reads only

    target = path.resolve()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mode 0600, by its contract
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  # Path cannot open a descriptor
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # else a crash could leave the new name on an empty file
        os.replace(name, target)  # noqa: PTH105  # the name is a str, as mkstemp gives it
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, *, patience_s: float = _LOCK_PATIENCE_S) -> Iterator[None]:
    """Hold the lock of a file that is about to be read, changed and written; the next process waits.

    The lock is a file beside it, since the file itself is replaced. Raises OSError, also if it cannot be had within
    `patience_s`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = path.with_name(f".{path.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform != "win32":  # where two edits at once are left to chance
            _wait_for_lock(descriptor, patience_s)
        yield
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int, patience_s: float) -> None:
    import fcntl  # noqa: PLC0415  # not on Windows

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # On a thread, since nothing else ends the wait. Left behind, it gets the lock of a closed file, which is none.
        waiting = in_background(fcntl.flock, descriptor, fcntl.LOCK_EX, name="lock")
        try:
            waiting.result(patience_s)
        except TimeoutError:
            raise OSError(errno.EAGAIN, "another process holds its lock and does not let go") from None
