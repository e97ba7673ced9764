"""Does the same for several instances at a time, and delivers the results in the order of the arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ecsvnc.cli.exit_codes import exit_code
from ecsvnc.cli.terminal import Terminal
from ecsvnc.errors import EcsvncError
from ecsvnc.instances.fan_out import Outcome, fan_out

T = TypeVar("T")
V = TypeVar("V")

Completion = Callable[[], None]
"""Waits for the rest of a delivery; raises its failure."""


def for_each(
    items: Sequence[T],
    fetch: Callable[[T], V],
    deliver: Callable[[T, V], Completion | None],
    *,
    terminal: Terminal,
    name: Callable[[T], str],
) -> int:
    """`fetch` every item at the same time and `deliver` each result as soon as all before it are settled.

    The completions are called when all are delivered. A failure, of any of the three, is reported on stderr in its
    turn, with the `name` of its item, and does not stop the others. Returns the exit status: that of the first failure
    in the order of the items, else 0.
    """
    if len(items) == 1:  # without a thread; a failure is raised
        completion = deliver(items[0], fetch(items[0]))
        if completion is not None:
            completion()
        return 0
    errors: dict[int, EcsvncError] = {}
    completions: dict[int, Completion] = {}
    settled: dict[int, Outcome[int, V]] = {}
    turn = 0

    def fail(index: int, error: EcsvncError) -> None:
        terminal.error(error, instance=name(items[index]), is_one_of_several=True)
        errors[index] = error

    for outcome in fan_out(lambda index: fetch(items[index]), range(len(items))):
        settled[outcome.key] = outcome
        while turn in settled:
            result = _deliver(items[turn], settled.pop(turn), deliver)
            if isinstance(result, EcsvncError):
                fail(turn, result)
            elif result is not None:
                completions[turn] = result
            turn += 1
    for index, completion in completions.items():
        try:
            completion()
        except EcsvncError as error:
            fail(index, error)
    return exit_code(errors[min(errors)]) if errors else 0


def _deliver(
    item: T, outcome: Outcome[int, V], deliver: Callable[[T, V], Completion | None]
) -> Completion | EcsvncError | None:
    if outcome.error is not None:
        return outcome.error
    try:
        return deliver(item, outcome.value)  # type: ignore[arg-type]  # without an error there is a value
    except EcsvncError as error:
        return error
