"""This machine's clock against the service's: what the service allows, and how to say it. Pure."""

from __future__ import annotations

ALLOWED_OFFSET_S = 15 * 60.0
"""A request's date may be this far from the service's clock; beyond it the answer is `InvalidTimeStamp.Expired`."""


def offset_in_words(offset_s: float) -> str:
    """`20 minutes behind`. `offset_s` is how many seconds the service's clock is ahead of this machine's."""
    return f"{duration_in_words(abs(offset_s))} {'behind' if offset_s > 0 else 'ahead'}"


def duration_in_words(seconds: float) -> str:
    """`95 seconds`, `20 minutes`, `5 hours`, `3 days`: one number, as precise as it is worth."""
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"
