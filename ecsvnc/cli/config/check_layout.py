"""The layout of `config check`: a result's sign, colour and name, and its text wrapped beside or below them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from ecsvnc.cli.escape import escape_control
from ecsvnc.cli.word_wrap import wrapped
from ecsvnc.diagnosis.results import Status
from ecsvnc.errors import with_program

if TYPE_CHECKING:
    from ecsvnc.diagnosis.results import Result

_NAME_WIDTH = 26
"""Of the longest, `ecs:DescribeInstanceVncUrl`."""

_NARROW = 70
"""Terminals with fewer columns show the text below the name, since too little would fit beside it."""


class _Look(NamedTuple):
    """`ascii_sign` is for a stdout that cannot encode `sign`."""

    sign: str
    ascii_sign: str
    word: str
    colour: str


_LOOKS = {
    Status.OK: _Look("✓", "+", "ok", "green"),
    Status.NOTE: _Look("!", "!", "note", "yellow"),
    Status.FAIL: _Look("✗", "x", "FAIL", "red"),
    Status.SKIPPED: _Look("-", "-", "", "bright_black"),
}

_MARK_WIDTH = len("✗ FAIL")


def as_text(result: Result, *, columns: int | None, program: str, encoding: str = "utf-8") -> str:
    """A result as printed, with colours. `columns` None is no terminal: the result is one line then."""
    look = _LOOKS[result.status]
    sign = look.sign if encoding.lower().startswith("utf") else look.ascii_sign
    mark = click.style(f"{sign} {look.word:<4}", fg=look.colour, bold=result.status is Status.FAIL)
    message, hint = (escape_control(with_program(text, program)) for text in (result.message, result.hint))
    if columns is None:
        return f"{mark}  {result.name:<{_NAME_WIDTH}}  {f'{message} {hint}'.rstrip()}"
    is_narrow = columns < _NARROW
    indent = len("✓ ") if is_narrow else _MARK_WIDTH + _NAME_WIDTH + 2 * len("  ")
    paragraphs = [wrapped(text, width=columns, indent=indent) for text in (message, hint) if text]
    below = f"\n{' ' * indent}"
    first_gap = below if is_narrow else " " * (_NAME_WIDTH - len(result.name) + 2)
    return f"{mark}  {result.name}{first_gap}{below.join(paragraphs)}"
