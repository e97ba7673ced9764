"""The result of a source: credentials and where they are from, or why it has none.

Incomplete, malformed or expired credentials are an error, and the next source is not tried: a broken source must not
change the user's identity.
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
    """Credentials with their properties.

    `source` completes "credentials from …", `expires_at` is POSIX seconds. `profile` is the name of their profile,
    in ecsvnc's file or the aliyun CLI's, and `account_id` the account of the assumed role; both are "" without one.
    """

    access_key: AccessKey
    source: str
    expires_at: float | None = None
    profile: str = ""
    account_id: str = ""

    @property
    def lasting_name(self) -> str:
        """The same in every run: the key's id, or the source of a temporary key, whose id changes with each session."""
        return self.source if self.access_key.security_token else self.access_key.id


class Absent(NamedTuple):
    """Why a source has no credentials."""

    reason: str


def checked_access_key(
    *, key_id: str, secret: str, token: str = "", source: str, needs_token: bool = False, hint: str = ""
) -> AccessKey:
    """The AccessKey of these parts, some of which may be "". Raises CredentialsError if one is missing or malformed."""
    missing = [
        name
        for name, part in (("AccessKey id", key_id), ("AccessKey secret", secret), ("security token", token))
        if not part and (name != "security token" or needs_token or is_temporary(key_id))
    ]
    if missing:
        raise CredentialsError(
            f"Incomplete credentials: {source} lacks the {' and the '.join(missing)}.",
            hint=hint or "Complete it, or remove it.",
        )
    for name, part in (("AccessKey id", key_id), ("AccessKey secret", secret), ("security token", token)):
        if part and not _PRINTABLE.fullmatch(part):
            raise CredentialsError(
                f"The {name} from {source} is malformed: it contains blanks or other invalid characters.",
                hint=hint or "Copy it again.",
            )
    return AccessKey(key_id, secret, token or None)


def is_temporary(access_key_id: str) -> bool:
    """Whether a key of this id needs a security token."""
    return access_key_id.startswith(_TEMPORARY_ID)


def check_not_expired(found: Found, now: float) -> None:
    """Raise CredentialsError if temporary credentials have expired. `now` is POSIX seconds."""
    if found.expires_at is not None and found.expires_at <= now:
        expired = datetime.fromtimestamp(found.expires_at, UTC)
        raise CredentialsError(
            f"The credentials from {found.source} expired at {expired:%Y-%m-%d %H:%M:%S} UTC.",
            hint="Renew them at their source. If this time is in the future, correct this machine's clock.",
        )
