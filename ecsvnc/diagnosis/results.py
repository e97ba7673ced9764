"""The results of `config check`, and their summary. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from ecsvnc.ecs.describe_instances import DescribeInstances
from ecsvnc.errors import EcsvncError


class Status(Enum):
    """The status of a check. A failure prevents a console, a note does not."""

    OK = "ok"
    NOTE = "note"
    FAIL = "fail"
    SKIPPED = "skipped"


class Result(NamedTuple):
    """One check: its status, a message, a hint (or ""), and its name.

    `failure` is set if and only if the check failed.
    """

    status: Status
    message: str
    hint: str = ""
    failure: EcsvncError | None = None
    name: str = ""


def ok(message: str) -> Result:
    """The check passed."""
    return Result(Status.OK, message)


def note(message: str, hint: str = "") -> Result:
    """Something should be changed, but does not prevent a console."""
    return Result(Status.NOTE, message, hint)


def failed(error: EcsvncError) -> Result:
    """The check found what prevents a console."""
    return Result(Status.FAIL, error.what, error.hint, failure=error)


def skipped(why: str) -> Result:
    """The check was not made."""
    return Result(Status.SKIPPED, f"skipped: {why}.")


def first_failure(results: Sequence[Result]) -> EcsvncError | None:
    """The failure that gives the exit status; None if there is none."""
    return next((result.failure for result in results if result.failure is not None), None)


def verdict(results: Sequence[Result], instance: str | None) -> str:
    """Whether this machine can open a console (of `instance`, if one was named), and if not, which check to fix."""
    failures = [result.name for result in results if result.failure is not None]
    if failures:
        console = f"the console of {instance}" if instance else "a console"
        return f"This machine cannot open {console} yet. First fix `{failures[0]}` (see above)."
    notes = [result.name for result in results if result.status is Status.NOTE]
    by_id_only = DescribeInstances.ram_action() in notes
    if instance is not None:
        return f"This machine can open the console of {instance}{', by its id only' if by_id_only else ''}."
    passed = "No check failed." if notes else "All checks passed."
    passed = "Consoles can be opened by instance id only." if by_id_only else passed
    return f"{passed} Name an INSTANCE to also try a ticket."
