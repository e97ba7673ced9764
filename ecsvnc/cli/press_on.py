"""Presses keys on an instance's console: what `type` and `keys` share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsvnc.cli.app import App
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.instances.targets import Target
    from ecsvnc.keyboard.keys import KeyEvent


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
    """Press keys on an instance's console. `doing` and `done` are the texts of progress and success."""
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
