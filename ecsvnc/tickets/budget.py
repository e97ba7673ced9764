"""ECS's limits for one instance: 30 consoles a minute, a screenshot every 10 seconds; it refuses more.

Sources: DescribeInstanceVncUrl, usage notes; GetInstanceScreenshot, operation description. All processes of the user
count in one file for each limit in the cache folder. Without the file, each process counts for itself.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ecsvnc.ecs.get_instance_screenshot import INTERVAL_S
from ecsvnc.files.atomic_file import write_atomically
from ecsvnc.files.file_lock import FileLock
from ecsvnc.files.read_file import read_file
from ecsvnc.runtime import Runtime

CONSOLES = 30
WINDOW_S = 60.0


class Limit(NamedTuple):
    """At most `most` within `window_s` seconds.

    `file_name` is the file with the counts. `words` is the notice of a wait: `{instance_id}` in it is the instance,
    `{wait_s}` the whole seconds until the next one.
    """

    most: int
    window_s: float
    file_name: str
    words: str


CONSOLES_A_MINUTE = Limit(
    CONSOLES,
    WINDOW_S,
    "consoles.json",
    f"{{instance_id}} had {CONSOLES} consoles in the last minute, which is what ECS allows. "
    "The next one waits {wait_s} s.",
)

SCREENSHOTS = Limit(
    1,
    INTERVAL_S,
    "screenshots.json",
    f"ECS takes one screenshot of {{instance_id}} every {INTERVAL_S:.0f} s. The next one waits {{wait_s}} s.",
)

_PIECE_S = 0.2
"""How often to check whether the claim was cancelled."""

_MAX_FILE_BYTES = 1024 * 1024

Times = dict[str, list[float]]
"""The times of use in POSIX seconds, by instance id."""


def recent(times: Mapping[str, Sequence[float]], now: float, limit: Limit = CONSOLES_A_MINUTE) -> Times:
    """The times within the window. Times in the future, written before the clock was set back, are dropped."""
    oldest = now - limit.window_s
    kept = {instance_id: [at for at in each if oldest < at <= now] for instance_id, each in times.items()}
    return {instance_id: sorted(each) for instance_id, each in kept.items() if each}


def wait_s(times: Sequence[float], now: float, limit: Limit = CONSOLES_A_MINUTE) -> float:
    """Seconds until the next use, given the sorted times within the window; 0 if it need not wait."""
    return 0.0 if len(times) < limit.most else max(0.0, times[-limit.most] + limit.window_s - now)


class Budget:
    """Claims places within a limit. Safe for several threads, and several processes with the same cache folder."""

    def __init__(self, cache_folder: Path | None, *, runtime: Runtime, limit: Limit = CONSOLES_A_MINUTE) -> None:
        self._limit = limit
        self._path = cache_folder and cache_folder / limit.file_name
        self._file_lock = None if self._path is None else FileLock(self._path, runtime)
        self._runtime = runtime
        self._own: Times = {}
        self._has_reported = False
        self._own_lock = threading.Lock()

    def claim(self, instance_id: str, is_cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the limit allows another use, and count it. A wait is reported.

        Returns False, and counts nothing, once `is_cancelled`.
        """
        with contextlib.ExitStack() as shown:
            is_reported = False
            while not is_cancelled():
                left_s = self._try(instance_id)
                if not left_s:
                    return True
                if not is_reported:
                    is_reported = True
                    words = self._limit.words.format(instance_id=instance_id, wait_s=math.ceil(left_s))
                    self._runtime.reporter.notice(words)
                    shown.enter_context(self._runtime.working(f"Waiting for ECS's limit of {instance_id}"))
                self._runtime.sleep(min(left_s, _PIECE_S))
        return False

    def _try(self, instance_id: str) -> float:
        """Count one use and return 0; or return the seconds until there may be one."""
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
                self._report_own_count(error)
                left_s = self._count(self._own, instance_id)
            return left_s

    def _report_own_count(self, error: OSError) -> None:
        if not self._has_reported:
            self._has_reported = True
            self._runtime.reporter.info(f"Counted for this run only: {self._path}: {error.strerror}.")

    def _count(self, times: Times, instance_id: str) -> float:
        now = self._runtime.now()
        kept = recent(times, now, self._limit)
        left_s = wait_s(kept.get(instance_id, []), now, self._limit)
        if not left_s:
            kept.setdefault(instance_id, []).append(now)
        times.clear()
        times.update(kept)
        return left_s


def _read(path: Path) -> Times:
    """The file's content; empty if it is missing or damaged."""
    try:
        values = json.loads(read_file(path, _MAX_FILE_BYTES)[0])
        return {str(key): [float(at) for at in each] for key, each in values.items()}
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EFBIG):
            return {}
        raise
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return {}
