"""Reads the body of an answer, which may be a gateway's HTML, incomplete or hostile data. Pure."""

from __future__ import annotations

import codecs
import json
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from ecsvnc.errors import UnexpectedAnswerError


def parse_json_object(body: bytes) -> dict[str, Any]:
    r"""The JSON object in the body of any answer. Raises ValueError if it is anything else.

    It must not contain half of a surrogate pair (`"\ud800"`): such text can be neither sent nor printed.
    """
    try:
        value = json.loads(body.decode("utf-8-sig"))
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004  # one exception for every invalid body
    return value


def read_json_object(body: bytes, *, host: str, http_status: int) -> dict[str, Any]:
    """The JSON object that every answer of the API is. Raises UnexpectedAnswerError for anything else.

    The error names the kind of the body, and does not quote it: it may be long, hostile or secret.
    """
    try:
        return parse_json_object(body)
    except ValueError:
        raise _not_the_api(host, http_status, _looks_like(body)) from None


def not_an_error_of_the_api(host: str, http_status: int) -> UnexpectedAnswerError:
    """The error for an answer that has the status of an error, and JSON without a `Code`."""
    return _not_the_api(host, http_status, "with JSON that has no error code")


def server_time(date_header: str) -> float | None:
    """The `Date` header (RFC 9110, section 6.6.1) in POSIX seconds; None if it is not a date."""
    try:
        date = parsedate_to_datetime(date_header)
        # A date without a zone is UTC here, whatever this machine's zone is.
        moment = (date if date.tzinfo is not None else date.replace(tzinfo=UTC)).astimezone(UTC)
    # IndexError: seen for header values of blanks. OverflowError: for zones and times beyond what a date can hold.
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.timestamp() if moment.year >= _FIRST_BELIEVABLE_YEAR else None


_FIRST_BELIEVABLE_YEAR = 2020
"""ecsvnc is not older: an earlier `Date` comes from a wrong clock."""


def _looks_like(body: bytes) -> str:
    start = body.removeprefix(codecs.BOM_UTF8)[:512].lstrip().lower()
    if not start:
        return "with an empty body"
    if start.startswith(b"<?xml"):
        return "with XML"
    if start.startswith(b"<"):
        return "with a web page"
    if start.startswith((b"{", b"[")):
        return "with invalid JSON"
    return "with something other than JSON"


def _not_the_api(host: str, http_status: int, what_it_is: str) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        f"{host} answered {what_it_is} (HTTP status {http_status}), not the API's answer.",
        hint="Check whether a proxy or captive portal answers in its place, and `endpoint` "
        "(`ecsvnc config list --show-origin`).",
    )
