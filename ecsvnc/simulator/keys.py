"""Keysyms (RFC 6143, section 7.5.4) as typed keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_NAMED = {
    0xFF08: "Backspace",
    0xFF09: "Tab",
    0xFE20: "Tab",  # ISO_Left_Tab: Tab with Shift
    0xFF0D: "Enter",
    0xFF1B: "Escape",
    0xFF50: "Home",
    0xFF51: "Left",
    0xFF52: "Up",
    0xFF53: "Right",
    0xFF54: "Down",
    0xFF55: "PageUp",
    0xFF56: "PageDown",
    0xFF57: "End",
    0xFF63: "Insert",
    0xFFFF: "Delete",
    # the keypad's
    0xFF8D: "Enter",
    0xFF95: "Home",
    0xFF96: "Left",
    0xFF97: "Up",
    0xFF98: "Right",
    0xFF99: "Down",
    0xFF9A: "PageUp",
    0xFF9B: "PageDown",
    0xFF9C: "End",
    0xFF9E: "Insert",
    0xFF9F: "Delete",
}

_MODIFIERS = {
    0xFFE1: "Shift",
    0xFFE2: "Shift",
    0xFFE3: "Control",
    0xFFE4: "Control",
    0xFFE9: "Alt",
    0xFFEA: "Alt",
}
"""Not AltGr: its effect is already in the keysym."""

_KEYPAD_TEXT = 0xFF80
"""A keypad key that types is this much above the character (KP_0 is 0xffb0, and "0" is 0x30)."""

_KEYPAD_CHARACTERS = frozenset(" *+,-./0123456789=")
_UNICODE = 0x01000000
_EURO_SIGN = 0x20AC  # the one keysym outside Latin-1 and Unicode's that every Western keyboard has


@dataclass(frozen=True, slots=True)
class KeyPress:
    """One key going down: either a `name` ("Enter") or a `text` of one character, and the modifiers held with it."""

    name: str = ""
    text: str = ""
    control: bool = False
    alt: bool = False
    shift: bool = False

    @property
    def is_secure_attention(self) -> bool:
        """Whether it is Ctrl+Alt+Delete."""
        return self.control and self.alt and self.name == "Delete"

    @property
    def control_letter(self) -> str:
        """For Ctrl+C: "c"; else empty."""
        return self.text.lower() if self.control and not self.alt else ""

    @property
    def typed(self) -> str:
        """The character that it types, if it is not a shortcut. Ctrl and Alt together are AltGr on some keyboards."""
        return self.text if self.control == self.alt else ""


QUEUED_EVENTS = 341
EVENT_S = 0.01


class KeyQueue:
    """How QEMU takes key events from a client: one in EVENT_S seconds. QUEUED_EVENTS wait, and more are lost.

    Measured on QEMU 7.2. Here an event does not wait; only whether it is lost is the same. `now` gives seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._empty_at = now()

    def takes(self) -> bool:
        """Whether the next event is not lost."""
        now = self._now()
        self._empty_at = max(self._empty_at, now)
        if self._empty_at - now > (QUEUED_EVENTS - 0.5) * EVENT_S:  # half an event: they are sums of floats
            return False
        self._empty_at += EVENT_S
        return True


class Keyboard:
    """Which modifiers are held."""

    def __init__(self) -> None:
        self._held: set[int] = set()

    def event(self, keysym: int, *, is_down: bool) -> KeyPress | None:
        """A key went down or up; None if that has no effect."""
        if keysym in _MODIFIERS:
            (self._held.add if is_down else self._held.discard)(keysym)
            return None
        name, text = _NAMED.get(keysym, ""), character_of(keysym)
        if not is_down or not (name or text):
            return None
        held = {_MODIFIERS[each] for each in self._held}
        return KeyPress(name, text, control="Control" in held, alt="Alt" in held, shift="Shift" in held)

    def release_all(self) -> None:
        """Release all modifiers."""
        self._held.clear()


def character_of(keysym: int) -> str:
    """The character of a keysym; empty if it has no printable one."""
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF or keysym == _EURO_SIGN:
        return chr(keysym)
    if 0 <= keysym - _KEYPAD_TEXT < 0x7F and chr(keysym - _KEYPAD_TEXT) in _KEYPAD_CHARACTERS:
        return chr(keysym - _KEYPAD_TEXT)
    if _UNICODE + 0x20 <= keysym <= _UNICODE + 0x10FFFF:
        character = chr(keysym - _UNICODE)
        return character if character.isprintable() else ""
    return ""
