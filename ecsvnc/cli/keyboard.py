"""What `type`, `keys` and `run` share: keys on a console, and a text on stdin."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ecsvnc.errors import UsageError

if TYPE_CHECKING:
    from ecsvnc.cli.app import App
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.instances.targets import Target
    from ecsvnc.keyboard.keys import KeyEvent

STDIN = "-"
"""The file that stands for it."""

MAX_TEXT_BYTES = 1 << 20
"""At the pace of a console's keyboard, that is half a day."""


def press_on(
    app: App,
    access: EcsAccess,
    target: Target,
    events: Sequence[KeyEvent],
    *,
    vnc_password: str | None,
    doing: str,
    done: str,
) -> None:
    """Press keys on an instance's console. `doing` and `done` are what is shown meanwhile, and said at the end."""
    from ecsvnc.console.client import ConsoleOptions
    from ecsvnc.console.press_keys import press_keys

    tickets = access.tickets_to_use_now(target)
    with (
        app.terminal.working(f"{doing} on {tickets.label}"),
        access.console(tickets, ConsoleOptions(vnc_password=vnc_password)) as console,
    ):
        console.settle()
        press_keys(console, events)
    app.terminal.notice(f"{done} on {tickets.label}.")


def prompted(app: App, question: str, *, missing: UsageError) -> str:
    """What is answered on the terminal, perhaps nothing. Raises `missing` if nobody can be asked."""
    if app.options.no_input or not app.terminal.can_ask:
        raise missing
    with app.terminal.paused():
        answer: str = click.prompt(question, default="", show_default=False, err=True)
    return answer


def text_of_stdin(*, expected: str, instead: str) -> str:
    """All of stdin, a text in UTF-8. Raises UsageError, which says what was expected and what to do instead."""
    if sys.stdin is None:
        raise UsageError(f"stdin is closed; {expected} was expected there.", hint=instead)
    try:
        content = sys.stdin.buffer.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"stdin cannot be read ({error.strerror}); {expected} was expected there.", hint=instead
        ) from None
    if len(content) > MAX_TEXT_BYTES:
        raise UsageError(f"stdin has more than {MAX_TEXT_BYTES >> 20} MiB.", hint=instead)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"stdin is not text in UTF-8; {expected} was expected there.", hint=instead) from None
