"""How a secret comes in: typed at a hidden prompt, or one line of stdin. Never as an argument."""

from __future__ import annotations

import sys

import click

from ecsvnc.errors import UsageError

MAX_LINE_BYTES = 4096

_HOW = "Give it as the one line on stdin, from a file or a secret manager; or leave that to a prompt, on a terminal."


def check_stdin(*, may_ask: bool) -> None:
    """Raise UsageError if nothing can be read from stdin: before anything else is done that takes time."""
    if sys.stdin is None:
        raise UsageError("stdin is closed; the secret was expected there.", hint=_HOW)
    if sys.stdin.isatty() and not may_ask:
        raise UsageError("stdin is a terminal, and with --no-input nothing is asked there.", hint=_HOW)


def line_of_stdin(question: str) -> str:
    """The one line on stdin. If that is a terminal, it is asked for and not shown, wherever stderr goes.

    Raises UsageError if it is empty, longer than 4096 bytes, or followed by another.
    """
    if sys.stdin.isatty():
        return _typed(question)
    try:
        content = sys.stdin.buffer.read(MAX_LINE_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"stdin cannot be read ({error.strerror}); the secret was expected there.", hint=_HOW
        ) from None
    line, *more = content.splitlines() or [b""]
    if len(content) > MAX_LINE_BYTES or any(more):
        raise UsageError("stdin holds more than one line; only the secret was expected there.", hint=_HOW)
    try:
        text = line.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise UsageError("stdin is not text; the secret was expected there.", hint=_HOW) from None
    if not text:
        raise UsageError("stdin is empty; the secret was expected there.", hint=_HOW)
    return text


def hidden_prompt(question: str) -> str:
    """Ask a person, on stderr, without showing what is typed."""
    answer: str = click.prompt(question, hide_input=True, err=True)
    return answer.strip()


def _typed(question: str) -> str:
    import getpass

    try:
        text = getpass.getpass(f"{question}: ").strip()
    except EOFError:
        text = ""
    if not text:
        raise UsageError("Nothing was typed; the secret was expected.", hint=_HOW)
    return text
