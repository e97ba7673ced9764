"""The lines of `config check`, and what they amount to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from ecsvnc.ecs.describe_instances import DescribeInstances
from ecsvnc.errors import EcsvncError

_SUBJECT_WIDTH = 26
"""Of the longest, `ecs:DescribeInstanceVncUrl`."""


class Mark(Enum):
    """How a check went. A console can be opened in spite of a note, and not in spite of a failure."""

    OK = "ok"
    NOTE = "note"
    FAILED = "FAIL"
    SKIPPED = "-"


class Line(NamedTuple):
    """One check: how it went, what was seen, what to do about it (empty if nothing), and what was checked.

    `failure` is set if and only if it failed.
    """

    mark: Mark
    result: str
    to_do: str = ""
    failure: EcsvncError | None = None
    subject: str = ""

    @property
    def text(self) -> str:
        """As it is printed."""
        said = f"{self.result} {self.to_do}".strip()
        return f"{self.mark.value:<4}  {self.subject:<{_SUBJECT_WIDTH}}  {said}"


def ok(result: str) -> Line:
    """The check passed."""
    return Line(Mark.OK, result)


def note(result: str, to_do: str = "") -> Line:
    """Something is not as it should be, and does not prevent a console."""
    return Line(Mark.NOTE, result, to_do)


def failed(error: EcsvncError) -> Line:
    """This prevents a console."""
    return Line(Mark.FAILED, error.what, error.hint, failure=error)


def skipped(why: str) -> Line:
    """The check was not made."""
    return Line(Mark.SKIPPED, f"skipped: {why}.")


def first_failure(lines: Sequence[Line]) -> EcsvncError | None:
    """The failure that gives the exit status; None if there is none."""
    return next((line.failure for line in lines if line.failure is not None), None)


def verdict(lines: Sequence[Line], instance: str | None) -> str:
    """Whether this machine can open a console (of `instance`, if one was named), and if not, what to do first."""
    failure = next((line for line in lines if line.failure is not None), None)
    if failure is not None:
        console = f"the console of {instance}" if instance else "a console"
        return (
            f"This machine cannot open {console} yet. To do first ({failure.subject}): "
            f"{failure.to_do or failure.result}"
        )
    notes = [line.subject for line in lines if line.mark is Mark.NOTE]
    by_id_only = DescribeInstances.ram_action() in notes
    if instance is not None:
        return f"This machine can open the console of {instance}{', by its id only' if by_id_only else ''}."
    passed = "No check failed." if notes else "All checks passed."
    passed = "Consoles can be opened by instance id only." if by_id_only else passed
    return f"{passed} Name an INSTANCE to also try a ticket."
