"""The keyboard of a simulated machine, which works as that of QEMU's VNC server.

A key is a place (scan code) on a PC keyboard. An extended key event has the place. For another key event, the keysym
(RFC 6143, section 7.5.4) is looked up on a US keyboard; Shift is only pressed by the client. The machine's own layout
decides which character a place types. Places wait in a queue from which the machine takes one every 10 ms; key events
for a full queue are lost.
"""

from __future__ import annotations

import json
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

QUEUE_EVENTS = 341
"""QEMU's queue has 1,024 entries, and takes three of them for a key event."""

TAKEN_EVERY_S = 0.010

_SHIFT, _CONTROL, _ALT, _ALTGR, _CAPS_LOCK = 0x2A, 0x1D, 0x38, 0xB8, 0x3A

_PLACES = {
    0xFF08: 0x0E,
    0xFF09: 0x0F,
    0xFE20: 0x0F,  # ISO_Left_Tab: Tab with Shift
    0xFF0D: 0x1C,
    0xFF1B: 0x01,
    0xFF50: 0xC7,
    0xFF51: 0xCB,
    0xFF52: 0xC8,
    0xFF53: 0xCD,
    0xFF54: 0xD0,
    0xFF55: 0xC9,
    0xFF56: 0xD1,
    0xFF57: 0xCF,
    0xFF63: 0xD2,
    0xFFFF: 0xD3,
    0xFFE1: _SHIFT,
    0xFFE2: 0x36,
    0xFFE3: _CONTROL,
    0xFFE4: 0x9D,
    0xFFE9: _ALT,
    0xFFEA: _ALTGR,
    0xFE03: _ALTGR,
    0xFFE5: _CAPS_LOCK,
}
"""XT scan codes of keys that type no character, by keysym; of a code that begins with 0xe0, the second with bit 7."""

_SAME_KEY = {0x36: _SHIFT, 0x9D: _CONTROL}
"""The right one of two equal modifiers."""

_NAMES = {
    0x0E: "Backspace",
    0x0F: "Tab",
    0x1C: "Enter",
    0x01: "Escape",
    0xC7: "Home",
    0xCB: "Left",
    0xC8: "Up",
    0xCD: "Right",
    0xD0: "Down",
    0xC9: "PageUp",
    0xD1: "PageDown",
    0xCF: "End",
    0xD2: "Insert",
    0xD3: "Delete",
}

_KEYPAD_NAMES = {
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
_KEYPAD_TEXT = 0xFF80
"""A keypad key that types is this much above the character (KP_0 is 0xffb0, and "0" is 0x30)."""

_KEYPAD_CHARACTERS = frozenset(" *+,-./0123456789=")

_LINUX_CODES = {0x73: 89, 0x7D: 124}
"""Linux's numbers of the two Japanese keys; those of other keys that type are their scan codes."""

_COMBINING = {
    "dead_grave": "\u0300",
    "dead_acute": "\u0301",
    "dead_circumflex": "\u0302",
    "dead_tilde": "\u0303",
    "dead_diaeresis": "\u0308",
    "dead_cedilla": "\u0327",
}
_DEAD_ALONE = {"dead_grave": "`", "dead_acute": "'", "dead_circumflex": "^", "dead_tilde": "~", "dead_diaeresis": '"'}
"""The characters of a dead key and the space bar on Linux's console."""


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
        """The character that it types; empty for a shortcut."""
        return "" if self.control or self.alt else self.text


@dataclass(frozen=True, slots=True)
class _Event:
    """`place` is an XT scan code; 0 for a key of the keypad, which is identified by its keysym."""

    due_at: float
    place: int
    keysym: int
    is_down: bool


class Keyboard:
    """A keyboard with a queue. `now` gives POSIX seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.layout = "us"
        """The name of the machine's layout, which it may change."""
        self._now = now
        self._queue: deque[_Event] = deque()
        self._taken_at = 0.0
        self._sent_down: set[int] = set()
        self._sent_caps_lock = False
        self._down: set[int] = set()
        self.has_caps_lock = False
        """Whether it is on, in the machine."""
        self._dead = ""

    def event(self, keysym: int, scancode: int, *, is_down: bool) -> bool:
        """A client sent a key; `scancode` is 0 without a place. Returns whether the queue had room."""
        place = _SAME_KEY.get(scancode, scancode) or _place(keysym)
        if _is_keypad(keysym):
            place = 0
        elif not place:
            return True
        letter = chr(keysym) if keysym < 0x80 else ""
        is_shifted = _SHIFT in self._sent_down
        # As QEMU does: a letter in the wrong case means that Caps Lock is on at one end and off at the other.
        if is_down and letter.isalpha() and letter.isupper() == (is_shifted == self._sent_caps_lock):
            self._sent_caps_lock = not self._sent_caps_lock
            self._put(_CAPS_LOCK, 0, is_down=True)
            self._put(_CAPS_LOCK, 0, is_down=False)
        elif is_down and place == _CAPS_LOCK:
            self._sent_caps_lock = not self._sent_caps_lock
        (self._sent_down.add if is_down else self._sent_down.discard)(place)
        return self._put(place, keysym, is_down=is_down)

    def presses(self) -> Iterator[KeyPress]:
        """The key presses that have reached the machine by now."""
        while self._queue and self._queue[0].due_at <= self._now():
            event = self._queue.popleft()
            if not event.is_down:
                self._down.discard(event.place)
                continue
            self._down.add(event.place)
            if event.place == _CAPS_LOCK:
                # QEMU's VNC server follows the LED.
                self.has_caps_lock = self._sent_caps_lock = not self.has_caps_lock
            elif press := self._press(event):
                yield press

    def release_all(self) -> None:
        """Release every key that the client holds down, when it disconnects."""
        for place in sorted(self._sent_down):
            self._put(place, 0, is_down=False)
        self._sent_down.clear()
        self._sent_caps_lock = False  # the assumption for the next client

    def reset(self) -> None:
        """Clear the queue and all keys, for a restart of the machine."""
        self._queue.clear()
        self._sent_down.clear()
        self._down.clear()
        self._sent_caps_lock = self.has_caps_lock = False
        self._dead = ""

    def _put(self, place: int, keysym: int, *, is_down: bool) -> bool:
        if len(self._queue) >= QUEUE_EVENTS:
            return False
        self._taken_at = max(self._now(), self._taken_at + TAKEN_EVERY_S)
        self._queue.append(_Event(self._taken_at, place, keysym, is_down))
        return True

    def _press(self, event: _Event) -> KeyPress | None:
        if event.place:
            name, text = _NAMES.get(event.place, ""), self._typed(event.place)
        else:
            name, text = _KEYPAD_NAMES.get(event.keysym, ""), _keypad_character(event.keysym)
        if not name and not text:
            return None
        down = self._down
        return KeyPress(name, text, control=_CONTROL in down, alt=_ALT in down, shift=_SHIFT in down)

    def _typed(self, place: int) -> str:
        """The character that the key at this place types; empty for none, and for a dead key."""
        levels = _layouts()[self.layout].get(str(_LINUX_CODES.get(place, place)))
        if levels is None:
            return ""
        has_cases = (levels[0] or "").isalpha() and (levels[0] or "").upper() == levels[1]
        is_shifted = (_SHIFT in self._down) != (self.has_caps_lock and has_cases)
        symbol = levels[is_shifted + 2 * (_ALTGR in self._down)] or ""
        if len(symbol) > 1:
            self._dead = symbol
            return ""
        dead, self._dead = self._dead, ""
        if not dead or not symbol:
            return symbol
        if symbol == " ":
            return _DEAD_ALONE.get(dead, "")
        composed = unicodedata.normalize("NFC", symbol + _COMBINING.get(dead, ""))
        return composed if len(composed) == 1 else symbol


def _place(keysym: int) -> int:
    """Where a US keyboard has a keysym; 0 if it has none."""
    return _PLACES.get(keysym) or _us_places().get(keysym, 0)


def _is_keypad(keysym: int) -> bool:
    return keysym in _KEYPAD_NAMES or bool(_keypad_character(keysym))


def _keypad_character(keysym: int) -> str:
    character = chr(keysym - _KEYPAD_TEXT) if 0 <= keysym - _KEYPAD_TEXT < 0x7F else ""
    return character if character in _KEYPAD_CHARACTERS else ""


@cache
def _layouts() -> dict[str, dict[str, list[str | None]]]:
    layouts: dict[str, dict[str, list[str | None]]] = json.loads(
        resources.files("ecsvnc.keyboard").joinpath("layouts.json").read_text("utf-8")
    )
    return layouts


@cache
def _us_places() -> dict[int, int]:
    """Scan codes by the keysym of what is on the key, without Shift and with it. The first key of two has it."""
    places: dict[int, int] = {}
    for code, levels in _layouts()["us"].items():
        for symbol in levels[:2]:
            if symbol is not None and int(code) != 86:  # a key that US keyboards lack
                places.setdefault(ord(symbol), int(code))
    return places
