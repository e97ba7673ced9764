"""Which part of a console's screen a smaller terminal shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ecsvnc.attach.frame import Row
from ecsvnc.screen.text_screen import Position

_MARGINS = (4, 1)
"""How many columns and rows beside the cursor are shown too, where there is room."""


def follow(corner: Position, cursor: Position | None, screen: tuple[int, int], window: tuple[int, int]) -> Position:
    """The upper left corner of the part to show: where it was, or moved as far as the cursor requires.

    The beginning of the cursor's row is shown if both have room. `screen` and `window` are columns and rows.
    """
    column, row = (
        _along(corner[axis], None if cursor is None else cursor[axis], screen[axis], window[axis], _MARGINS[axis])
        for axis in (0, 1)
    )
    return Position(0 if cursor is not None and cursor.column < window[0] - 1 else column, row)


def _along(start: int, cursor: int | None, screen: int, window: int, margin: int) -> int:
    if cursor is not None:
        margin = min(margin, (window - 1) // 2)
        start = min(max(start, cursor + margin - window + 1), cursor - margin)
    return max(0, min(start, screen - window))


def part(rows: Sequence[Row], corner: Position) -> tuple[Row, ...]:
    """The rows from that corner on. A wide character of which only the second half is there is left out."""
    return tuple(_from(row, corner.column) for row in rows[corner.row :])


def _from(row: Row, column: int) -> Row:
    cut = row[column:]
    return (cut[0]._replace(character=" "), *cut[1:]) if cut and not cut[0].character else cut
