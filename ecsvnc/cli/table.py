"""A table as lines of text for a terminal of any width. Pure.

Cells of one column stand below each other, whatever letters they have: East Asian ones take two cells of the terminal.
Where a row does not fit, cells that may be shortened are, and then a row takes several lines, the later ones indented.
A cell is never broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ecsvnc.cli.word_wrap import cell_width, shortened

GAP = 2
"""Blanks between columns."""

INDENT = 2
"""Blanks before the later lines of a row."""

SHORTEST = 12
"""To how many cells of the terminal a text may be shortened."""

Style = Callable[[int, str], str]
"""Adds colour to a cell: gets the column's number and the text, and returns a text as wide."""


class Column(NamedTuple):
    """A column's title, and whether its texts may be shortened."""

    title: str
    shortens: bool = False


def table_lines(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    width: int,
    has_header: bool = True,
    style: Style | None = None,
    style_title: Style | None = None,
) -> Iterator[str]:
    """The lines of a table that is `width` cells wide, or wider where a single cell is.

    Texts must be printable. `style` gets the cells, `style_title` the titles; both get the text before it is padded.
    """
    titles = [column.title for column in columns]
    measured = [titles, *rows] if has_header else rows
    widths = [max((cell_width(row[index]) for row in measured), default=0) for index in range(len(columns))]
    least = [
        min(widest, SHORTEST) if column.shortens else widest for column, widest in zip(columns, widths, strict=True)
    ]
    lines = list(_split(least, width))
    for line in lines:
        _widen(line, widths, least, width)
    if has_header:
        yield from _row(titles, lines, least, style_title)
    for row in rows:
        yield from _row(row, lines, least, style)


class _Line(NamedTuple):
    """A line of each row: its indentation, and the numbers of its columns."""

    indent: int
    columns: list[int]


def _split(widths: Sequence[int], width: int) -> Iterator[_Line]:
    """As many columns a line as fit, at least one."""
    line, end = _Line(0, []), 0
    for index, needed in enumerate(widths):
        if line.columns and end + GAP + needed > width:
            yield line
            line, end = _Line(INDENT, []), INDENT
        end += needed + (GAP if line.columns else 0)
        line.columns.append(index)
    yield line


def _widen(line: _Line, widths: Sequence[int], least: list[int], width: int) -> None:
    """Give what is left of a line to the columns that are shortened."""
    left = width - line.indent - sum(least[index] for index in line.columns) - GAP * (len(line.columns) - 1)
    for index in line.columns:
        more = max(0, min(left, widths[index] - least[index]))
        least[index] += more
        left -= more


def _row(cells: Sequence[str], lines: Sequence[_Line], widths: Sequence[int], style: Style | None) -> Iterator[str]:
    for line in lines:
        *others, last = line.columns
        padded = [_cell(index, cells[index], widths[index], style) for index in others]
        text = _cell(last, cells[last], widths[last], style, is_padded=False)
        row = (" " * line.indent + (" " * GAP).join([*padded, text])).rstrip()
        if row or not line.indent:  # a later line may have nothing to say
            yield row


def _cell(index: int, text: str, width: int, style: Style | None, *, is_padded: bool = True) -> str:
    text_width = cell_width(text)
    if text_width > width:
        text = shortened(text, width)
        text_width = cell_width(text)
    padding = " " * (width - text_width) if is_padded else ""
    return (style(index, text) if style is not None and text else text) + padding
