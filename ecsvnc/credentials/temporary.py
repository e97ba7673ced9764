"""Temporary keys as Alibaba Cloud's services write them: STS, the metadata service, a credentials URI, an SSO. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ecsvnc.credentials.found import Found, checked_access_key
from ecsvnc.errors import CredentialsError
from ecsvnc.openapi.answers import parse_json_object
from ecsvnc.openapi.redaction import redacted

_YEAR_9999_S = 253_370_764_800


def parse_expiration(text: object) -> float | None:
    """`2026-11-24T03:44:33Z` as POSIX seconds; None for anything else, and for times before 1970 or after 9999."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    at_s = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return at_s if 0 <= at_s < _YEAR_9999_S else None


def parse_temporary_key(values: object, source: str) -> Found | None:
    """`{"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"}`, or None if a part is missing.

    The first letter of a key may be in lower case: the OAuth endpoint uses both. Raises CredentialsError
    for a malformed part.
    """
    if not isinstance(values, Mapping):
        return None
    key_id, secret, token = (_text(values, name) for name in ("AccessKeyId", "AccessKeySecret", "SecurityToken"))
    expires_at = parse_expiration(_text(values, "Expiration"))
    if not (key_id and secret and token) or expires_at is None:
        return None
    return Found(checked_access_key(key_id=key_id, secret=secret, token=token, source=source), source, expires_at)


def parse_served_key(body: bytes, source: str) -> Found:
    """The key in an answer of the metadata service or a credentials URI: such an object with `"Code": "Success"`.

    Raises CredentialsError, which quotes only the code.
    """
    try:
        values = parse_json_object(body)
    except ValueError:
        raise CredentialsError(
            f"The answer from {source} is not the expected JSON object.",
            hint="Check what is listening there: it may be a proxy or a sign-in page.",
        ) from None
    code = values.get("Code")
    if code != "Success":
        secrets = [_text(values, name) for name in ("AccessKeySecret", "SecurityToken")]
        is_code = isinstance(code, str) and code.isascii() and code.isalnum()
        shown = redacted(str(code), secrets) if is_code else "no code of success"
        raise CredentialsError(
            f"{source} answered with {shown} instead of a key.", hint="Check that the role is still attached and valid."
        )
    key = parse_temporary_key(values, source)
    if key is None:
        raise CredentialsError(
            f"Incomplete credentials: the answer from {source} is not complete.",
            hint="Check what is listening there, and try again.",
        )
    return key


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name, values.get(name[0].lower() + name[1:]))
    return value if isinstance(value, str) else ""
