"""Reading the body of an answer, which may be anything: a gateway's HTML, half a document, a trap. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from ecsvnc.errors import UnexpectedAnswerError


def read_json_object(body: bytes, *, host: str, http_status: int) -> Mapping[str, Any]:
    """The JSON object that every answer of the API is. Raises UnexpectedAnswerError for anything else.

    The body is not quoted in the error: it may be long, hostile or secret. What it looks like is said.
    """
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # not UTF-8, not JSON, a number without end, or nested without end
        raise _not_the_api(host, http_status, _looks_like(body)) from None
    if not isinstance(value, dict):
        raise _not_the_api(host, http_status, "JSON that is no object")
    return value


def not_an_error_of_the_api(host: str, http_status: int) -> UnexpectedAnswerError:
    """For an answer whose status says that it is an error, and whose JSON has no `Code`."""
    return _not_the_api(host, http_status, "JSON without an error code")


def server_time(date_header: str) -> float | None:
    """The `Date` header (RFC 9110, section 6.6.1) in POSIX seconds; None if it is no date."""
    try:
        date = parsedate_to_datetime(date_header)
        # A date without a zone is UTC here, whatever this machine's zone is.
        moment = (date if date.tzinfo is not None else date.replace(tzinfo=UTC)).astimezone(UTC)
    # IndexError: seen for header values of blanks. OverflowError: for zones and times beyond what a date can hold.
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.timestamp() if moment.year >= _FIRST_BELIEVABLE_YEAR else None


_FIRST_BELIEVABLE_YEAR = 2020
"""Before this program was written: such a `Date` is a broken clock too."""


def _looks_like(body: bytes) -> str:
    start = body[:512].lstrip().lower()
    if not start:
        return "nothing"
    if start.startswith(b"<?xml"):
        return "XML"
    if start.startswith(b"<"):
        return "a web page"
    if start.startswith((b"{", b"[")):
        return "broken JSON"
    return "something other than JSON"


def _not_the_api(host: str, http_status: int, what_it_is: str) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        f"{host} answered {what_it_is} (HTTP status {http_status}), not the API's answer.",
        hint="A proxy or captive portal may have answered in its place; else check `endpoint` "
        "(`ecsvnc config list --show-origin`).",
    )
