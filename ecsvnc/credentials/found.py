"""What a source of credentials says: credentials and where they are from, or why it has none.

The third thing that can be is an error: half a credential, a malformed or an expired one. It is raised, and never makes
the next source be tried: a broken source must not turn the user into somebody else.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from ecsvnc.errors import CredentialsError
from ecsvnc.openapi.access_key import AccessKey

# What headers and signatures can carry. Ids and tokens have a narrower alphabet, but the service never states it.
_PRINTABLE = re.compile(r"[!-~]+")

_TEMPORARY_ID = "STS."


class Found(NamedTuple):
    """Credentials, the source in words that complete "credentials from …", and when they end (POSIX seconds)."""

    access_key: AccessKey
    source: str
    expires_at: float | None = None


class Absent(NamedTuple):
    """A source that has nothing, and why."""

    reason: str


def checked_access_key(
    *, key_id: str, secret: str, token: str = "", source: str, needs_token: bool = False, hint: str = ""
) -> AccessKey:
    """Make an AccessKey of its parts, some of which may be "". Raises CredentialsError for half or malformed ones."""
    missing = [
        name
        for name, part in (("AccessKey id", key_id), ("AccessKey secret", secret), ("security token", token))
        if not part and (name != "security token" or needs_token or is_temporary(key_id))
    ]
    if missing:
        raise CredentialsError(
            f"Half a credential: {source} lacks the {' and the '.join(missing)}.",
            hint=hint or "Complete it, or remove it.",
        )
    for name, part in (("AccessKey id", key_id), ("AccessKey secret", secret), ("security token", token)):
        if part and not _PRINTABLE.fullmatch(part):
            raise CredentialsError(
                f"The {name} from {source} is malformed: it holds blanks or characters that none has.",
                hint=hint or "Copy it again.",
            )
    return AccessKey(key_id, secret, token or None)


def is_temporary(access_key_id: str) -> bool:
    """Whether a key of this id signs nothing without its security token."""
    return access_key_id.startswith(_TEMPORARY_ID)


def check_not_expired(found: Found, now: float) -> None:
    """Raise CredentialsError if temporary credentials have ended. `now` is POSIX seconds."""
    if found.expires_at is not None and found.expires_at <= now:
        ended = datetime.fromtimestamp(found.expires_at, UTC)
        raise CredentialsError(
            f"The credentials from {found.source} expired at {ended:%Y-%m-%d %H:%M:%S} UTC.",
            hint="Get fresh ones where they come from. (If that time has not come yet, this machine's clock is off.)",
        )


def masked(access_key_id: str) -> str:
    """An AccessKey id, recognisable by its owner: it is no secret, but nobody else's business."""
    return f"{access_key_id[:4]}…{access_key_id[-4:]}" if len(access_key_id) >= 12 else "…"
