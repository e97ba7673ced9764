"""Escapes characters that could control a terminal. Pure."""

from __future__ import annotations

import re

UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: escape sequences begin with these
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"  # invisible, and what reverses the text around it
    "\ud800-\udfff]"  # lone surrogates: no stream can encode them
)
"""Characters that could control a terminal, or that are invisible."""


def escape_control(text: str) -> str:
    r"""Text from outside, safe for one line of a terminal: UNPRINTABLE characters become `\x1b` or `\u202e`."""
    if text.isascii() and text.isprintable():  # almost every text, of thousands
        return text
    return UNPRINTABLE.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)
