"""--wait: taking a console that is not there yet, until it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from ecsvnc.errors import StateError
from ecsvnc.runtime import Runtime

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 10.0

T = TypeVar("T")


def wait_for(take: Callable[[float], T], *, timeout_s: float, runtime: Runtime) -> T:
    """Call `take(seconds left)` until it succeeds; a StateError means "not yet", anything else is raised at once.

    The pauses grow from 1 to 10 seconds. Raises the last StateError when the time is up.
    """
    deadline = runtime.monotonic() + timeout_s
    pause_s = _FIRST_PAUSE_S
    said = ""
    while True:
        try:
            return take(max(deadline - runtime.monotonic(), 1.0))
        except StateError as error:
            left_s = deadline - runtime.monotonic()
            if left_s <= 0:
                raise StateError(
                    f"Waited {timeout_s:g} s. {error.what}",
                    hint=f"{error.hint} --wait-timeout sets how long to wait.",
                    request_id=error.request_id,
                    code=error.code,
                ) from error
            if error.what != said:
                said = error.what
                runtime.talk.warn(f"Waiting up to {math.ceil(left_s)} s more. {error.what}")
        runtime.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 1.6, _LONGEST_PAUSE_S)
