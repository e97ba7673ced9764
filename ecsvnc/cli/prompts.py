"""What a command reads from the user: answers at prompts, secrets at hidden ones, and a text or a secret on stdin.

A secret is never an argument: every local user can read those.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ecsvnc.errors import StateError, UsageError

if TYPE_CHECKING:
    from ecsvnc.cli.app import App

STDIN = "-"
"""The name of stdin where a file is expected."""

MAX_TEXT_BYTES = 1 << 20
"""The longest text that is typed, and the longest script: typing it takes half a day."""

MAX_SECRET_BYTES = 4096

_HOW = "Give it as one line on stdin. Or run the command on a terminal, where it prompts for it."


def confirm(app: App, question: str, consequence: str) -> None:
    """Return if the answer is yes, or without asking with --yes. Ctrl-C and end of input abort.

    Raises StateError if the answer is no, or if the user cannot be asked.
    """
    if app.options.yes:
        return
    if not app.can_ask:
        why = "--no-input was given" if app.options.no_input else "no terminal to ask on"
        raise StateError(f"Not confirmed ({why}): {question}", hint=f"Use --yes to go ahead. {consequence}")
    with app.terminal.paused():
        app.terminal.discard_typed_ahead()
        app.terminal.notice(f"{question} {consequence}")  # wrapped between words, unlike a prompt
        if not click.confirm("Continue?", err=True):
            raise StateError("Nothing was done: the answer was no.", hint="Answer y, or use --yes, to go ahead.")


def prompted(app: App, question: str, *, missing: UsageError) -> str:
    """The answer to a prompt, perhaps empty. Raises `missing` if the user cannot be asked."""
    if not app.can_ask:
        raise missing
    with app.terminal.paused():
        answer: str = click.prompt(question, default="", show_default=False, err=True)
    return answer


def hidden_prompt(question: str) -> str:
    """Prompt on stderr, without showing what is typed."""
    answer: str = click.prompt(question, hide_input=True, err=True)
    return answer.strip()


def text_of_stdin(*, expected: str, hint: str, most_bytes: int) -> str:
    """All of stdin, in UTF-8. Raises UsageError, which names what was `expected`, if it cannot be read or is longer."""
    if sys.stdin is None:
        raise UsageError(f"stdin is closed; {expected} was expected there.", hint=hint)
    try:
        content = sys.stdin.buffer.read(most_bytes + 1)
    except OSError as error:
        reason = error.strerror
        raise UsageError(f"stdin cannot be read ({reason}); {expected} was expected there.", hint=hint) from None
    if len(content) > most_bytes:
        raise UsageError(f"stdin has more than {most_bytes:,} bytes; {expected} was expected there.", hint=hint)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"stdin is not text in UTF-8; {expected} was expected there.", hint=hint) from None


def check_secret_on_stdin(app: App) -> None:
    """Raise UsageError if no secret can be read on stdin; called before anything that takes time."""
    if sys.stdin is None:
        raise UsageError("stdin is closed; the secret was expected there.", hint=_HOW)
    if sys.stdin.isatty() and app.options.no_input:
        raise UsageError("stdin is a terminal, and --no-input disables prompts.", hint=_HOW)


def secret_on_stdin(question: str) -> str:
    """The one line on stdin. If stdin is a terminal, it is read at a hidden prompt.

    Raises UsageError if it is empty, longer than MAX_SECRET_BYTES, or followed by another.
    """
    if sys.stdin.isatty():
        return _typed(question)
    text = text_of_stdin(expected="the secret", hint=_HOW, most_bytes=MAX_SECRET_BYTES).strip()
    if "\n" in text or "\r" in text:
        raise UsageError("stdin contains more than one line; only the secret was expected there.", hint=_HOW)
    if not text:
        raise UsageError("stdin is empty; the secret was expected there.", hint=_HOW)
    return text


def _typed(question: str) -> str:
    import getpass  # asks on the terminal itself, also where stderr is none

    try:
        text = getpass.getpass(f"{question}: ").strip()
    except EOFError:
        text = ""
    if not text:
        raise UsageError("No secret was entered.", hint=_HOW)
    return text
