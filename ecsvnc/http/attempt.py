"""One exchange of a request for an answer, on the current thread: every exception of the layers below made ours."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from http.client import HTTPException
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from ecsvnc.errors import ProxyError, UnexpectedAnswerError
from ecsvnc.http.failures import network_error, proxy_refusal
from ecsvnc.http.messages import HttpRequest, HttpResponse
from ecsvnc.http.proxies import Proxy
from ecsvnc.http.session import prepare, proxies_argument

_PIECE_BYTES = 64 * 1024
_SAFE_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")
_CHECK_ENDPOINT = "Check `endpoint` (`ecsvnc config list --show-origin`), and whether a proxy answers in its place."


class Bounds(NamedTuple):
    """How long to wait for one address and for one read, and how large a body may be."""

    connect_timeout_s: float
    read_timeout_s: float
    max_body_bytes: int


def attempt(
    session: requests.Session, request: HttpRequest, proxy: Proxy | None, bounds: Bounds, now: Callable[[], float]
) -> HttpResponse:
    """Send the request and read the answer. Raises NetworkError, or ConfigurationError for a bad CA variable."""
    host = urlsplit(request.url).hostname or ""
    if proxy is not None and proxy.scheme.startswith("socks") and importlib.util.find_spec("socks") is None:
        raise ProxyError(
            f"The proxy {proxy.name} (from {proxy.variable}) is a SOCKS proxy, which needs the package PySocks.",
            hint="Install it beside ecsvnc (`pip install pysocks`, `pipx inject ecsvnc pysocks`).",
        )
    try:
        with session.send(
            prepare(session, request),
            stream=True,
            timeout=(bounds.connect_timeout_s, bounds.read_timeout_s),
            allow_redirects=False,
            proxies=proxies_argument(proxy),
        ) as response:
            if proxy is not None and response.status_code == 407:
                raise proxy_refusal(proxy, 407, host)
            _refuse_what_is_no_answer(response, host)
            body = _read_body(response, host, bounds.max_body_bytes)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return HttpResponse(response.status_code, headers, body, received_at=now())
    # ValueError: what http.client makes of a header or a chunk that cannot be.
    except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
        at_proxy = isinstance(error, requests.exceptions.ProxyError)
        # Not chained: requests' own text holds the URL, and the proxy's password.
        raise network_error(error, host, proxy, at_proxy=at_proxy) from None


def _refuse_what_is_no_answer(response: requests.Response, host: str) -> None:
    """Raise UnexpectedAnswerError for a redirect, and for a body that is compressed although it must not be."""
    if 300 <= response.status_code < 400:
        target = _host_of(response.headers.get("location", ""))
        raise UnexpectedAnswerError(
            f"{host} redirected the request{f' to {target}' if target else ''} ({response.status_code}); "
            "signed requests are not sent elsewhere.",
            hint=_CHECK_ENDPOINT,
        )
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnexpectedAnswerError(f"{host} compressed its answer, though it was asked not to.", hint=_CHECK_ENDPOINT)


def _read_body(response: requests.Response, host: str, max_bytes: int) -> bytes:
    """The body, read no further than it may be large, whatever length was announced."""
    too_large = UnexpectedAnswerError(
        f"{host} sent an answer larger than {max_bytes / 1024 / 1024:.3g} MiB.", hint=_CHECK_ENDPOINT
    )
    body = bytearray()
    while piece := response.raw.read(_PIECE_BYTES, decode_content=False):
        body += piece
        if len(body) > max_bytes:
            raise too_large
    return bytes(body)


def _host_of(location: str) -> str:
    """The host that a redirect names, or nothing if it is not plain text that a terminal can be shown."""
    try:
        host = urlsplit(location).hostname or ""
    except ValueError:
        return ""
    return host if _SAFE_HOST.fullmatch(host) else ""
