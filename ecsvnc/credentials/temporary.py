"""Temporary keys as Alibaba Cloud's services write them: STS, the metadata service, a credentials URI, an SSO. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ecsvnc.credentials.found import Found, checked_access_key
from ecsvnc.errors import CredentialsError
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.openapi.answers import parse_json_object


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    """A temporary key and its end, POSIX seconds."""

    access_key: AccessKey
    expires_at: float

    def found(self, source: str) -> Found:
        """As credentials from a source."""
        return Found(self.access_key, source, self.expires_at)


_YEAR_9999_S = 253_370_764_800


def parse_expiration(text: object) -> float | None:
    """`2026-11-24T03:44:33Z` as POSIX seconds; None for anything else, and for what no calendar in UTC can show."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    at_s = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return at_s if 0 <= at_s < _YEAR_9999_S else None


def parse_temporary_key(values: object, *, source: str = "STS") -> TemporaryKey | None:
    """`{"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"}`, or None if not all of it is there.

    The first letter of a key may be small: the OAuth endpoint was seen to write it either way. Raises CredentialsError
    for a part that holds what none can.
    """
    if not isinstance(values, Mapping):
        return None
    key_id, secret, token = (_text(values, name) for name in ("AccessKeyId", "AccessKeySecret", "SecurityToken"))
    expires_at = parse_expiration(_text(values, "Expiration"))
    if not (key_id and secret and token) or expires_at is None:
        return None
    return TemporaryKey(checked_access_key(key_id=key_id, secret=secret, token=token, source=source), expires_at)


def parse_served_key(body: bytes, source: str) -> TemporaryKey:
    """What the metadata service and a credentials URI serve: such an object with `"Code": "Success"`.

    Raises CredentialsError, which quotes nothing of it but its code.
    """
    try:
        values = parse_json_object(body)
    except ValueError:
        raise CredentialsError(
            f"The answer from {source} is not the JSON object that was expected.",
            hint="See what answers there: a proxy or a sign-in page may stand in its place.",
        ) from None
    code = values.get("Code")
    if code != "Success":
        said = code if isinstance(code, str) and code.isascii() and code.isalnum() else "no success"
        raise CredentialsError(f"The answer from {source} says {said}.", hint="Is the role still attached and valid?")
    key = parse_temporary_key(values, source=source)
    if key is None:
        raise CredentialsError(
            f"Half a credential: the answer from {source} is not complete.",
            hint="See what answers there, and try again.",
        )
    return key


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name, values.get(name[0].lower() + name[1:]))
    return value if isinstance(value, str) else ""
