"""Where characters are on a US keyboard, by the names that browsers give to keys (KeyboardEvent.code)."""

from __future__ import annotations

from typing import NamedTuple

_ROWS = [
    ("`1234567890-=", "~!@#$%^&*()_+", ["Backquote", *(f"Digit{digit}" for digit in "1234567890"), "Minus", "Equal"]),
    ("[]\\", "{}|", ["BracketLeft", "BracketRight", "Backslash"]),
    (";'", ':"', ["Semicolon", "Quote"]),
    (",./", "<>?", ["Comma", "Period", "Slash"]),
    (" ", " ", ["Space"]),
]

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
"""All printable characters of ASCII."""


class Place(NamedTuple):
    code: str
    has_shift: bool


def place_of(character: str) -> Place | None:
    """The key that types a character, and whether Shift is held with it; None if the keyboard has none."""
    if character.isascii() and character.isalpha():
        return Place(f"Key{character.upper()}", character.isupper())
    for plain, shifted, codes in _ROWS:
        if character in plain:
            return Place(codes[plain.index(character)], has_shift=False)
        if character in shifted:
            return Place(codes[shifted.index(character)], has_shift=True)
    return None
