"""The lines of `config check`, what they amount to, and the exit status. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ecsvnc.cli.exit_codes import exit_code
from ecsvnc.ecs.ram_policy import FIND_BY_NAME
from ecsvnc.errors import EcsvncError

_SUBJECT_WIDTH = 26
"""Of the longest, `ecs:DescribeInstanceVncUrl`."""


class Mark(Enum):
    """How a check went. A note is about something that a console can do without."""

    OK = "ok"
    NOTE = "note"
    FAILED = "FAIL"
    NOT_TESTED = "-"


@dataclass(frozen=True, slots=True)
class Line:
    """One check: its subject, how it went, what was seen, and what to do about it (empty if nothing).

    `is_needed`: without this there is no console. `failure` is there if and only if it failed.
    """

    subject: str
    mark: Mark
    result: str
    to_do: str = ""
    is_needed: bool = False
    failure: EcsvncError | None = None

    def needed(self) -> Line:
        """The same, of what no console can do without."""
        return replace(self, is_needed=True)

    @property
    def is_well(self) -> bool:
        """Whether what comes after can build on it."""
        return self.mark in (Mark.OK, Mark.NOTE)

    @property
    def text(self) -> str:
        """As it is printed."""
        said = f"{self.result} {self.to_do}".strip()
        return f"{self.mark.value:<4}  {self.subject:<{_SUBJECT_WIDTH}}  {said}"


def ok(subject: str, result: str) -> Line:
    """All is well."""
    return Line(subject, Mark.OK, result)


def note(subject: str, result: str, to_do: str = "") -> Line:
    """Not as it should be, and yet in no one's way."""
    return Line(subject, Mark.NOTE, result, to_do)


def failed(subject: str, error: EcsvncError) -> Line:
    """It went wrong."""
    return Line(subject, Mark.FAILED, error.what, error.hint, failure=error)


def not_tested(subject: str, why: str) -> Line:
    """It could not be tested, or nobody asked for it."""
    return Line(subject, Mark.NOT_TESTED, f"not tested: {why}")


def exit_status(lines: Sequence[Line]) -> int:
    """That of the first line that failed; 0 if none did."""
    return next((exit_code(line.failure) for line in lines if line.failure is not None), 0)


def verdict(lines: Sequence[Line], instance: str | None) -> str:
    """Whether this machine can open a console (of `instance`, if one was named), and if not, the one thing to do."""
    failures = [line for line in lines if line.mark is Mark.FAILED]
    if failures and any(line.is_needed and not line.is_well for line in lines):
        first = next((line for line in failures if line.is_needed), failures[0])
        console = f"the console of {instance}" if instance else "a console"
        return f"This machine cannot open {console} yet. What to do ({first.subject}): {first.to_do or first.result}"
    lacks_names = any(line.subject == FIND_BY_NAME for line in failures)
    if instance is None:
        by_id = " by id" if lacks_names else ""
        said = f"Nothing stands in the way of a console{by_id}; with an INSTANCE, a ticket is tried too."
    elif lacks_names:
        said = f"This machine can open the console of {instance}, by its id only."
    else:
        said = f"This machine can open the console of {instance}."
    return f"{said} Failed, and not needed for it: {_listed(failures)}." if failures else said


def _listed(lines: Sequence[Line]) -> str:
    return ", ".join(line.subject for line in lines)
