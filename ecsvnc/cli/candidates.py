"""The instances to choose from: filtered, with one of them marked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecsvnc.cli.escape import escape_control
from ecsvnc.cli.table import GAP, SHORTEST, Column, table_lines
from ecsvnc.cli.word_wrap import cell_width
from ecsvnc.instances.lookup_errors import candidate

if TYPE_CHECKING:
    from ecsvnc.ecs.instance import Instance

COLUMNS = (Column("NAME"), Column("ID"), Column("REGION"), Column("STATE"), Column("ADDRESS"))


_MOST_TELLING = (0, 2, 1, 3, 4)
"""The columns in the order in which they are given room where there is not enough for all."""


def lines(rows: Sequence[Sequence[str]], *, width: int = sys.maxsize) -> list[str]:
    """The titles, and one or several lines for each row."""
    return list(table_lines(COLUMNS, rows, width=width))


def short_lines(rows: Sequence[Sequence[str]], *, width: int) -> list[str]:
    """The titles, and one line for each row: names are shortened and columns omitted as far as they do not fit."""
    shown: list[int] = []
    left = width + GAP
    for index in _MOST_TELLING:
        needed = GAP + max(cell_width(row[index]) for row in [[column.title for column in COLUMNS], *rows])
        needed = min(needed, GAP + SHORTEST) if index == 0 else needed
        if needed <= left or not shown:
            shown.append(index)
            left -= needed
    shown.sort()
    columns = [COLUMNS[index]._replace(shortens=index == 0) for index in shown]
    return list(table_lines(columns, [[row[index] for index in shown] for row in rows], width=width))


class Candidates:
    """`rows` are those of the instances that match what was typed, `at` is the marked one."""

    def __init__(self, instances: Sequence[Instance]) -> None:
        self._words: list[str] = []
        self._all: list[tuple[Instance, tuple[str, ...]]] = []
        self._matching: list[Instance] = []
        self.rows: list[tuple[str, ...]] = []
        self.at = 0
        self.replace(instances)

    @property
    def count(self) -> int:
        """How many instances there are."""
        return len(self._all)

    @property
    def chosen(self) -> Instance | None:
        """The marked instance; None if none matches."""
        return self._matching[self.at] if self._matching else None

    def replace(self, instances: Sequence[Instance]) -> None:
        """Replace the instances; the mark stays on its instance if it is among them."""
        rows = ((one, tuple(map(escape_control, candidate(one)))) for one in instances)
        self._all = sorted(rows, key=lambda each: (each[1][0].lower(), each[1][2]))
        self._update()

    def filter(self, text: str) -> None:
        """Keep the rows that have every word of the text in a cell, ignoring case."""
        self._words = text.lower().split()
        self._update()

    def move(self, by: int) -> None:
        """Move the mark by this many rows, up to either end."""
        self.at = max(0, min(self.at + by, len(self._matching) - 1))

    def _update(self) -> None:
        marked = self.chosen
        matching = [
            (instance, cells)
            for instance, cells in self._all
            if all(any(word in cell.lower() for cell in cells) for word in self._words)
        ]
        self._matching = [instance for instance, _ in matching]
        self.rows = [cells for _, cells in matching]
        ids = [instance.id for instance in self._matching]
        self.at = ids.index(marked.id) if marked is not None and marked.id in ids else 0
