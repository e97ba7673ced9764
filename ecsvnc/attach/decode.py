"""What a terminal sends, as keys that were pressed and text that was pasted. Pure.

It reads UTF-8; ECMA-48 control sequences by their grammar, so that an unknown one is left out whole and never
taken for typed characters; keys with modifiers as xterm sends them; the kitty keyboard protocol
(https://sw.kovidgoyal.net/kitty/keyboard-protocol/); and bracketed paste.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Callable
from typing import NamedTuple

ESCAPE_S = 0.04
"""After so long, an Esc that nothing has followed is the key. Terminals send other keys in one piece."""

MAX_PASTE = 1 << 20
"""Characters. At the pace of a console's keyboard, that is half a day."""

_ESC = "\x1b"
_PASTE_BEGINS, _PASTE_ENDS = f"{_ESC}[200~", f"{_ESC}[201~"

_STRING = r"\x1b[\]P^_X][0-9>|$+=!?][^\x1b\x07]*"
"""What a terminal answers to a question (OSC, DCS …); others than ecsvnc may have asked."""

_INCOMPLETE = re.compile(rf"\x1b?(?:\x1b(?:\[[0-?]*[ -/]*|\[\[|O)?|{_STRING}\x1b?)")


class Pressed(NamedTuple):
    """A key: its name in `keyboard.keys.NAMES`, or the character that it typed; and `ctrl`, `alt`, `shift`, `super`."""

    key: str
    modifiers: frozenset[str] = frozenset()


class Pasted(NamedTuple):
    """Text that was pasted, as the terminal sent it."""

    text: str


class HasKittyKeys(NamedTuple):
    """The terminal's answer to KITTY_QUERY: it supports the kitty keyboard protocol."""


KITTY_QUERY = f"{_ESC}[?u"

Event = Pressed | Pasted | HasKittyKeys

_BY_LETTER = {
    "A": "up",
    "B": "down",
    "C": "right",
    "D": "left",
    "F": "end",
    "H": "home",
    "P": "f1",
    "Q": "f2",
    "R": "f3",
    "S": "f4",
}
_BY_LETTER_AFTER_O = _BY_LETTER | {"M": "enter"} | dict(zip("jklmnopqrstuvwxyX", "*+,-./0123456789=", strict=True))
"""A keypad that sends more than digits too."""

_SHIFTED = {"a": "up", "b": "down", "c": "right", "d": "left"}
"""The arrows with Shift, as rxvt sends them."""

_BY_NUMBER = {
    1: "home",
    2: "insert",
    3: "del",
    4: "end",
    5: "pageup",
    6: "pagedown",
    7: "home",
    8: "end",
    **{10 + number: f"f{number}" for number in range(1, 6)},
    **{11 + number: f"f{number}" for number in range(6, 11)},
    23: "f11",
    24: "f12",
}
_SHIFTED_NUMBERS = dict(zip((25, 26, 28, 29, 31, 32, 33, 34), (f"f{number}" for number in range(1, 9)), strict=True))
"""Shift and F1 to F8, as Linux's console and screen send them: they have the numbers of F13 to F20."""

_BY_CODE = {
    27: "esc",
    13: "enter",
    9: "tab",
    127: "backspace",
    57359: "scrolllock",
    57361: "sysrq",
    57362: "pause",
    57363: "menu",
    **{57399 + digit: str(digit) for digit in range(10)},
    **dict(zip(range(57409, 57414), "./*-+", strict=True)),
    57414: "enter",
    57415: "=",
    **dict(
        zip(
            range(57417, 57427),
            ("left", "right", "up", "down", "pageup", "pagedown", "home", "end", "insert", "del"),
            strict=True,
        )
    ),
}
"""The kitty protocol's numbers of keys that type no character, and those of the keypad."""

_OTHER_KEY = 27
"""The number of xterm's control sequence for a key that has none of its own (modifyOtherKeys)."""

_RELEASED = 3

_MODIFIERS = ((1, "shift"), (2, "alt"), (4, "ctrl"), (8, "super"))

_CTRL = frozenset({"ctrl"})

_CONTROLS = {
    **{chr(ord(letter.upper()) ^ 0x40): Pressed(letter, _CTRL) for letter in "abcdefghijklmnopqrstuvwxyz\\]^_"},
    "\x00": Pressed(" ", _CTRL),
    "\t": Pressed("tab"),
    "\r": Pressed("enter"),
    "\x7f": Pressed("backspace"),
}


class Decoder:
    """Reads what one terminal sends, in pieces of any size."""

    def __init__(self) -> None:
        self._characters = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._is_in_paste = False

    @property
    def waits(self) -> bool:
        """Whether the last bytes may be the beginning of more: if nothing follows within ESCAPE_S, `flush` has them."""
        return bool(self._text) and not self._is_in_paste

    def feed(self, data: bytes) -> list[Event]:
        """The events of the next bytes."""
        self._text += self._characters.decode(data)
        return self._take(is_all=False)

    def flush(self) -> list[Event]:
        """What waits, if nothing follows it: Esc, or Alt and a key."""
        return self._take(is_all=True)

    def _take(self, *, is_all: bool) -> list[Event]:
        events: list[Event] = []
        while self._text:
            if self._is_in_paste:
                end = self._text.rfind(_PASTE_ENDS)
                if end < 0:
                    self._text = self._text[:MAX_PASTE] + self._text[MAX_PASTE:][-len(_PASTE_ENDS) :]
                    break
                # The last one received: one before may be a part of the text, put there to end it too soon.
                events.append(Pasted(self._text[:end].replace(_PASTE_ENDS, "").replace(_PASTE_BEGINS, "")))
                self._text, self._is_in_paste = self._text[end + len(_PASTE_ENDS) :], False
            elif self._text.startswith(_PASTE_BEGINS):
                self._text, self._is_in_paste = self._text.removeprefix(_PASTE_BEGINS), True
            else:
                event, length = _first(self._text, is_all=is_all)
                if not length:
                    break
                self._text = self._text[length:]
                if event is not None:
                    events.append(event)
        return events


def _first(text: str, *, is_all: bool) -> tuple[Event | None, int]:
    """What a text begins with, None if that is no key, and how long that is; 0 if more has to come first."""
    if text[0] != _ESC:
        is_key = text[0].isprintable() and text[0] != "\ufffd"
        return _CONTROLS.get(text[0]) or (Pressed(text[0]) if is_key else None), 1
    for pattern, read in _SEQUENCES:
        if match := pattern.match(text):
            return read(match), match.end()
    if not is_all and _INCOMPLETE.fullmatch(text):
        return None, 0
    following, length = _first(text[1:], is_all=is_all) if len(text) > 1 else (None, 0)
    if not isinstance(following, Pressed) or following == Pressed("esc"):
        return Pressed("esc"), 1
    return following._replace(modifiers=following.modifiers | {"alt"}), 1 + length


def _of_control_sequence(match: re.Match[str]) -> Event | None:
    """The key that it stands for (ECMA-48, section 5.4); None for one that stands for none, or was released."""
    parameters, intermediates, final = match.groups()
    if parameters.startswith("?"):
        return HasKittyKeys() if final == "u" else None
    if intermediates or not re.fullmatch("[0-9:;]*", parameters):
        return None
    fields = [[int(part[:6] or "0") for part in field.split(":")] for field in parameters.split(";")]
    number = fields[0][0] or 1
    bits, kind = (fields[1][0] - 1, fields[1][1:2]) if len(fields) > 1 else (0, [])
    modifiers = frozenset(name for bit, name in _MODIFIERS if bits > 0 and bits & bit)
    if kind == [_RELEASED]:
        return None
    if final == "u" or (final == "~" and number == _OTHER_KEY and len(fields) > 2):
        return _of_code(number if final == "u" else fields[2][0], modifiers)
    key: str | None = None
    if final in "~^":
        key = _BY_NUMBER.get(number) or _SHIFTED_NUMBERS.get(number)
        modifiers |= ({"ctrl"} if final == "^" else set()) | ({"shift"} if number in _SHIFTED_NUMBERS else set())
    elif final in "Zabcd":
        key = _SHIFTED.get(final, "tab")
        modifiers |= {"shift"}
    elif number == 1:
        key = _BY_LETTER.get(final)
    return Pressed(key, modifiers) if key is not None else None


def _of_code(code: int, modifiers: frozenset[str]) -> Pressed | None:
    """The key of a number of the kitty protocol: a character's code point, or a number of its own."""
    if code in _BY_CODE:
        return Pressed(_BY_CODE[code], modifiers)
    if code > sys.maxunicode or not chr(code).isprintable():
        return None
    if modifiers == {"shift"}:
        return Pressed(chr(code).upper())
    return Pressed(chr(code), modifiers)


_SEQUENCES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Event | None]], ...] = (
    (re.compile(r"\x1b\[\[([A-E])"), lambda match: Pressed(f"f{ord(match[1]) - ord('@')}")),  # Linux's console
    (re.compile(r"\x1b\[([0-?]*)([ -/]*)([@-~])"), _of_control_sequence),
    (re.compile(rf"{_STRING}(?:\x07|\x1b\\)"), lambda match: None),
    (re.compile(f"\x1bO([{''.join(_BY_LETTER_AFTER_O)}])"), lambda match: Pressed(_BY_LETTER_AFTER_O[match[1]])),
)
"""What begins with Esc and is more than Alt and a key."""
