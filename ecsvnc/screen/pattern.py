"""Patterns that are searched for in the lines of a screen. Pure."""

from __future__ import annotations

import re


def line_pattern(text: str) -> re.Pattern[str]:
    """A regular expression whose ^ and $ are the begin and the end of a line.

    Raises ValueError, whose text says what is wrong, if it is not one.
    """
    try:
        return re.compile(text, re.MULTILINE)
    except (
        re.error,
        OverflowError,
        RecursionError,
    ) as error:  # the last two: too large, too deep
        raise ValueError(str(error)) from None
