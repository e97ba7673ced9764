"""Screens without the secrets that were typed and that a program echoed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from ecsvnc.screen.text_screen import UNKNOWN, TextScreen

MASK = "*"
_SHORTEST_PART = 3
"""A shorter part of a secret, while it is typed or after it has scrolled, is in many words."""


def masked(screen: TextScreen, secrets: Iterable[str]) -> TextScreen:
    """The screen with MASK in the place of each character of a secret, also of one that goes on in the next row."""
    characters = [cell.character or " " for row in screen.cells for cell in row]  # "": a wide character's second half
    text = "".join(characters)
    places: set[int] = set()
    for secret in secrets:
        for line in filter(None, secret.splitlines()):
            for found in _echo(line).finditer(text):
                if found[1].strip(UNKNOWN):
                    places.update(range(found.start(1), found.end(1)))
            places.update(_begun(text, line, screen))
            places.update(_scrolled(text, line))
    if not places:
        return screen
    rows = []
    for number, row in enumerate(screen.cells):
        start = number * screen.columns
        rows.append(
            tuple(
                cell._replace(character=MASK) if start + column in places else cell for column, cell in enumerate(row)
            )
        )
    return replace(screen, cells=tuple(rows))


def _echo(line: str) -> re.Pattern[str]:
    """Every place of it, also overlapping ones; a character that could not be read may be any of its characters."""
    return re.compile(f"(?=({''.join(f'[{re.escape(character)}{UNKNOWN}]' for character in line)}))")


def _scrolled(text: str, secret: str) -> range:
    """Where the secret's end stands first on the screen: the row with its begin has scrolled away."""
    for length in range(len(secret) - 1, _SHORTEST_PART - 1, -1):
        if text.startswith(secret[-length:]):
            return range(length)
    return range(0)


def _begun(text: str, secret: str, screen: TextScreen) -> range:
    """Where the secret's begin stands before the cursor: it is being typed."""
    if screen.cursor is None:
        return range(0)
    end = screen.cursor.row * screen.columns + screen.cursor.column
    for length in range(min(len(secret), end), _SHORTEST_PART - 1, -1):
        if text[end - length : end] == secret[:length]:
            return range(end - length, end)
    return range(0)
