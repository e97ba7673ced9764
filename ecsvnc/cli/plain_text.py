"""A machine's output as plain lines, which cannot control the terminal."""

from __future__ import annotations

import re

from ecsvnc.cli.escape import escape_control

_ESCAPE_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor (ECMA-48, section 5.4)
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)"  # strings: titles, clipboard (8.3)
    "|\x1b[ -/]*[0-OQ-WYZ\\\\`-~]"  # two or three characters: character sets, reset
)

_TAIL_LENGTH = 500
"""This many equal characters identify the same output: boot messages have times."""

_LINE_END = re.compile("\r*\n|\r+")


def plain_text(text: str) -> str:
    r"""The text without escape sequences, with `\n` as its only line end.

    Other control characters, invisible ones and those that reverse the text around them are shown as `\x08`; a tab
    stays.
    """
    lines = _LINE_END.split(_ESCAPE_SEQUENCE.sub("", text))
    return "\n".join("\t".join(map(escape_control, line.split("\t"))) for line in lines)


def new_part(before: str, now: str) -> str:
    """The part of `now` after `before`: both are the last part of one output that grows at its end.

    All of it, if `before` is not in it: then it is of another boot, or too much was written meanwhile.
    """
    if now.startswith(before):
        return now[len(before) :]
    # The beginning may have been dropped since. What is left of it is found by its end, long enough to be unique.
    tail = before[-_TAIL_LENGTH:]
    return now.partition(tail)[2] if len(tail) == _TAIL_LENGTH and now.count(tail) == 1 else now
