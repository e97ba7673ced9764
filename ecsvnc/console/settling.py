"""When a screen is up to date after connecting. Pure.

QEMU draws nothing while no client is connected. So the first picture can be black, or old, and the real one follows as
an update: on QEMU 7.2, within 0.32 s, or 3 s if there was no client for long.
"""

from __future__ import annotations

QUIET_S = 0.2
"""A screen that has not changed for this long is up to date."""

FIRST_QUIET_S = 0.45
"""The same for a first picture without a further update."""

CHANGING_S = 1.0
"""After this long, a screen counts as up to date although it changes all the time."""

ONE_COLOUR_S = 3.0
"""The least time since the first picture for a screen of a single colour."""


def settled_at_s(
    began_at_s: float, first_at_s: float, changed_at_s: float, *, updates: int, is_one_colour: bool
) -> float:
    """The time at which the screen is up to date, for a caller who waits since `began_at_s`.

    `first_at_s` is the time of the first of its `updates`, `changed_at_s` that of the last change. All are monotonic
    seconds.
    """
    rests_at_s = max(began_at_s, changed_at_s) + (FIRST_QUIET_S if updates == 1 else QUIET_S)
    taken_at_s = min(rests_at_s, max(began_at_s, first_at_s) + CHANGING_S)
    return max(taken_at_s, first_at_s + ONE_COLOUR_S) if is_one_colour else taken_at_s
