"""Asks before an action that cannot be undone."""

from __future__ import annotations

import threading

import click

from ecsvnc.cli.terminal import Terminal
from ecsvnc.errors import StateError

_one_at_a_time = threading.Lock()


def confirm(question: str, consequence: str, *, is_yes: bool, may_ask: bool, terminal: Terminal) -> None:
    """Return if the answer is yes, or without asking with `is_yes`. Ctrl-C and end of input abort.

    Raises StateError if the answer is no, or without a terminal to ask on.
    """
    if is_yes:
        return
    if not may_ask or not terminal.can_ask:
        why = "no terminal to ask on" if may_ask else "--no-input was given"
        raise StateError(f"Not confirmed ({why}): {question}", hint=f"Use --yes to go ahead. {consequence}")
    with _one_at_a_time, terminal.paused():
        terminal.discard_typed_ahead()
        terminal.notice(f"{question} {consequence}")  # wrapped between words, unlike a prompt
        if not click.confirm("Continue?", err=True):
            raise StateError("Nothing was done: the answer was no.", hint="Answer y, or use --yes, to go ahead.")
