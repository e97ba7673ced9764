"""What is typed of a text that was pasted, or is in a file. Pure."""

from __future__ import annotations

import re

_LINE_ENDS = re.compile("\r\n?")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def cleaned(text: str) -> str:
    """The text with line feeds as line ends, without other control characters than Tab."""
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))


def needs_consent(text: str) -> bool:
    """Whether it has more than one line: each is entered before the user can check the next."""
    return "\n" in text[:-1]


def amount(text: str) -> str:
    """How much it is, in words."""
    lines = text.count("\n") + (not text.endswith("\n"))
    characters = f"{len(text)} character{'' if len(text) == 1 else 's'}"
    return f"{lines} lines, {characters}" if lines > 1 else characters
