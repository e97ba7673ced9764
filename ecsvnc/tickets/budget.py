"""At most 30 consoles a minute to one instance: ECS refuses more (DescribeInstanceVncUrl, usage notes).

Counted over all processes of the user, in one small file in the cache folder. When the file cannot be used, this
process at least counts for itself.
"""

from __future__ import annotations

import errno
import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ecsvnc.runtime import Runtime
from ecsvnc.settings.atomic_file import write_atomically
from ecsvnc.settings.file_lock import FileLock
from ecsvnc.settings.read_file import read_file

CONSOLES = 30
WINDOW_S = 60.0

_PIECE_S = 0.2
"""How long at most nobody looks whether the console is still wanted."""

_FILE_NAME = "consoles.json"
_MAX_FILE_BYTES = 1024 * 1024

Times = dict[str, list[float]]
"""When consoles were opened, in POSIX seconds, by instance id."""


def recent(times: Mapping[str, Sequence[float]], now: float) -> Times:
    """Those of the last minute. A time that is yet to come was written before the clock was set back: dropped."""
    kept = {instance_id: [at for at in each if now - WINDOW_S < at <= now] for instance_id, each in times.items()}
    return {instance_id: sorted(each) for instance_id, each in kept.items() if each}


def wait_s(times: Sequence[float], now: float) -> float:
    """How long the next console must wait, given the sorted times of the last minute; 0 if it need not."""
    return 0.0 if len(times) < CONSOLES else max(0.0, times[-CONSOLES] + WINDOW_S - now)


class Budget:
    """Claims consoles. Safe for several threads, and several processes with the same cache folder, if there is one."""

    def __init__(self, cache_folder: Path | None, *, runtime: Runtime) -> None:
        self._path = cache_folder and cache_folder / _FILE_NAME
        self._file_lock = None if self._path is None else FileLock(self._path, runtime)
        self._runtime = runtime
        self._own: Times = {}
        self._is_said_own = False
        self._own_lock = threading.Lock()

    def claim(self, instance_id: str, is_over: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the instance may get another console, and count it. Says so when that takes a while.

        False, and nothing counted, once `is_over`: nobody wants the console any more.
        """
        is_said = False
        while not is_over():
            left_s = self._try(instance_id)
            if not left_s:
                return True
            if not is_said:
                is_said = True
                self._runtime.reporter.notice(
                    f"{instance_id} had {CONSOLES} consoles in the last minute, which is what ECS allows. "
                    f"The next one waits {math.ceil(left_s)} s."
                )
            self._runtime.sleep(min(left_s, _PIECE_S))
        return False

    def _try(self, instance_id: str) -> float:
        """Count one console if there may be one now; else how many seconds are left until there may."""
        with self._own_lock:
            if self._path is None or self._file_lock is None:
                return self._count(self._own, instance_id)
            try:
                with self._file_lock.held():
                    times = _read(self._path)
                    left_s = self._count(times, instance_id)
                    if not left_s:
                        write_atomically(self._path, json.dumps(times).encode())
            except OSError as error:
                self._say_own(error)
                left_s = self._count(self._own, instance_id)
            return left_s

    def _say_own(self, error: OSError) -> None:
        if not self._is_said_own:
            self._is_said_own = True
            self._runtime.reporter.info(f"Consoles are counted for this run only: {self._path}: {error.strerror}.")

    def _count(self, times: Times, instance_id: str) -> float:
        now = self._runtime.now()
        kept = recent(times, now)
        left_s = wait_s(kept.get(instance_id, []), now)
        if not left_s:
            kept.setdefault(instance_id, []).append(now)
        times.clear()
        times.update(kept)
        return left_s


def _read(path: Path) -> Times:
    """What the file says; nothing if there is none, or if it is damaged."""
    try:
        values = json.loads(read_file(path, _MAX_FILE_BYTES)[0])
        return {str(key): [float(at) for at in each] for key, each in values.items()}
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EFBIG):
            return {}
        raise
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return {}
