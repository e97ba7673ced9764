"""Fetching a small answer that holds credentials, from beside us: the metadata service, a credentials URI."""

from __future__ import annotations

from collections.abc import Mapping

from ecsvnc.credentials.tools import Sender
from ecsvnc.http.messages import HttpRequest, HttpResponse

MAX_BODY_BYTES = 64 * 1024

CONNECT_TIMEOUT_S = 1.0
"""The metadata service is on the same host; the vendor's library waits as long."""


def fetch(
    transport: Sender, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, timeout_s: float
) -> HttpResponse:
    """Send one request without a body. Raises NetworkError."""
    return transport.send(
        HttpRequest(method, url, dict(headers or {})),
        connect_timeout_s=min(CONNECT_TIMEOUT_S, timeout_s),
        read_timeout_s=timeout_s,
        total_timeout_s=timeout_s,
        max_body_bytes=MAX_BODY_BYTES,
    )
