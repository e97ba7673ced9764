"""The accounts of AccessKeys, as STS reported them: a file in the cache folder that can be deleted at any time.

An AccessKey never moves to another account, so it is asked for once. The file has mode 0600 and hashes in place of ids.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ecsvnc.files.atomic_file import write_atomically
from ecsvnc.files.read_file import read_file

if TYPE_CHECKING:
    from ecsvnc.credentials.found import Found

_FILE_NAME = "accounts.json"
_MAX_BYTES = 64 * 1024
_MAX_ENTRIES = 200
_ACCOUNT_ID = re.compile(r"[0-9]{1,32}")


def known_account(folder: Path | None, found: Found) -> str:
    """The account of these credentials, "" if it is not known. `folder` is the cache folder, None without one."""
    return found.account_id or (_read(folder).get(_key(found), "") if folder else "")


def remember_account(folder: Path | None, found: Found, account_id: str) -> None:
    """Store the account that STS reported for these credentials. Failing to write is not an error."""
    if folder is None or not _ACCOUNT_ID.fullmatch(account_id) or known_account(folder, found) == account_id:
        return
    newest_last = list({**_read(folder), _key(found): account_id}.items())[-_MAX_ENTRIES:]
    try:
        write_atomically(folder / _FILE_NAME, json.dumps(dict(newest_last)).encode())
    except OSError:
        return


def _key(found: Found) -> str:
    return hashlib.sha256(found.access_key.id.encode()).hexdigest()[:32]


def _read(folder: Path) -> dict[str, str]:
    try:
        values = json.loads(read_file(folder / _FILE_NAME, _MAX_BYTES)[0])
        return {key: value for key, value in values.items() if _ACCOUNT_ID.fullmatch(value)}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
