"""When the picture of a screen is up to date: decided here, from plain values. Pure.

QEMU draws nothing while nobody watches. So the first picture can be black, or old, and the true one follows as an
update: on QEMU 7.2, within 0.32 s, or 3 s after nobody had watched for long.
"""

from __future__ import annotations

QUIET_S = 0.2
"""A picture that has not changed for so long is taken."""

FIRST_QUIET_S = 0.45
"""The same for a first picture that no update has followed."""

RESTLESS_S = 1.0
"""After so long a picture is taken although it changes all the time."""

ONE_COLOUR_S = 3.0
"""After so long since the first picture, one of a single colour is taken."""


def settled_at_s(
    began_at_s: float, first_at_s: float, changed_at_s: float, *, updates: int, is_one_colour: bool
) -> float:
    """From when on the picture can be taken, for someone who waits since `began_at_s`.

    `first_at_s` is when the first of its `updates` came, `changed_at_s` when it changed last. All in seconds of one
    clock that never jumps.
    """
    rests_at_s = max(began_at_s, changed_at_s) + (FIRST_QUIET_S if updates == 1 else QUIET_S)
    taken_at_s = min(rests_at_s, max(began_at_s, first_at_s) + RESTLESS_S)
    return max(taken_at_s, first_at_s + ONE_COLOUR_S) if is_one_colour else taken_at_s
