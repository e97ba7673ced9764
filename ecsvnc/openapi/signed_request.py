"""One call as a finished HTTP request. Nothing here knows the time or rolls a die: date and nonce come from outside."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from ecsvnc.errors import CredentialsError
from ecsvnc.http.messages import HttpRequest
from ecsvnc.openapi import signature
from ecsvnc.openapi.access_key import AccessKey

_HEADER_SAFE = re.compile(r"[!-~]+")
"""Visible ASCII: what a header can carry without a second meaning (RFC 9110, section 5.5)."""


class Call(NamedTuple):
    """An action's name (`DescribeRegions`), API version and parameters."""

    action: str
    version: str
    parameters: Mapping[str, str]


def build_request(call: Call, origin: str, access_key: AccessKey | None, *, date_s: float, nonce: str) -> HttpRequest:
    """A POST with the parameters in the query, signed with ACS3-HMAC-SHA256 over host, content-type and x-acs-*.

    Without an AccessKey it is unsigned, and the parameters are a form body: they hold a token then, and a token in a
    URL is a token in somebody's log. `date_s` is POSIX seconds by the service's clock. Raises CredentialsError if the
    AccessKey holds what no header can.
    """
    query = signature.canonical_query(call.parameters)
    body = query.encode() if access_key is None else b""
    headers = {
        "host": urlsplit(origin).netloc,
        "accept": "application/json",
        "x-acs-action": call.action,
        "x-acs-version": call.version,
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(date_s)),
        "x-acs-signature-nonce": nonce,
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
    }
    if access_key is None:
        headers["content-type"] = "application/x-www-form-urlencoded"
        return HttpRequest("POST", f"{origin}/", headers, body)
    _check_header_safe("AccessKey id", access_key.id)
    if access_key.security_token:
        _check_header_safe("security token", access_key.security_token)
        headers["x-acs-security-token"] = access_key.security_token
    names = signature.headers_to_sign(headers)
    canonical = signature.canonical_request(
        "POST",
        "/",
        parameters=call.parameters,
        headers=headers,
        signed_headers=names,
        payload_sha256=headers["x-acs-content-sha256"],
    )
    signed = signature.signature(access_key.secret, signature.string_to_sign(canonical))
    headers["authorization"] = signature.authorization(access_key.id, names, signed)
    return HttpRequest("POST", f"{origin}/?{query}" if query else f"{origin}/", headers)


def secrets_in(request: HttpRequest) -> tuple[str, ...]:
    """What of a request nobody else may see: its signature and nonce, and the token of whoever sends it."""
    authorization = request.headers.get("authorization", "")
    secrets = (
        authorization,
        authorization.rpartition("Signature=")[2],
        request.headers.get("x-acs-signature-nonce", ""),
        request.headers.get("x-acs-security-token", ""),
        *(value for name, value in parse_qsl(request.body.decode()) if name.endswith("Token")),
    )
    return tuple(secret for secret in secrets if secret)


def _check_header_safe(name: str, value: str) -> None:
    if not _HEADER_SAFE.fullmatch(value):
        raise CredentialsError(
            f"The {name} is empty, or holds characters that none has (a space, a line end, a letter outside ASCII).",
            hint="Copy it anew; `ecsvnc config check` says where it comes from.",
        )
