"""Whether a failed attempt is repeated, and when. Pure.

    connection and read errors, 5xx                    at most 5 attempts
    Throttling…, the action's own transient codes      until the budget ends
    everything else                                    never

The wait is what the service asks for (`x-acs-retry-after`), else 0.25 s doubling up to 8 s. It is randomised, so that
calls which failed together are not repeated together.
"""

from __future__ import annotations

import enum

from ecsvnc.errors import ConnectError, EcsvncError
from ecsvnc.openapi.codes import is_throttling

MAX_ATTEMPTS = 5
FIRST_DELAY_S = 0.25
MAX_DELAY_S = 8.0


class RetryClass(enum.Enum):
    """How often a failure is retried."""

    NEVER = enum.auto()
    A_FEW_ATTEMPTS = enum.auto()
    WHOLE_BUDGET = enum.auto()


def class_of_error(error: EcsvncError) -> RetryClass:
    """For an attempt without an answer: only failures of the connection are retried."""
    return RetryClass.A_FEW_ATTEMPTS if isinstance(error, ConnectError) else RetryClass.NEVER


def class_of_answer(http_status: int, code: str, transient_codes: frozenset[str]) -> RetryClass:
    """For an attempt with an answer; `code` is empty if the answer was not the API's."""
    if is_throttling(code) or code in transient_codes:
        return RetryClass.WHOLE_BUDGET
    return RetryClass.A_FEW_ATTEMPTS if http_status >= 500 else RetryClass.NEVER


def delay_before_next(
    retry_class: RetryClass,
    *,
    attempts: int,
    left_s: float,
    retry_after_s: float | None,
    random_fraction: float,
) -> float | None:
    """Seconds to wait before the next attempt, or None to give up.

    `attempts` is how many were made (at least 1), `left_s` what is left of the budget, `random_fraction` is from
    [0, 1). A wait that would leave no time for the attempt after it is not begun.
    """
    if retry_class is RetryClass.NEVER or (retry_class is RetryClass.A_FEW_ATTEMPTS and attempts >= MAX_ATTEMPTS):
        return None
    if retry_after_s is not None:
        # Never sooner than the service asks; a little later, but leaving time for the attempt.
        latest_s = (retry_after_s + left_s) / 2
        return min(retry_after_s * (1 + random_fraction / 10), latest_s) if retry_after_s < left_s else None
    backoff_s = min(FIRST_DELAY_S * 2.0 ** min(attempts - 1, 16), MAX_DELAY_S)
    delay_s = backoff_s * (0.5 + random_fraction / 2)
    return delay_s if delay_s < left_s else None
