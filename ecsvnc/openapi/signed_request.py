"""One call of an action as a finished HTTP request."""

from __future__ import annotations

import hashlib
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from ecsvnc.errors import CredentialsError
from ecsvnc.http.messages import HttpRequest
from ecsvnc.openapi import signature
from ecsvnc.openapi.access_key import AccessKey

if TYPE_CHECKING:
    from ecsvnc.openapi.action import Action

_HEADER_SAFE = re.compile(r"[!-~]+")
"""Visible ASCII, which is safe in a header (RFC 9110, section 5.5)."""


def build_request(
    action: Action[Any], origin: str, access_key: AccessKey | None, *, date_s: float, nonce: str
) -> HttpRequest:
    """A POST with the parameters in the query, signed with ACS3-HMAC-SHA256 over host, content-type and x-acs-*.

    Without an AccessKey it is unsigned, and the parameters are a form body: they hold a token then, and URLs are
    logged. `date_s` is POSIX seconds by the service's clock. Raises CredentialsError if the AccessKey has a character
    that is invalid in a header.
    """
    parameters = action.request()
    query = signature.canonical_query(parameters)
    body = query.encode() if access_key is None else b""
    headers = {
        "host": urlsplit(origin).netloc,
        "accept": "application/json",
        "x-acs-action": action.name,
        "x-acs-version": action.version,
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
        parameters=parameters,
        headers=headers,
        signed_headers=names,
        payload_sha256=headers["x-acs-content-sha256"],
    )
    signed = signature.signature(access_key.secret, signature.string_to_sign(canonical))
    headers["authorization"] = signature.authorization(access_key.id, names, signed)
    return HttpRequest("POST", f"{origin}/?{query}" if query else f"{origin}/", headers)


def secrets_in(request: HttpRequest) -> tuple[str, ...]:
    """The parts of a request that must not be shown: its signature and nonce, and the sender's token."""
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
            f"The {name} is empty or contains an invalid character (a space, a line end, a letter outside ASCII).",
            hint="Copy it again; `ecsvnc config check` shows where it comes from.",
        )
