"""Exits in an orderly way on SIGTERM and SIGHUP."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

TERMINATED = 128 + signal.SIGTERM
"""The exit status after SIGTERM: 128 and the signal's number, as in shells."""


@contextlib.contextmanager
def exit_on_signals(*, status: int = TERMINATED) -> Iterator[None]:
    """Exit with `status` on SIGTERM and SIGHUP, through every `finally`, so that temporary files are removed."""

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(status)

    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # A signal that was ignored at the start (nohup) stays ignored.
    earlier = {number: signal.getsignal(number) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    for number in earlier:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
