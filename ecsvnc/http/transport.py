"""Sends one HTTP request once, bounded in time and memory. Thread-safe.

It does not retry or redirect, and keeps nothing but open connections: callers decide whether to try again, with which
date and signature.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ecsvnc import __version__
from ecsvnc.background import in_background
from ecsvnc.errors import NetworkError
from ecsvnc.http.messages import HttpRequest, HttpResponse
from ecsvnc.http.proxies import find_proxy
from ecsvnc.http.trust import tls_context
from ecsvnc.runtime import Runtime

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 40.0
"""The vendor's own SDK allows DescribeInstanceVncUrl 36 s."""

MAX_BODY_BYTES = 8 * 1024 * 1024
"""A page of a hundred instances with all their fields is well below 1 MiB."""


class Transport:
    """The process's pool of connections, with the proxies and certificate authorities of `runtime.environ`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._session: requests.Session | None = None

    def send(
        self,
        request: HttpRequest,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        total_timeout_s: float,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> HttpResponse:
        """Send the request and return its whole answer, whatever its status, redirects excepted.

        `connect_timeout_s` applies to one address of the host, `read_timeout_s` to one read, and `total_timeout_s` to
        everything from the name's resolution to the body's last byte. `user-agent` and `accept-encoding: identity`
        are added.

        Raises NetworkError (ConnectError, TlsError, ProxyError, UnexpectedAnswerError), or ConfigurationError for a
        bad proxy or certificate variable.
        """
        # They import requests, which takes longer than the rest of a run.
        from ecsvnc.http.exchange import Exchange, new_session
        from ecsvnc.http.failures import timed_out

        host = _host_of(request.url)
        environ = self._runtime.environ
        proxy = find_proxy(request.url, environ)
        with self._lock:
            if self._session is None:
                self._session = new_session(lambda: tls_context(environ, self._runtime.platform))
        exchange = Exchange(
            self._session,
            _with_defaults(request),
            proxy,
            timeouts_s=(min(connect_timeout_s, total_timeout_s), min(read_timeout_s, total_timeout_s)),
            max_body_bytes=max_body_bytes,
        )
        # On a thread, since neither name resolution nor a whole request of requests has a timeout.
        answer = in_background(exchange.run, self._runtime.now, environ, name=f"request to {host}")
        try:
            return answer.result(total_timeout_s)
        except TimeoutError:
            raise timed_out(host, proxy) from None
        finally:
            exchange.abandon()  # after a timeout or Ctrl-C; else there is nothing left to abandon

    def close(self) -> None:
        """Close the connections that are kept open. More requests may follow."""
        with self._lock:
            if self._session is not None:
                self._session.close()


def _host_of(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme not in {"http", "https"} or port == 0:
        raise NetworkError(
            "The address of a request is not an http or https URL.", hint="Check where it is configured."
        )
    return host


def _with_defaults(request: HttpRequest) -> HttpRequest:
    """The request with a user agent, and without compression: the size of a compressed body has no bound."""
    defaults = {"user-agent": f"ecsvnc/{__version__}", "accept-encoding": "identity"}
    given = {name.lower(): value for name, value in request.headers.items()}
    return replace(request, headers={**defaults, **given})
