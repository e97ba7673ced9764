"""Leaving in good order when the process is told to end."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

TERMINATED = 128 + signal.SIGTERM
"""The exit status of a process that was told to end: 128 and SIGTERM's number, as shells do."""


@contextlib.contextmanager
def exit_on_signals(*, status: int = TERMINATED) -> Iterator[None]:
    """Leave in good order, removing what is temporary, when the process is told to end or its terminal is closed."""

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(status)

    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # Whoever started us with a signal ignored (nohup) meant it.
    earlier = {number: signal.getsignal(number) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    for number in earlier:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
