"""Where the API last reported each instance: a file that saves a search, and can be deleted at any time.

One file for each account and endpoint (`instances-SCOPE.json` in the cache folder, mode 0600), so that a name never
leads to another account's instance. A file that cannot be read counts as empty; failing to write it is not an error.
"""

from __future__ import annotations

import enum
import json
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ecsvnc.files.atomic_file import write_atomically
from ecsvnc.files.file_lock import FileLock
from ecsvnc.files.read_file import read_file

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime

_FORMAT = 2
_MAX_ENTRIES = 20_000
_MOST_SECONDS = 1e12
_MAX_BYTES = 16 * 1024 * 1024
_REGION = re.compile(r"[a-z0-9-]{1,64}")


class UniqueWithin(enum.IntEnum):
    """How far a search has shown that no other instance has the same name."""

    UNKNOWN = 0
    REGION = 1
    ALL_REGIONS = 2


_UNIQUE_WITHIN = {scope.value: scope for scope in UniqueWithin}
"""A dict, since calling an enumeration is slow, and there may be thousands."""


class KnownInstance(NamedTuple):  # completion makes thousands, which takes longer with a dataclass
    """What the API reported of an instance; a missing text is empty. `seen_at` is POSIX seconds."""

    id: str
    region_id: str
    name: str = ""
    os_type: str = ""
    seen_at: float = 0.0
    unique_within: UniqueWithin = UniqueWithin.UNKNOWN


def cache_file(folder: Path | None, *, account: str, endpoint: str | None) -> Path:
    """The file of one account and endpoint. Without a folder, a path that cannot be read or written."""
    import hashlib  # loads OpenSSL, which would delay completion

    scope = hashlib.sha256(f"{account}\n{endpoint or ''}".encode()).hexdigest()[:16]
    return (folder or Path(os.devnull)) / f"instances-{scope}.json"


def region_last_seen(folder: Path | None, instance_id: str) -> str | None:
    """The region of this id in the cache of any account, without using the network; None if it is unknown."""
    files = folder.glob("instances-*.json") if folder else ()
    seen = (read_instances(file).get(instance_id) for file in files)
    return next((known.region_id for known in seen if known), None)


class InstanceCache:
    """The instances known of one account. Safe for threads, and for several processes at the same time."""

    def __init__(self, file: Path, runtime: Runtime) -> None:
        self._file = file
        self._file_lock = FileLock(file, runtime)
        self._now = runtime.now
        self._lock = threading.Lock()
        self._known: dict[str, KnownInstance] | None = None

    def get(self, instance_id: str) -> KnownInstance | None:
        """The entry of an id, or None."""
        with self._lock:
            return self._load().get(instance_id)

    def everything(self) -> list[KnownInstance]:
        """Every entry."""
        with self._lock:
            return list(self._load().values())

    def named(self, name: str) -> list[KnownInstance]:
        """The instances that had exactly this name."""
        with self._lock:
            return [known for known in self._load().values() if known.name == name]

    def remember(self, instances: Iterable[KnownInstance]) -> None:
        """Store what the API reported; a text that is missing now is kept from before."""
        with self._lock:
            updates = {}
            known = self._load()
            for instance in instances:
                before = known.get(instance.id)
                if before is None or before.region_id != instance.region_id:
                    updates[instance.id] = instance._replace(seen_at=self._now())
                elif _is_news(before, instance):
                    updates[instance.id] = _merged(before, instance)._replace(seen_at=self._now())
            self._write(updates)

    def forget(self, *instance_ids: str) -> None:
        """Remove entries that are no longer true."""
        with self._lock:
            self._write({instance_id: None for instance_id in instance_ids if instance_id in self._load()})

    def _load(self) -> dict[str, KnownInstance]:
        if self._known is None:
            self._known = read_instances(self._file)
        return self._known

    def _write(self, updates: Mapping[str, KnownInstance | None]) -> None:
        if not updates:
            return
        try:
            with self._file_lock.held():
                self._known = self._updated(updates)
                rows = {
                    i.id: [i.region_id, i.name, i.os_type, round(i.seen_at), i.unique_within.value]
                    for i in self._known.values()
                }
                write_atomically(self._file, json.dumps({"format": _FORMAT, "instances": rows}).encode())
        except OSError:
            return  # a read-only or full disk must not prevent opening a console

    def _updated(self, updates: Mapping[str, KnownInstance | None]) -> dict[str, KnownInstance]:
        known = read_instances(self._file)  # again: another run may have written since
        for instance_id, update in updates.items():
            known.pop(instance_id, None)
            if update is not None:
                known[instance_id] = update
        newest_last = list(known.items())[-_MAX_ENTRIES:]
        return dict(newest_last)


def _is_news(before: KnownInstance, reported: KnownInstance) -> bool:
    """Whether the API reported more than the entry has, in the same region as before."""
    return (
        reported.name not in ("", before.name)
        or reported.os_type not in ("", before.os_type)
        or reported.unique_within > before.unique_within
    )


def _merged(before: KnownInstance, reported: KnownInstance) -> KnownInstance:
    """The entry updated with what the API reported, in the same region as before."""
    name = reported.name or before.name
    # The result of a wider search stays valid for the same name; another instance of that name has its own entry.
    unique_within = max(reported.unique_within, before.unique_within if name == before.name else UniqueWithin.UNKNOWN)
    return before._replace(name=name, os_type=reported.os_type or before.os_type, unique_within=unique_within)


def read_instances(file: Path) -> dict[str, KnownInstance]:
    """The entries of a cache file; none if it is missing, unreadable, damaged or of another format."""
    try:
        return {instance_id: _row(instance_id, row) for instance_id, row in _rows(file).items()}
    except _DAMAGE:
        return {}


def read_names(file: Path, beginning: str) -> Iterator[tuple[str, str]]:
    """The names and ids with this beginning, latest seen first, each with a description of its instance.

    For completion: thousands of rows take a few milliseconds, and no more are read than needed.
    """
    try:
        for instance_id, (region_id, name, *_) in reversed(_rows(file).items()):
            if name.startswith(beginning):
                yield name, f"{instance_id} {region_id}"
            if instance_id.startswith(beginning):
                yield instance_id, f"{name} {region_id}".strip()
    except _DAMAGE:
        return


_DAMAGE = (OSError, ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)
"""What reading a missing, damaged or foreign file raises."""


def _rows(file: Path) -> dict[str, Any]:
    content = json.loads(read_file(file, _MAX_BYTES)[0])
    if content["format"] != _FORMAT:
        raise ValueError("another version's file")
    rows: dict[str, Any] = content["instances"]
    return rows


def _row(instance_id: str, row: Any) -> KnownInstance:
    region_id, name, os_type, seen_at, unique_within = row
    if not _REGION.fullmatch(region_id) or not isinstance(name, str) or not isinstance(os_type, str):
        raise ValueError("not a row of this file")
    if not 0 <= seen_at < _MOST_SECONDS:  # also refuses NaN
        raise ValueError("not a time")
    return KnownInstance(instance_id, region_id, name, os_type, float(seen_at), _UNIQUE_WITHIN[unique_within])
