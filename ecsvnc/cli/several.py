"""Doing the same for several instances at a time, and telling the results in the order of the arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ecsvnc.cli.exit_codes import exit_code
from ecsvnc.cli.terminal import Terminal
from ecsvnc.console.fan_out import Outcome, fan_out
from ecsvnc.errors import EcsvncError

T = TypeVar("T")
V = TypeVar("V")


def for_each(items: Sequence[T], fetch: Callable[[T], V], deliver: Callable[[V], None], *, terminal: Terminal) -> int:
    """`fetch` every item at the same time and `deliver` each result as soon as all before it are settled.

    A failure, of either, is told on stderr in its turn and stops none of the others. Returns the exit status: that of
    the first failure in the order of the items, else 0.
    """
    if len(items) == 1:  # nothing to wait for: no thread, and the failure goes the way of all failures
        deliver(fetch(items[0]))
        return 0
    status = 0
    settled: dict[int, Outcome[int, V]] = {}
    turn = 0
    for outcome in fan_out(lambda index: fetch(items[index]), range(len(items))):
        settled[outcome.key] = outcome
        while turn in settled:
            error = _deliver(settled.pop(turn), deliver)
            turn += 1
            if error is not None:
                terminal.error(error)
                status = status or exit_code(error)
    return status


def _deliver(outcome: Outcome[int, V], deliver: Callable[[V], None]) -> EcsvncError | None:
    if outcome.error is not None:
        return outcome.error
    try:
        deliver(outcome.value)  # type: ignore[arg-type]  # without an error there is a value, which may be None itself
    except EcsvncError as error:
        return error
    return None
