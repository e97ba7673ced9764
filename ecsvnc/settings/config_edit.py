"""Changes values in the text of a TOML file; comments, order and layout are kept.

Tables can be written as `[profiles.a]`, as dotted keys (`profiles.a.region = …`) and inline (`profiles = { … }`), and
the library that edits them does not handle every combination correctly. So the changed text is parsed, and compared
with the intended values.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, MutableMapping
from typing import Any, NamedTuple

Value = str | int | float

TablePath = tuple[str, ...]
"""A table's name: `("profiles", "default")`."""


class _Change(NamedTuple):
    """A value for a key of a table; None removes it."""

    table: TablePath
    key: str
    value: Value | None


class ConfigEdit:
    """The changes to make in one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._changes: list[_Change] = []

    def set(self, table: TablePath, key: str, value: Value) -> None:
        """Give a table's key a value. A missing table is added."""
        self._changes.append(_Change(table, key, value))

    def remove(self, table: TablePath, key: str) -> None:
        """Remove a table's key, and the table too if that empties it; no error if the key is missing.

        A table with a comment in it is kept.
        """
        self._changes.append(_Change(table, key, None))

    def result(self) -> str:
        """The text with the changes made. Raises ValueError if this would change something else too."""
        before, meant = tomllib.loads(self._text), tomllib.loads(self._text)
        for change in self._changes:
            _apply(meant, change, lambda _, **__: {})
        if meant == before:
            return self._text
        for way in (_without_emptied_tables, _in_place, _at_the_end):
            changed = _attempt(way, self._text, self._changes)
            if changed is not None and _without_empty(tomllib.loads(changed)) == _without_empty(meant):
                return changed
        raise ValueError("this cannot be changed without changing something else too")


def _attempt(way: Callable[[str, list[_Change]], str], text: str, changes: list[_Change]) -> str | None:
    """The changed text; None if the library fails in any way, or if the result is not TOML."""
    try:
        changed = way(text, changes)
        tomllib.loads(changed)
    except Exception:  # noqa: BLE001  # also a bug of the library
        return None
    return changed


def _in_place(text: str, changes: list[_Change]) -> str:
    """Every change in its table; a new table beside similar ones."""
    import tomlkit  # takes as long as the rest of the start-up
    from tomlkit.items import InlineTable  # as above

    def new_table(parent: object, *, holds_tables: bool) -> MutableMapping[str, Any]:
        if isinstance(parent, InlineTable):
            return tomlkit.inline_table()
        return tomlkit.table(is_super_table=holds_tables)  # then it has no header of its own

    document = tomlkit.parse(text)
    for change in changes:
        _apply(document, change, new_table)
    return tomlkit.dumps(document)


def _without_emptied_tables(text: str, changes: list[_Change]) -> str:
    """As `_in_place`, without the tables that it empties. Raises ValueError if there are none, or with a comment."""
    import tomlkit  # as above

    document = tomlkit.parse(_in_place(text, changes))
    emptied = [change.table for change in changes if change.value is None and _has(document, change.table)]
    for table in emptied:
        for depth in range(len(table), 0, -1):
            parent: MutableMapping[str, Any] = document
            for name in table[: depth - 1]:
                parent = parent[name]
            if not parent.get(table[depth - 1], True):
                del parent[table[depth - 1]]
    changed = tomlkit.dumps(document).lstrip("\r\n")
    if changed.count("#") != text.count("#") or not emptied:
        raise ValueError("no table to remove, or one with a comment")
    return changed


def _at_the_end(text: str, changes: list[_Change]) -> str:
    """The changes of existing tables in their place, and new tables at the end."""
    known = tomllib.loads(text)
    in_place = [change for change in changes if change.value is None or _has(known, change.table)]
    new = [change for change in changes if change not in in_place]
    return f"{_in_place(text, in_place).rstrip()}\n\n{_in_place('', new)}"


def _apply(values: MutableMapping[str, Any], change: _Change, new_table: Callable[..., Any]) -> None:
    for depth, name in enumerate(change.table, 1):
        if name not in values:
            if change.value is None:
                return
            values[name] = new_table(values, holds_tables=depth < len(change.table))
        values = values[name]
    if change.value is None:
        values.pop(change.key, None)
    else:
        values[change.key] = change.value


def _has(values: MutableMapping[str, Any], table: TablePath) -> bool:
    for name in table:
        if name not in values:
            return False
        values = values[name]
    return True


def _without_empty(value: object) -> object:
    """The values without empty tables, which dotted keys cannot express."""
    if not isinstance(value, dict):
        return value
    inner = {key: _without_empty(one) for key, one in value.items()}
    return {key: one for key, one in inner.items() if one != {}}
