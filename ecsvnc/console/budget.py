"""At most 30 consoles a minute to one instance: ECS refuses more (DescribeInstanceVncUrl, usage notes).

Counted over all processes of the user, in one small file in the cache folder. When the file cannot be used, this
process at least counts for itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ecsvnc.runtime import Runtime

CONSOLES = 30
WINDOW_S = 60.0

_FILE_NAME = "consoles.json"
_MAX_FILE_BYTES = 1024 * 1024
_LOCK_PATIENCE_S = 2.0
_LOCK_AGAIN_S = 0.02

Times = dict[str, list[float]]
"""When consoles were opened, in POSIX seconds, by instance id."""


def recent(times: Mapping[str, Sequence[float]], now: float) -> Times:
    """Those of the last minute. A time that is yet to come was written before the clock was set back: dropped."""
    kept = {instance_id: [at for at in each if now - WINDOW_S < at <= now] for instance_id, each in times.items()}
    return {instance_id: sorted(each) for instance_id, each in kept.items() if each}


def wait_s(times: Sequence[float], now: float) -> float:
    """How long the next console must wait, given the sorted times of the last minute; 0 if it need not."""
    return 0.0 if len(times) < CONSOLES else times[-CONSOLES] + WINDOW_S - now


class Budget:
    """Claims consoles. Safe for several threads, and several processes with the same cache folder."""

    def __init__(self, cache_folder: Path, *, runtime: Runtime) -> None:
        self._path = cache_folder / _FILE_NAME
        self._runtime = runtime
        self._own: Times = {}
        self._own_lock = threading.Lock()

    def claim(self, instance_id: str) -> None:
        """Return when the instance may get another console, and count it. Says so when that takes a while."""
        is_said = False
        while (left_s := self._try(instance_id)) > 0:
            if not is_said:
                is_said = True
                self._runtime.talk.warn(
                    f"{instance_id} had {CONSOLES} consoles in the last minute, which is what ECS allows. "
                    f"The next one waits {left_s:.0f} s."
                )
            self._runtime.sleep(left_s)

    def _try(self, instance_id: str) -> float:
        """Count one console if there may be one now; else how many seconds are left until there may."""
        with self._own_lock:
            try:
                with _locked(self._path, self._runtime) as file:
                    times = recent(_read(file), self._runtime.now())
                    left_s = self._count(times, instance_id)
                    if not left_s:
                        _write(file, times)
            except OSError as error:
                self._runtime.talk.detail(f"Consoles are counted for this run only: {self._path}: {error.strerror}.")
                self._own = recent(self._own, self._runtime.now())
                left_s = self._count(self._own, instance_id)
            return left_s

    def _count(self, times: Times, instance_id: str) -> float:
        now = self._runtime.now()
        left_s = wait_s(times.get(instance_id, []), now)
        if left_s <= 0:
            times.setdefault(instance_id, []).append(now)
        return max(0.0, left_s)


@contextlib.contextmanager
def _locked(path: Path, runtime: Runtime) -> Iterator[int]:
    """Open the file for this process alone. The system lets go of the lock when the process ends, however it does."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # O_NOFOLLOW and 0600: the folder may have been made by someone else's tool.
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    file = os.open(path, flags, 0o600)
    try:
        deadline = runtime.monotonic() + _LOCK_PATIENCE_S
        while True:
            try:
                _lock(file)
                break
            except OSError:
                if runtime.monotonic() >= deadline:
                    raise
                runtime.sleep(_LOCK_AGAIN_S)
        yield file
    finally:
        os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        # Far behind the content: a locked byte can be read by nobody else.
        os.lseek(file, _MAX_FILE_BYTES, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _read(file: int) -> Times:
    """What the file says; nothing if it is damaged: a process may have been killed while it wrote."""
    os.lseek(file, 0, os.SEEK_SET)
    data = os.read(file, _MAX_FILE_BYTES)
    try:
        values = json.loads(data)
        return {str(key): [float(at) for at in each] for key, each in values.items()}
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return {}


def _write(file: int, times: Times) -> None:
    os.lseek(file, 0, os.SEEK_SET)
    os.ftruncate(file, 0)
    os.write(file, json.dumps(times).encode())
