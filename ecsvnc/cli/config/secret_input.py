"""How a secret comes in: typed at a hidden prompt, or one line of stdin. Never as an argument."""

from __future__ import annotations

import sys

import click

from ecsvnc.errors import UsageError

MAX_LINE_BYTES = 4096


def line_of_stdin() -> str:
    """The one line on stdin. Raises UsageError if it is empty, longer than 4096 bytes, or followed by another."""
    if sys.stdin is None:
        raise UsageError("stdin is closed; the secret was expected there.")
    content = sys.stdin.buffer.read(MAX_LINE_BYTES + 1)
    line, *more = content.splitlines() or [b""]
    if len(content) > MAX_LINE_BYTES or any(more):
        raise UsageError("stdin holds more than one line; only the secret was expected there.")
    try:
        text = line.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise UsageError("stdin is not text; the secret was expected there.") from None
    if not text:
        raise UsageError("stdin is empty; the secret was expected there.")
    return text


def hidden_prompt(question: str) -> str:
    """Ask a person, on stderr, without showing what is typed."""
    answer: str = click.prompt(question, hide_input=True, err=True)
    return answer.strip()
