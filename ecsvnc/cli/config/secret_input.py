"""Reads a secret at a hidden prompt, or as one line of stdin; never from an argument."""

from __future__ import annotations

import sys

import click

from ecsvnc.cli.stdin import text_of_stdin
from ecsvnc.errors import UsageError

MAX_BYTES = 4096

_HOW = "Give it as one line on stdin. Or run the command on a terminal, where it prompts for it."


def check_stdin(*, may_ask: bool) -> None:
    """Raise UsageError if stdin cannot be read; called before anything that takes time."""
    if sys.stdin is None:
        raise UsageError("stdin is closed; the secret was expected there.", hint=_HOW)
    if sys.stdin.isatty() and not may_ask:
        raise UsageError("stdin is a terminal, and --no-input disables prompts.", hint=_HOW)


def line_of_stdin(question: str) -> str:
    """The one line on stdin. If stdin is a terminal, it is read at a hidden prompt.

    Raises UsageError if it is empty, longer than 4096 bytes, or followed by another.
    """
    if sys.stdin.isatty():
        return _typed(question)
    text = text_of_stdin(expected="the secret", hint=_HOW, most_bytes=MAX_BYTES).strip()
    if "\n" in text or "\r" in text:
        raise UsageError("stdin contains more than one line; only the secret was expected there.", hint=_HOW)
    if not text:
        raise UsageError("stdin is empty; the secret was expected there.", hint=_HOW)
    return text


def hidden_prompt(question: str) -> str:
    """Prompt on stderr, without showing what is typed."""
    answer: str = click.prompt(question, hide_input=True, err=True)
    return answer.strip()


def _typed(question: str) -> str:
    import getpass

    try:
        text = getpass.getpass(f"{question}: ").strip()
    except EOFError:
        text = ""
    if not text:
        raise UsageError("No secret was entered.", hint=_HOW)
    return text
