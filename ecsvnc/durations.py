"""Times as users write them in options, variables and files, and as messages show them. Pure."""

from __future__ import annotations

import re

MAX_TIME_S = 7 * 24 * 3600.0
"""No time is longer: clocks and system calls have limits of their own."""

_UNITS_S = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
# Not what float() takes: that is also "nan", "inf", "1_000", "1e9" and surrounding blanks.
_TIME = re.compile(r"((?=\.?[0-9])[0-9]{0,9}(?:\.[0-9]{0,9})?)(ms|[smh]?)")


def parse_time(text: str) -> float:
    """A time in seconds: `90`, `500ms`, `90s`, `.5m`, `1.5h`. Raises ValueError: "must be …"."""
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise ValueError("must be a time: seconds, or a number with ms, s, m or h (90, 1.5h, .5m)")
    time_s = round(float(parts[1]) * _UNITS_S[parts[2]], 9)
    if time_s > MAX_TIME_S:
        raise ValueError(f"must be at most {in_words(MAX_TIME_S)}")
    return time_s


def in_words(seconds: float) -> str:
    """`0.5 seconds`, `95 seconds`, `20 minutes`, `5 hours`, `3 days`: one number, as precise as is useful."""
    if seconds < 120:
        number = f"{seconds:.0f}" if seconds >= 10 else f"{round(seconds, 1):g}"
        return f"{number} second{'' if number == '1' else 's'}"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"
