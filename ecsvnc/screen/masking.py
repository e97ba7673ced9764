"""Masks typed secrets that a program echoed on a screen. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from ecsvnc.screen.text_screen import UNKNOWN, TextScreen

MASK = "*"
_SHORTEST_PART = 3
"""A shorter part of a secret, while it is typed or after it has scrolled, would match many words."""


def masked(screen: TextScreen, secrets: Iterable[str]) -> TextScreen:
    """The screen with MASK in the place of each character of a secret, also of one that continues in the next row."""
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
    """A pattern for every place of it, also overlapping ones; an unknown character matches each of its characters."""
    return re.compile(f"(?=({''.join(f'[{re.escape(character)}{UNKNOWN}]' for character in line)}))")


def _scrolled(text: str, secret: str) -> range:
    """The secret's end at the start of the screen, if the row with its beginning has scrolled away."""
    for length in range(len(secret) - 1, _SHORTEST_PART - 1, -1):
        if text.startswith(secret[-length:]):
            return range(length)
    return range(0)


def _begun(text: str, secret: str, screen: TextScreen) -> range:
    """The secret's beginning before the cursor, while it is being typed."""
    if screen.cursor is None:
        return range(0)
    end = screen.cursor.row * screen.columns + screen.cursor.column
    for length in range(min(len(secret), end), _SHORTEST_PART - 1, -1):
        if text[end - length : end] == secret[:length]:
            return range(end - length, end)
    return range(0)
