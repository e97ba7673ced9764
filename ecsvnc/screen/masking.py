"""Screens without the secrets that were typed and that a program echoed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ecsvnc.screen.text_screen import TextScreen

MASK = "*"
_SHORTEST_BEGIN = 3
"""A shorter part of a secret, as it stands before the cursor while it is typed, is in many words."""


def masked(screen: TextScreen, secrets: Iterable[str]) -> TextScreen:
    """The screen with MASK in the place of each character of a secret, also of one that goes on in the next row."""
    characters = [cell.character or " " for row in screen.cells for cell in row]  # "": a wide character's second half
    text = "".join(characters)
    places: set[int] = set()
    for secret in secrets:
        for line in filter(None, secret.splitlines()):
            at = text.find(line)
            while at >= 0:
                places.update(range(at, at + len(line)))
                at = text.find(line, at + 1)
            places.update(_begun(text, line, screen))
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


def _begun(text: str, secret: str, screen: TextScreen) -> range:
    """Where the secret's begin stands before the cursor: it is being typed."""
    if screen.cursor is None:
        return range(0)
    end = screen.cursor.row * screen.columns + screen.cursor.column
    for length in range(min(len(secret), end), _SHORTEST_BEGIN - 1, -1):
        if text[end - length : end] == secret[:length]:
            return range(end - length, end)
    return range(0)
