"""The offset of this machine's clock from the service's. Pure."""

from __future__ import annotations

from ecsvnc.durations import in_words

ALLOWED_OFFSET_S = 15 * 60.0
"""A request's date may be this far from the service's clock; beyond it the answer is `InvalidTimeStamp.Expired`."""


def offset_in_words(offset_s: float) -> str:
    """`20 minutes behind`. `offset_s` is how many seconds the service's clock is ahead of this machine's."""
    return f"{in_words(abs(offset_s))} {'behind' if offset_s > 0 else 'ahead'}"
