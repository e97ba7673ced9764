"""What ecsvnc lays over the console's screen, and which keys it takes: a list, a question, a line to type. Pure.

Each fits into a terminal of 20 columns and 5 rows: what has no room is scrolled to.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from ecsvnc.attach.decode import Pressed
from ecsvnc.attach.frame import Frame, Row, text_row, width_of
from ecsvnc.screen.text_screen import Position

Act = Callable[[], None]

_STATUS_ROWS = 3
"""As many as most messages need in a terminal of 20 columns."""

_ESC = Pressed("esc")
_CTRL_C = Pressed("c", frozenset({"ctrl"}))
_SCROLLED_BY = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8}
_MOVED_BY = {
    "left": (-1, 0),
    "right": (1, 0),
    "up": (0, -1),
    "down": (0, 1),
    "pageup": (0, -2),
    "pagedown": (0, 2),
}


def do_nothing() -> None:
    """What follows when an overlay is closed."""


class Overlay(Protocol):
    """Something that takes all keys until it is closed."""

    def press(self, pressed: Pressed) -> Act | None:
        """What a key leads to, after the overlay was closed; None if it stays open."""

    def box(self, columns: int, rows: int) -> Frame:
        """Its rows, all equally wide, for a terminal of this size, and its cursor."""


class Item(NamedTuple):
    """What can be chosen from a list by a key: its name or character, what stands before the text, and what it does."""

    key: str
    label: str
    text: str
    act: Act


class Choice:
    """A list of items to choose from by their keys. Those without a label are not shown."""

    def __init__(self, title: str, items: Sequence[Item]) -> None:
        self._title = title
        self._items = items
        shown = [item for item in items if item.label]
        width = max((len(item.label) for item in shown), default=0)
        self._lines = [f"{item.label:<{width}} {item.text}" for item in shown]
        self._top = 0

    def press(self, pressed: Pressed) -> Act | None:
        """An item's key, Esc, or a key to scroll with."""
        if pressed.key in _SCROLLED_BY:
            self._top = max(0, self._top + _SCROLLED_BY[pressed.key])
            return None
        if pressed in (_ESC, _CTRL_C):
            return do_nothing
        if pressed.modifiers - {"ctrl"}:
            return None
        key = f"ctrl-{pressed.key}" if pressed.modifiers else pressed.key
        return next((item.act for item in self._items if item.key == key), None)

    def box(self, columns: int, rows: int) -> Frame:
        """The title, and as many lines as there is room for."""
        room = max(1, rows - 1)
        self._top = max(0, min(self._top, len(self._lines) - room))
        shown = self._lines[self._top : self._top + room]
        more = "" if len(shown) == len(self._lines) else " (↑↓)"
        lines = [self._title[: max(0, columns - len(more) - 2)] + more, *shown]
        return _box(lines[-rows:], columns)


class Question:
    """A question that is answered with y or n."""

    def __init__(self, text: str, act: Act) -> None:
        self._text = text
        self._act = act

    def press(self, pressed: Pressed) -> Act | None:
        """y, or a key that means no."""
        if pressed.key in ("y", "Y"):
            return self._act
        return do_nothing if pressed in (_ESC, _CTRL_C) or pressed.key in ("n", "N") else None

    def box(self, columns: int, rows: int) -> Frame:
        """The question, broken between words; its end, if there is no room for all."""
        lines = textwrap.wrap(f"{self._text} y/n", max(4, columns - 2))[-rows:]
        frame = _box(lines, columns)
        return frame._replace(cursor=Position(min(len(lines[-1]) + 2, columns - 1), len(lines) - 1))


class Line:
    """One line to type, such as the name of a file."""

    def __init__(self, label: str, text: str, act: Callable[[str], None]) -> None:
        self._label = label
        self._text = text
        self._act = act

    def press(self, pressed: Pressed) -> Act | None:
        """A character, Backspace, Ctrl-U, Enter, Esc."""
        if pressed in (_ESC, _CTRL_C):
            return do_nothing
        if pressed.key == "enter":
            text = self._text.strip()
            return (lambda: self._act(text)) if text else do_nothing
        if pressed.key == "backspace":
            self._text = self._text[:-1]
        elif pressed == Pressed("u", frozenset({"ctrl"})):
            self._text = ""
        elif len(pressed.key) == 1 and not pressed.modifiers:
            self._text += pressed.key
        return None

    def paste(self, text: str) -> None:
        """Add the first line of a text that was pasted."""
        self._text += "".join(filter(str.isprintable, (text.splitlines() or [""])[0]))

    def box(self, columns: int, rows: int) -> Frame:
        """The label, and below it the end of what was typed."""
        shown = self._text[-max(1, columns - 3) :]
        frame = _box([self._label, shown][-rows:], columns, at_least=columns)
        return frame._replace(cursor=Position(min(len(shown) + 1, columns - 1), len(frame.rows) - 1))


class View:
    """Moves the part of the screen that a smaller terminal shows. `move` gets columns and rows, in halves of it."""

    def __init__(self, move: Callable[[int, int], None]) -> None:
        self._move = move

    def press(self, pressed: Pressed) -> Act | None:
        """An arrow, or any other key to end it."""
        if pressed.key not in _MOVED_BY:
            return do_nothing
        self._move(*_MOVED_BY[pressed.key])
        return None

    def box(self, columns: int, rows: int) -> Frame:
        """One line that says what the keys do."""
        return _box(["←↑↓→ move, Esc ends"], columns)


def laid_over(frame: Frame, box: Frame, rows: int) -> Frame:
    """The frame with a box at the lower left corner of a terminal with so many rows."""
    top = rows - len(box.rows)
    below = [*frame.rows[:rows], *((),) * (rows - len(frame.rows))]
    below[top:] = [(*over, *_rest(row, len(over))) for over, row in zip(box.rows, below[top:], strict=True)]
    cursor = box.cursor and Position(box.cursor.column, top + box.cursor.row)
    return Frame(tuple(below), cursor)


def with_status(frame: Frame, text: str, columns: int, rows: int) -> Frame:
    """The frame with a status line at the foot of a terminal of this size; at its head, if the cursor is there.

    A long text takes several rows: at most half of them, or three of a small terminal. It is cut with an ellipsis.
    """
    most = max(1, rows // 2, min(_STATUS_ROWS, rows - 2))
    lines = textwrap.wrap(text, max(1, columns - 2), max_lines=most, placeholder="…")
    box = _box(lines, columns)
    is_at_head = frame.cursor is not None and frame.cursor.row >= rows - len(lines)
    below = frame.rows[len(lines) : rows] if is_at_head else ()
    shown = laid_over(frame, box, len(lines) if is_at_head else rows)
    return Frame(shown.rows + below, frame.cursor)


def _rest(row: Row, start: int) -> Row:
    rest = row[start:]
    return (rest[0]._replace(character=" "), *rest[1:]) if rest and not rest[0].character else rest


def _box(lines: Sequence[str], columns: int, *, at_least: int = 0) -> Frame:
    width = min(columns, max(at_least, max(map(width_of, lines)) + 2))
    return Frame(tuple(text_row(f" {line}", columns=width) for line in lines))
