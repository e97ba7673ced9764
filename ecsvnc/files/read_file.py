"""Reads a file with a limit on its size, and a limit on the time of a FIFO.

Some secret managers provide a FIFO in place of a file, so that the secret is never stored on a disk.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime

FIFO_LIMIT_S = 10.0

_QUIET_S = 1.0
"""A longer wait is reported."""

_PIECE_S = 0.02


def read_file(
    path: Path | str, max_bytes: int, runtime: Runtime | None = None, *, fifo_limit_s: float = FIFO_LIMIT_S
) -> tuple[bytes, os.stat_result]:
    """The content of a file, and the status of the descriptor that was read.

    With a `runtime`, the content of a FIFO or device is waited for; without one, the file has to be a regular one.
    Raises OSError with the reason in `strerror`; EFBIG for more than `max_bytes`.
    """
    # Opening a FIFO without O_NONBLOCK waits until another process opens it for writing.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(descriptor)
        if runtime is not None and (stat.S_ISFIFO(status.st_mode) or stat.S_ISCHR(status.st_mode)):
            content = _read_when_written(path, descriptor, max_bytes, runtime, fifo_limit_s)
        elif stat.S_ISREG(status.st_mode):
            with open(descriptor, "rb", closefd=False) as file:  # Path cannot open a descriptor
                content = file.read(max_bytes + 1)
        else:
            raise OSError(errno.EINVAL, "it is not a regular file")
    finally:
        os.close(descriptor)
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {max_bytes} bytes")
    return content, status


def _read_when_written(path: Path | str, descriptor: int, max_bytes: int, runtime: Runtime, limit_s: float) -> bytes:
    is_fifo = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    started_s = runtime.monotonic()
    is_reported = False
    content = b""
    while len(content) <= max_bytes:
        try:
            piece = os.read(descriptor, max_bytes + 1 - len(content))
        except BlockingIOError:  # there is a writer, and nothing to read yet
            pass
        else:
            content += piece
            if piece:
                continue
            if content or not is_fifo:  # else no process has opened the FIFO for writing yet
                break
        waited_s = runtime.monotonic() - started_s
        if waited_s >= limit_s:
            raise TimeoutError(errno.ETIMEDOUT, f"no process wrote its content within {limit_s:g} s")
        if waited_s >= _QUIET_S and not is_reported:
            is_reported = True
            runtime.reporter.notice(f"Waiting for a process to write to {path} (at most {limit_s:g} s).")
        runtime.sleep(_PIECE_S)
    return content
