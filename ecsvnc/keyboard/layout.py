"""Which keys type a character, in a keyboard layout.

A VNC server that emulates a keyboard passes on where a key is, and the instance's own layout says what it means. So a
character is typed by the key that has it in the instance's layout, named by what that key is on a US keyboard, with
Shift or AltGr held down.
"""

from __future__ import annotations

import difflib
import functools
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import NamedTuple

from ecsvnc.errors import UsageError
from ecsvnc.keyboard.keys import ALIASES, ALTGR, ENTER, NAMES, SHIFT, TAB, Key, KeyEvent
from ecsvnc.keyboard.layout_names import LAYOUT_NAMES

_SCANCODES = {89: 0x73, 124: 0x7D}
"""XT scan codes of the two Japanese keys; of all others that type something they are Linux's numbers."""

_OTHER_KEYSYMS = {86: 0x3C, 89: 0x5C, 124: 0xA5}
"""Keysyms of the keys that a US keyboard does not have, as the layouts that do have them call them."""

_ALTGR_LEVEL = 2

_DEAD_KEYS = {
    "dead_grave": "\u0300",
    "dead_acute": "\u0301",
    "dead_circumflex": "\u0302",
    "dead_tilde": "\u0303",
    "dead_diaeresis": "\u0308",
    "dead_cedilla": "\u0327",
}
"""The combining character of each dead key that every system composes Latin-1's letters with."""

_ALONE = {"dead_grave": "`", "dead_circumflex": "^", "dead_tilde": "~"}
"""What a dead key and the space bar give on every system. Linux's console and X differ in the others."""

_HEX_KEYSYM = re.compile(r"0x[0-9a-f]{1,8}")


class Stroke(NamedTuple):
    """One key, pressed and released while these modifiers are down."""

    key: Key
    modifiers: tuple[Key, ...] = ()


class Layout:
    """A keyboard layout: which strokes type each character."""

    def __init__(self, name: str) -> None:
        """Load it. `name` is one of LAYOUT_NAMES."""
        tables = json.loads(resources.files("ecsvnc.keyboard").joinpath("layouts.json").read_text("utf-8"))
        self.name = name
        self._strokes = _strokes(tables[name], us=tables["us"])

    def strokes(self, text: str, *, secret: str = "") -> list[Stroke]:
        """The strokes that type a text; a line end is Enter. `secret` names it if it must not be shown.

        Raises UsageError if the layout has no way to type one of its characters.
        """
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if missing := sorted({character for character in text if character not in self._strokes}):
            named = ", ".join(_named(character) for character in missing[:8])
            what = f"a character of {secret}" if secret else f"{named}{' and others' if missing[8:] else ''}"
            raise UsageError(
                f"The keyboard layout {self.name} cannot type {what}. Nothing was typed.",
                hint=f"Name the layout that is set in the instance with --layout ({', '.join(LAYOUT_NAMES)}). To press "
                "Escape and other keys that type nothing, use `ecsvnc keys`.",
            )
        return [stroke for character in text for stroke in self._strokes[character]]

    def chord(self, text: str) -> list[Key]:
        """The keys of a chord such as `ctrl-alt-del`, `alt-f2`, `ctrl-c` or `0xff0d`, in the order of pressing them.

        The last may be any character of the layout; with other keys before it, a letter's case is ignored. Raises
        UsageError for a name that is not a key's.
        """
        if _HEX_KEYSYM.fullmatch(text.lower()):
            return [Key(int(text, 16), None)]
        *held, last = re.split(r"(?<=.)[-+](?=.)", text)
        keys = [self._key(name, text) for name in held]
        name = last.lower() if held or len(last) > 1 else last
        if len(last) == 1 and (strokes := self._strokes.get(name)) is not None and len(strokes) == 1:
            keys += [key for key in strokes[0].modifiers if key not in keys]
            return [*keys, _agreeing(strokes[0].key, is_shifted=SHIFT in keys)]
        return [*keys, self._key(last, text)]

    def _key(self, name: str, chord: str) -> Key:
        name = name.lower()
        if (key := NAMES.get(ALIASES.get(name, name))) is not None:
            return key
        if len(name) == 1 and (strokes := self._strokes.get(name)) is not None and not strokes[0].modifiers:
            return strokes[0].key
        near = difflib.get_close_matches(name, [*NAMES, *ALIASES], n=1)
        within = "" if name == chord.lower() else f" (in '{chord}')"
        raise UsageError(
            f"Unknown key '{name}'{within}. Nothing was pressed.",
            hint=(f"Did you mean '{near[0]}'? " if near else "")
            + f"Keys are {', '.join(NAMES)}, and single characters; join them with `-`: ctrl-alt-del.",
        )


load_layout = functools.cache(Layout)


def events_of_strokes(strokes: Iterable[Stroke]) -> Iterator[KeyEvent]:
    """Press and release each; a modifier stays down while the next stroke needs it too."""
    held: list[Key] = []
    for stroke in strokes:
        for key in [key for key in reversed(held) if key not in stroke.modifiers]:
            held.remove(key)
            yield KeyEvent(key, is_down=False)
        for key in [key for key in stroke.modifiers if key not in held]:
            held.append(key)
            yield KeyEvent(key, is_down=True)
        yield KeyEvent(stroke.key, is_down=True)
        yield KeyEvent(stroke.key, is_down=False)
    for key in reversed(held):
        yield KeyEvent(key, is_down=False)


def events_of_chord(keys: Iterable[Key]) -> list[KeyEvent]:
    """Press all, in order, then release all, in reverse."""
    pressed = [KeyEvent(key, is_down=True) for key in keys]
    return [*pressed, *(KeyEvent(event.key, is_down=False) for event in reversed(pressed))]


def _strokes(keys: dict[str, list[str | None]], *, us: dict[str, list[str | None]]) -> dict[str, list[Stroke]]:
    """The strokes of every character: of its key where there is one, else of a dead key and a base character."""
    ways: dict[str, tuple[tuple[bool, bool, int, int], Stroke]] = {}
    dead: dict[str, tuple[tuple[bool, bool, int, int], Stroke]] = {}
    for code_text, levels in keys.items():
        code = int(code_text)
        is_us = code not in _OTHER_KEYSYMS
        keysym = ord(us[code_text][0] or "") if is_us else _OTHER_KEYSYMS[code]
        for level, symbol in enumerate(levels):
            if symbol is None:
                continue
            key = _agreeing(Key(keysym, _SCANCODES.get(code, code)), is_shifted=level % 2 == 1)
            stroke = Stroke(key, _modifiers(level))
            # Without AltGr rather than with it, and on a key that every keyboard has: not all servers know the others.
            cost = (level >= _ALTGR_LEVEL, not is_us, level, code)
            table = ways if len(symbol) == 1 else dead
            if symbol not in table or cost < table[symbol][0]:
                table[symbol] = (cost, stroke)
    strokes = {character: [stroke] for character, (_, stroke) in ways.items()}
    strokes |= {"\n": [Stroke(ENTER)], "\t": [Stroke(TAB)]}
    for name, (_, stroke) in dead.items():
        if name in _ALONE:
            strokes.setdefault(_ALONE[name], [stroke, *strokes[" "]])
        for base in [character for character in ways if name in _DEAD_KEYS and character.isalpha()]:
            composed = unicodedata.normalize("NFC", base + _DEAD_KEYS[name])
            if len(composed) == 1 and composed <= "\u00ff":
                strokes.setdefault(composed, [stroke, *strokes[base]])
    return strokes


def _agreeing(key: Key, *, is_shifted: bool) -> Key:
    """The key, with a letter's keysym in the case that Shift gives it.

    A server that finds them contradicting each other takes it for Caps Lock, and presses that in the instance.
    """
    letter = chr(key.keysym) if key.keysym < 0x80 else ""
    return key._replace(keysym=ord(letter.upper())) if is_shifted and letter.isalpha() else key


def _modifiers(level: int) -> tuple[Key, ...]:
    return ((SHIFT,) if level % 2 else ()) + ((ALTGR,) if level >= _ALTGR_LEVEL else ())


def _named(character: str) -> str:
    if character.isprintable():
        return f"'{character}'"
    return f"U+{ord(character):04X}"
