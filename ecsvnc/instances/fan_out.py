"""Asks many regions the same question at once, and yields the answers as they come."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ecsvnc.background import start_thread
from ecsvnc.errors import EcsvncError, ResourceError

AT_ONCE = 47
"""With the one DescribeRegions that may run beside them, 48 requests: all regions in one wave."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[K, V]):
    """The result of one question: a value, or an error of the tree."""

    key: K
    value: V | None
    error: EcsvncError | None


def fan_out(
    ask: Callable[[K], V], keys: Iterable[K], *, at_once: int = AT_ONCE
) -> Generator[Outcome[K, V], None, None]:
    """Ask for every key, `at_once` at a time, and yield the outcomes in the order in which they settle.

    When the generator is closed, nothing more is asked and nothing is waited for: the threads are daemons, and their
    later results are dropped. An exception outside the error tree is a bug, and is raised here.
    """
    pending = list(keys)
    pending.reverse()
    settled: queue.SimpleQueue[tuple[K, V | None, BaseException | None]] = queue.SimpleQueue()
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not pending:
                    return
                key = pending.pop()
            try:
                settled.put((key, ask(key), None))
            except BaseException as error:  # noqa: BLE001  # raised below, in the caller's thread
                settled.put((key, None, error))

    count = len(pending)
    for started in range(min(at_once, count)):
        try:
            start_thread(work, name="ecsvnc-region")
        except ResourceError:
            if not started:
                raise
            break  # the threads that run do all the work
    try:
        for _ in range(count):
            key, value, error = settled.get()
            if error is not None and not isinstance(error, EcsvncError):
                raise error
            yield Outcome(key, value, error)
    finally:
        with lock:
            pending.clear()
