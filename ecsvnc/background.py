"""Work on daemon threads, for which the process does not wait when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

from ecsvnc.errors import ResourceError

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


def in_background(function: Callable[[*Arguments], T], *args: *Arguments, name: str = "background") -> Future[T]:
    """Run `function` on a daemon thread of its own, and return its future.

    Not a `ThreadPoolExecutor`: its threads are joined when the interpreter exits, so Ctrl-C during a slow request
    would wait for that request. Whatever `function` raises is raised by `Future.result`.
    """
    from concurrent.futures import Future  # imports logging, which most commands never need

    future: Future[T] = Future()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = function(*args)
        except BaseException as error:  # noqa: BLE001  # raised again by `Future.result`
            future.set_exception(error)
        else:
            future.set_result(result)

    start_thread(run, name=name)
    return future


def start_thread(run: Callable[[], object], *, name: str) -> threading.Thread:
    """Run `run` on a daemon thread, and return it. Raises ResourceError if the system refuses another thread."""
    thread = threading.Thread(target=run, name=name, daemon=True)
    try:
        thread.start()
    except (RuntimeError, MemoryError):
        raise ResourceError(
            "The system does not allow another thread.",
            hint="Raise the limits of this process (`ulimit -v`, `ulimit -u`), or end other processes.",
        ) from None
    return thread
