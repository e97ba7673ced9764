"""Which cell has the cursor. Pure.

A console draws its cursor into the cell: over some rows at the foot, or over all of them. There is at most one: if
several cells look like it, none is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ecsvnc.screen.text_screen import Cell, Position


class Candidate(NamedTuple):
    """A cell that may have the cursor, and its content then. `otherwise` is its content if the cursor is elsewhere.

    In some fonts a glyph looks like a cursor on a blank: `_` in most of 8x8, an unused line in some others.
    """

    position: Position
    cell: Cell
    otherwise: Cell | None = None


Cells = Sequence[Sequence[Cell]]


def choose_cursor(candidates: list[Candidate]) -> Candidate | None:
    """The candidate that has the cursor. A possible underscore counts as one, until it blinks."""
    sure = [candidate for candidate in candidates if candidate.otherwise is None]
    likely = sure or [each for each in candidates if each.otherwise and each.otherwise.character != "_"]
    return likely[0] if len(likely) == 1 else None


def block_cursors(cells: Cells, lone_colours: set[int], background: int) -> list[Candidate]:
    """Single inverted cells: no other cell has their background, and their text has the usual one."""
    return [
        Candidate(Position(column, number), Cell(cell.character, cell.background, background))
        for number, row in enumerate(cells)
        for column, cell in enumerate(row)
        if cell.background in lone_colours and (cell.character == " " or cell.foreground == background)
    ]


def is_same_but_for(position: Position, now: Cells, then: Cells, changed: Sequence[int]) -> bool:
    """Whether two screens differ only in this position; `changed` are the rows whose pixels differ."""
    if any(number != position.row for number in changed):
        return False
    left, right = slice(0, position.column), slice(position.column + 1, None)
    new, old = now[position.row], then[position.row]
    return (new[left], new[right]) == (old[left], old[right])
