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

    In some fonts `_` is drawn as a cursor on a blank is: most of 8x8 are such.
    """

    position: Position
    cell: Cell
    otherwise: Cell | None = None


Cells = Sequence[Sequence[Cell]]


def choose_cursor(candidates: list[Candidate], cells: Cells) -> Candidate | None:
    """The candidate that has the cursor. An underline has it at the end of a text only."""
    sure = [candidate for candidate in candidates if candidate.otherwise is None]
    if sure:
        return sure[0] if len(sure) == 1 else None
    at_ends = [
        candidate
        for candidate in candidates
        if _is_blank(cells[candidate.position.row][candidate.position.column + 1 :][:1])
    ]
    if len(at_ends) == 1 or (at_ends and _nothing_follows(at_ends[-1].position, cells)):
        return at_ends[-1]
    return None


def _is_blank(cells: Sequence[Cell]) -> bool:
    return all(cell.character == " " for cell in cells)


def _nothing_follows(position: Position, cells: Cells) -> bool:
    return _is_blank(cells[position.row][position.column + 1 :]) and all(
        _is_blank(row) for row in cells[position.row + 1 :]
    )


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
