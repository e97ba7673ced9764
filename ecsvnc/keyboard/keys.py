"""The keys of a keyboard, and their usual names. Pure."""

from __future__ import annotations

from typing import NamedTuple

_NOT_ON_US_KEYBOARDS = (0x56, 0x73, 0x7D)
"""XT scan codes of the key beside the left Shift of European keyboards, and of two keys of Japanese ones."""


class Key(NamedTuple):
    """A key: what a VNC client calls it, and where it is on the keyboard.

    `keysym` is X's, as in RFC 6143, section 7.5.4. `scancode` is the XT scan code as QEMU's extended key event takes
    it: of a code that begins with 0xe0, the second byte with its high bit set; None for a key that is known by its
    keysym alone.
    """

    keysym: int
    scancode: int | None

    @property
    def is_by_place_only(self) -> bool:
        """Whether a US keyboard lacks the key, so that its keysym does not tell where it is."""
        return self.scancode in _NOT_ON_US_KEYBOARDS


class KeyEvent(NamedTuple):
    """A key goes down, or up."""

    key: Key
    is_down: bool


SHIFT = Key(0xFFE1, 0x2A)
ALTGR = Key(0xFE03, 0xB8)
CTRL = Key(0xFFE3, 0x1D)
ALT = Key(0xFFE9, 0x38)
SUPER = Key(0xFFEB, 0xDB)
CAPS_LOCK = Key(0xFFE5, 0x3A)
ENTER = Key(0xFF0D, 0x1C)
TAB = Key(0xFF09, 0x0F)
SPACE = Key(0x20, 0x39)

_FUNCTION_KEYS = {
    f"f{number}": Key(0xFFBD + number, 0x3A + number if number <= 10 else 0x4C + number) for number in range(1, 13)
}

NAMES: dict[str, Key] = {
    "enter": ENTER,
    "esc": Key(0xFF1B, 0x01),
    "tab": TAB,
    "space": SPACE,
    "backspace": Key(0xFF08, 0x0E),
    "del": Key(0xFFFF, 0xD3),
    "insert": Key(0xFF63, 0xD2),
    "home": Key(0xFF50, 0xC7),
    "end": Key(0xFF57, 0xCF),
    "pageup": Key(0xFF55, 0xC9),
    "pagedown": Key(0xFF56, 0xD1),
    "up": Key(0xFF52, 0xC8),
    "down": Key(0xFF54, 0xD0),
    "left": Key(0xFF51, 0xCB),
    "right": Key(0xFF53, 0xCD),
    **_FUNCTION_KEYS,
    "ctrl": CTRL,
    "rightctrl": Key(0xFFE4, 0x9D),
    "shift": SHIFT,
    "rightshift": Key(0xFFE2, 0x36),
    "alt": ALT,
    "altgr": ALTGR,
    "super": SUPER,
    "menu": Key(0xFF67, 0xDD),
    "capslock": CAPS_LOCK,
    "numlock": Key(0xFF7F, 0x45),
    "scrolllock": Key(0xFF14, 0x46),
    "sysrq": Key(0xFF61, 0xB7),
    "pause": Key(0xFF13, 0xC6),
}
"""Keys by the name that help and docs use."""

ALIASES = {
    "return": "enter",
    "escape": "esc",
    "delete": "del",
    "ins": "insert",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "pgdown": "pagedown",
    "bksp": "backspace",
    "control": "ctrl",
    "option": "alt",
    "win": "super",
    "meta": "super",
    "cmd": "super",
    "caps": "capslock",
    "print": "sysrq",
    "prtsc": "sysrq",
    "break": "pause",
}
"""Further names that are accepted."""
