"""The key events on a console for a key of the terminal."""

from __future__ import annotations

from ecsvnc.attach.decode import Pressed
from ecsvnc.keyboard.keys import NAMES, KeyEvent
from ecsvnc.keyboard.layout import Layout, events_of_chord, events_of_strokes

_ORDER = ("ctrl", "alt", "super", "shift")


def key_events(pressed: Pressed, layout: Layout) -> list[KeyEvent]:
    """Press and release it, with its modifiers around it.

    Raises UsageError if the layout cannot type it.
    """
    if len(pressed.key) == 1 and not pressed.modifiers:
        return list(events_of_strokes(layout.strokes(pressed.key)))
    held = [name for name in _ORDER if name in pressed.modifiers]
    if len(pressed.key) > 1:
        return events_of_chord([*(NAMES[name] for name in held), NAMES[pressed.key]])
    if pressed.key.isupper() and "shift" not in held:
        held.append("shift")
    return events_of_chord(layout.chord("-".join([*held, "space" if pressed.key == " " else pressed.key])))
