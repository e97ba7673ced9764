"""Which cell has the cursor. Pure.

A console draws its cursor into the cell: over some rows at the foot, or over all of them. There is one at most, so that
of several cells that look like it none is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ecsvnc.screen.text_screen import Cell, Position


class Candidate(NamedTuple):
    """A cell that may have the cursor, and what is in it then. `otherwise`: what is in it if the cursor is elsewhere.

    In some fonts a glyph is what a cursor on a blank is: `_` in most of 8x8, a line that nobody uses in some others.
    """

    position: Position
    cell: Cell
    otherwise: Cell | None = None


Cells = Sequence[Sequence[Cell]]


def choose_cursor(candidates: list[Candidate]) -> Candidate | None:
    """The candidate that has the cursor. What can be an underscore is one, until it blinks."""
    sure = [candidate for candidate in candidates if candidate.otherwise is None]
    likely = sure or [each for each in candidates if each.otherwise and each.otherwise.character != "_"]
    return likely[0] if len(likely) == 1 else None


def block_cursors(cells: Cells, lone_colours: set[int], background: int) -> list[Candidate]:
    """Cells that are inverted, each alone: their background is no other cell's, and their text has the usual one."""
    return [
        Candidate(Position(column, number), Cell(cell.character, cell.background, background))
        for number, row in enumerate(cells)
        for column, cell in enumerate(row)
        if cell.background in lone_colours and (cell.character == " " or cell.foreground == background)
    ]


def is_same_but_for(position: Position, now: Cells, then: Cells, changed: Sequence[int]) -> bool:
    """Whether of two screens nothing else is different; `changed` are the rows whose pixels are."""
    if any(number != position.row for number in changed):
        return False
    left, right = slice(0, position.column), slice(position.column + 1, None)
    new, old = now[position.row], then[position.row]
    return (new[left], new[right]) == (old[left], old[right])
