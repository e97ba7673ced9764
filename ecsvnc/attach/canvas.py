"""Draws frames on a terminal by what is different from the last one. Pure: what it returns is to be written.

Whatever a frame contains, only printable characters and the escape sequences of this file reach the terminal.
"""

from __future__ import annotations

import unicodedata

from ecsvnc.attach.colours import RESET, Sgr
from ecsvnc.attach.frame import Frame, Row, is_blank
from ecsvnc.screen.text_screen import UNKNOWN, Position

_SHOW_CURSOR, _HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"
_BEGIN_UPDATE, _END_UPDATE = "\x1b[?2026h", "\x1b[?2026l"
"""Terminals that know this mode show all that stands between at once; others ignore it."""

_ERASE_SCREEN, _ERASE_REST_OF_ROW = f"{RESET}\x1b[2J", f"{RESET}\x1b[K"


class _Shown(dict[str, str]):
    """What is written for a character that has one cell; empty for one that needs two. A cache."""

    def __missing__(self, character: str) -> str:
        is_seen = len(character) == 1 and character.isprintable() and not unicodedata.combining(character)
        is_wide = is_seen and unicodedata.east_asian_width(character) in "WF"
        self[character] = "" if is_wide else character if is_seen else UNKNOWN
        return self[character]


_SHOWN = _Shown()


class Canvas:
    """A terminal of this size, whose colours `sgr` sets, and what was drawn on it."""

    def __init__(self, columns: int, rows: int, sgr: Sgr) -> None:
        self.columns = columns
        self.rows = rows
        self._sgr = sgr
        self._drawn: Frame | None = None

    def forget(self) -> None:
        """Assume that the terminal shows something else: the next frame is drawn whole."""
        self._drawn = None

    def draw(self, frame: Frame) -> str:
        """What to write so that the terminal shows this frame; of larger ones, the part from the upper left corner."""
        rows = tuple(_clipped(row, self.columns) for row in frame.rows[: self.rows])
        rows += ((),) * (self.rows - len(rows))
        cursor = frame.cursor if frame.cursor and self._has(frame.cursor) else None
        parts: list[str] = []
        if self._drawn is None:
            parts.append(_ERASE_SCREEN)
            before: tuple[Row, ...] = ((),) * self.rows
        else:
            before = self._drawn.rows
            if moved := _scrolled_by(before, rows):
                parts.append(f"{RESET}{_at(self.rows - 1, 0)}" + "\n" * moved)
                before = before[moved:] + ((),) * moved
        for number, (old, new) in enumerate(zip(before, rows, strict=True)):
            if old != new:  # most rows are, or consist of, the very same objects
                self._draw_row(number, _trimmed(old), _trimmed(new), parts)
        if not parts and self._drawn is not None and cursor == self._drawn.cursor:
            self._drawn = Frame(rows, cursor)
            return ""
        self._drawn = Frame(rows, cursor)
        parts.append(f"{_at(cursor.row, cursor.column)}{_SHOW_CURSOR}" if cursor else _HIDE_CURSOR)
        return f"{_BEGIN_UPDATE}{_HIDE_CURSOR}{''.join(parts)}{_END_UPDATE}" if len(parts) > 2 else "".join(parts)

    def _has(self, cursor: Position) -> bool:
        return 0 <= cursor.column < self.columns and 0 <= cursor.row < self.rows

    def _draw_row(self, number: int, old: Row, new: Row, parts: list[str]) -> None:
        """Draw from the first cell that is different to the last one, and erase what is left of a longer row."""
        if old == new:
            return
        first = next((column for column, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), None)
        first = min(len(old), len(new)) if first is None else first
        end = len(new)
        while len(old) == len(new) and old[end - 1] == new[end - 1]:
            end -= 1
        while first and _is_second_half(old, first) | _is_second_half(new, first):
            first -= 1
        while end < len(new) and _is_second_half(old, end) | _is_second_half(new, end):
            end += 1
        text = [_at(number, first), self._text(new[first:end])]
        if len(new) < len(old):
            text.append(_ERASE_REST_OF_ROW)
        parts.append("".join(text))

    def _text(self, cells: Row) -> str:
        """The characters with their colours. A blank has no foreground."""
        parts = []
        foreground = background = -1
        sequence = ""
        is_taken = False  # by the wide character before
        for column, (character, cell_foreground, cell_background) in enumerate(cells):
            if is_taken:
                is_taken = False
                continue
            if cell_background != background or (cell_foreground != foreground and character != " "):
                foreground, background = cell_foreground, cell_background
                if (new := self._sgr(foreground, background)) != sequence:
                    parts.append(new)
                    sequence = new
            if not (shown := _SHOWN[character]):
                is_taken = _is_second_half(cells, column + 1)
                shown = character if is_taken else UNKNOWN
            parts.append(shown)
        return "".join(parts)


def _at(row: int, column: int) -> str:
    return f"\x1b[{row + 1};{column + 1}H"


def _is_second_half(row: Row, column: int) -> bool:
    return column < len(row) and not row[column].character


def _clipped(row: Row, columns: int) -> Row:
    """The part of a row that the terminal has room for, without half of a wide character at its end."""
    if len(row) <= columns:
        return row
    if not row[columns].character:
        return (*row[: columns - 1], row[columns - 1]._replace(character=" ")) if columns else ()
    return row[:columns]


def _trimmed(row: Row) -> Row:
    """The row without the blanks at its end."""
    end = len(row)
    while end and is_blank(row[end - 1]):
        end -= 1
    return row[:end]


def _scrolled_by(old: tuple[Row, ...], new: tuple[Row, ...]) -> int:
    """By how many rows most of the screen has moved up, 0 if it has not: the terminal can do that itself."""
    if not new or old[0] == new[0] or not new[0]:
        return 0
    for moved in range(1, len(new) // 2 + 1):
        if old[moved] == new[0]:
            same = sum(map(tuple.__eq__, old[moved:], new))
            return moved if same * 2 > len(new) else 0
    return 0
