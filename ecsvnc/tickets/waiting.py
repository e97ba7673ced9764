"""--wait: try to open a console until it is ready.

the instance's state does not allow it   try again
not supported for such an instance       the error
no connection, or the service fails      try again after a state error; before that, the error
anything else                            the error
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import TypeVar

from ecsvnc.durations import in_words
from ecsvnc.errors import ConnectError, EcsvncError, ServiceError, StateError
from ecsvnc.runtime import Runtime

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 10.0

_SHORTEST_TRY_S = 5.0
"""The least time of an attempt: with less, it would only time out."""

_LASTING_CODES = frozenset({"NotSupported"})
"""Codes of a StateError that waiting does not change."""

T = TypeVar("T")


def wait_for(take: Callable[[float], T], *, timeout_s: float, runtime: Runtime) -> T:
    """Call `take(seconds it may use)` until it succeeds, with pauses that grow from 1 to 10 seconds.

    Raises the last StateError when the time is up, and every other error at once.
    """
    deadline = runtime.monotonic() + timeout_s
    pause_s = _FIRST_PAUSE_S
    state: StateError | None = None
    said = ""
    with contextlib.ExitStack() as shown:
        while True:
            try:
                return take(max(deadline - runtime.monotonic(), _SHORTEST_TRY_S))
            except (StateError, ConnectError, ServiceError) as error:
                if error.code in _LASTING_CODES:
                    raise
                state = error if isinstance(error, StateError) else state
                if state is None:
                    raise
                left_s = deadline - runtime.monotonic()
                if left_s <= 0:
                    raise state.reworded(
                        f"Waited {in_words(timeout_s)}. {state.what}",
                        hint=f"{state.hint} --wait-timeout sets how long to wait.",
                    ) from error
                if not said:
                    shown.enter_context(
                        runtime.working("Waiting until the instance is ready", done="The instance is ready")
                    )
                if error.what != said:
                    said = error.what
                    runtime.reporter.notice(_waiting(error, math.ceil(left_s)))
            runtime.sleep(min(pause_s, left_s))
            pause_s = min(pause_s * 1.6, _LONGEST_PAUSE_S)


def _waiting(error: EcsvncError, left_s: float) -> str:
    """What is waited for, and how long."""
    if isinstance(error, StateError) and error.state:
        return f"{error.state}; waiting up to {in_words(left_s)} for it to run."
    return f"{error.what} Waiting up to {in_words(left_s)}."
