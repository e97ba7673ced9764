"""Work beside the main thread that never keeps the process alive."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


def in_background(function: Callable[[*Arguments], T], *args: *Arguments, name: str = "background") -> Future[T]:
    """Run `function` on a daemon thread of its own, and return its future.

    Not a `ThreadPoolExecutor`: its threads are joined when the interpreter exits, so Ctrl-C during a slow request
    would wait for that request. Whatever `function` raises is raised by `Future.result`.
    """
    from concurrent.futures import Future  # noqa: PLC0415  # imports logging, which most commands never need

    future: Future[T] = Future()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = function(*args)
        except BaseException as error:  # noqa: BLE001  # it is not swallowed: it is handed to whoever asks for the result
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
