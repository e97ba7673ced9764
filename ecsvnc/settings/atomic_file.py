"""Writing a file so that nobody ever sees half of it, and one process at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file that is about to be read, changed and written; the next process waits.

    The lock is a file beside it, since the file itself is replaced. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = path.with_name(f".{path.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform != "win32":
            import fcntl  # noqa: PLC0415  # not on Windows, where two edits at once are left to chance

            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
