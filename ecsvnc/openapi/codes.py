"""What the error codes common to all of Alibaba Cloud's products mean. Pure.

Decided by `Code`, never by the HTTP status: a 403 may be a permission, a state or transient. A product's own codes
belong to its actions, which come first.

Source: the public error codes of the API error center, and the client error tables of several products.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from ecsvnc.durations import in_words
from ecsvnc.errors import (
    ClockError,
    CredentialsError,
    EcsvncError,
    EndpointRegionError,
    PermissionDeniedError,
    RegionNotFoundError,
    ServiceError,
    ThrottledError,
)
from ecsvnc.openapi.answers import parse_json_object
from ecsvnc.openapi.denials import explain_denial
from ecsvnc.openapi.redaction import redacted

MAX_MESSAGE_LENGTH = 300
"""At most this much of the service's text is shown: enough for its longest texts, short enough to read."""

_MAX_RETRY_AFTER_MS = 24 * 3600 * 1000
_LONG_WAIT_S = 10.0
"""Shorter waits are retried within the time budget."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,48}")
"""A UUID as a rule, so 36 characters; the hex of a signature has 64."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that the service answered.

    `message` is the service's text, empty where it could hold parts of a signature; `action` is the RAM action that
    was tried (`ecs:DescribeInstanceVncUrl`); `retry_after_s` is how long the service asks to wait, if it does.
    """

    code: str
    message: str = ""
    http_status: int = 400
    request_id: str = ""
    access_denied_detail: Mapping[str, str] = field(default_factory=dict)
    retry_after_s: float | None = None
    action: str = ""

    @classmethod
    def read(
        cls,
        body: Mapping[str, Any],
        *,
        http_status: int,
        headers: Mapping[str, str],
        action: str,
        hide: Sequence[str] = (),
    ) -> Refusal | None:
        """Read an answer's JSON body and (lower-case) headers; None if it has no `Code`, so is not an error of the API.

        `hide` are secrets that were sent to the service: they, and what looks like one, are removed from its texts.
        """
        code = _text(body, "Code")
        if not code:
            return None
        message = redacted(_text(body, "Message"), hide)
        return cls(
            code=redacted(code, hide)[:100],
            message="" if "string to sign" in message.lower() else message[:MAX_MESSAGE_LENGTH],
            http_status=http_status,
            request_id=request_id_of(body, headers, hide=hide),
            access_denied_detail={
                name: redacted(text, hide)
                for name, text in _access_denied_detail(body.get("AccessDeniedDetail")).items()
            },
            retry_after_s=_retry_after_s(headers.get("x-acs-retry-after", "")),
            action=action,
        )


class _Meaning(NamedTuple):
    """One row of the table: patterns of codes (`*` matches anything), and the error."""

    codes: str
    error: type[EcsvncError]
    what: str
    hint: str


_MEANINGS = (
    _Meaning(
        "InvalidAccessKeyId.Inactive Forbidden.AccessKeyDisabled",
        CredentialsError,
        "The AccessKey is disabled.",
        "Enable it in the RAM console, or use another one (`ecsvnc config login`).",
    ),
    _Meaning(
        "InvalidAccessKeyId*",
        CredentialsError,
        "The service does not know this AccessKey id.",
        "Check the id, and that the AccessKey was not deleted.",
    ),
    _Meaning(
        "SignatureDoesNotMatch*",
        CredentialsError,
        "The secret does not match the AccessKey id.",
        "Store the right secret (`ecsvnc config login`) or correct ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
    ),
    _Meaning(
        "IncompleteSignature*",
        CredentialsError,
        "The service found the signature of the request incomplete.",
        "Check the AccessKey for stray characters, and whether a proxy removes the Authorization header.",
    ),
    _Meaning(
        "*SecurityToken*.Expired",
        CredentialsError,
        "The temporary credentials have expired.",
        "Renew them at their source.",
    ),
    _Meaning(
        "*SecurityToken*",
        CredentialsError,
        "The security token is missing or wrong, or belongs to another AccessKey.",
        "Renew the temporary credentials at their source.",
    ),
    _Meaning(
        "Forbidden.RiskControl",
        PermissionDeniedError,
        "Alibaba Cloud's risk control blocked this account or AccessKey.",
        "Sign in to the Alibaba Cloud console, which shows what is wrong with the account.",
    ),
    _Meaning(
        "Throttling*",
        ThrottledError,
        "Too many requests from this account (throttled).",
        "Try again in a minute; all users of the account share the quota. A longer --timeout waits longer.",
    ),
    _Meaning(
        "InvalidTimeStamp*",
        ClockError,
        "The service refused the date of the request: this machine's clock is wrong.",
        "Set the clock (NTP) and try again.",
    ),
    _Meaning(
        "InvalidRegionId.NotFound InvalidRegion.NotFound",
        RegionNotFoundError,
        "Unknown region.",
        "Check the region id: it looks like `cn-hangzhou` (zone ids such as `cn-hangzhou-h` are not regions).",
    ),
    _Meaning(
        "InvalidOperation.NotSupportedEndpoint",
        EndpointRegionError,
        "This endpoint does not serve that region.",
        "Unset `endpoint`, or put `{region}` in it; `ecsvnc config list --show-origin` shows where it is set.",
    ),
)
"""First match wins."""

_DENIALS = ("Forbidden*", "NoPermission*")


def common_error(refusal: Refusal) -> EcsvncError:
    """The error of a refusal whose code is not the action's own."""
    for meaning in _MEANINGS:
        if any(fnmatchcase(refusal.code, pattern) for pattern in meaning.codes.split()):
            hint = _retry_hint(refusal) if meaning.error is ThrottledError else ""
            return _error(meaning.error, refusal, meaning.what, hint or meaning.hint)
    if (denial := denial_error(refusal)) is not None:
        return denial
    said = f"{refusal.code}: {refusal.message}" if refusal.message else refusal.code
    if refusal.http_status >= 500:
        return _error(ServiceError, refusal, f"The service is failing ({said.rstrip('.')}).", "Try again later.")
    return _error(
        ServiceError,
        refusal,
        f"The service refused the request ({said.rstrip('.')}).",
        "Look the code up in the API reference or at https://api.aliyun.com/troubleshoot.",
    )


def denial_error(refusal: Refusal, resource: str = "*") -> PermissionDeniedError | None:
    """The error of a denial by RAM, None for other refusals.

    With the `resource` of the action (`acs:ecs:*:*:instance/i-…`), the hint has the smallest statement that would allow
    it.
    """
    if refusal.code == "Forbidden.RiskControl" or not any(fnmatchcase(refusal.code, pattern) for pattern in _DENIALS):
        return None
    what, hint = explain_denial(refusal.access_denied_detail, refusal.action, resource)
    return PermissionDeniedError(what, hint=hint, request_id=refusal.request_id, code=refusal.code)


def _retry_hint(refusal: Refusal) -> str:
    """The hint for a refusal that requires a long wait; empty for others."""
    wait_s = refusal.retry_after_s or 0.0
    if wait_s < _LONG_WAIT_S:
        return ""
    return f"Try again in {in_words(wait_s)}; all users of the account share the quota."


def is_throttling(code: str) -> bool:
    """Whether it is `Throttling`, `Throttling.User`, `Throttling.Api`, …."""
    return code.startswith("Throttling")


def is_clock_trouble(code: str) -> bool:
    """Whether it is `InvalidTimeStamp.Expired` or its like: the request's date is too far from the service's clock."""
    return code.startswith("InvalidTimeStamp")


def request_id_of(body: Mapping[str, Any], headers: Mapping[str, str], *, hide: Sequence[str] = ()) -> str:
    """The service's id of a request, from the body or else the header; empty if neither looks like one.

    One that contains a secret to `hide` is not one.
    """
    for candidate in (_text(body, "RequestId"), headers.get("x-acs-request-id", "")):
        if _REQUEST_ID.fullmatch(candidate) and redacted(candidate, hide) == candidate:
            return candidate
    return ""


def _error(kind: type[EcsvncError], refusal: Refusal, what: str, hint: str) -> EcsvncError:
    return kind(what, hint=hint, request_id=refusal.request_id, code=refusal.code)


def _text(body: Mapping[str, Any], key: str) -> str:
    """A text of the body; some gateways begin the key with a small letter."""
    value = body.get(key, body.get(key[0].lower() + key[1:]))
    return value if isinstance(value, str) else ""


def _access_denied_detail(value: Any) -> Mapping[str, str]:
    """The detail of a RAM denial: an object, or in some products that object's JSON in a string."""
    if isinstance(value, str):
        try:
            value = parse_json_object(value.encode())
        except ValueError:
            return {}
    if not isinstance(value, dict):
        return {}
    return {name: text for name, text in value.items() if isinstance(name, str) and isinstance(text, str)}


def _retry_after_s(header: str) -> float | None:
    """`x-acs-retry-after` is in milliseconds; zero, negative, invalid values are ignored, as in the vendor's SDKs."""
    if not re.fullmatch(r"[0-9]+", header.strip()):
        return None
    digits = header.strip().lstrip("0")
    # Cut first: Python does not convert thousands of digits.
    milliseconds = int(digits or 0) if len(digits) <= len(str(_MAX_RETRY_AFTER_MS)) else _MAX_RETRY_AFTER_MS
    return min(milliseconds, _MAX_RETRY_AFTER_MS) / 1000 or None
