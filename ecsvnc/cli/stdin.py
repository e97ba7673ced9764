"""Reads a text on stdin."""

from __future__ import annotations

import sys

from ecsvnc.errors import UsageError


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
