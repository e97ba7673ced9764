"""Sends one request and reads its answer: the only module with requests and urllib3.

Imported when the first request is sent, since that takes longer than everything else in a run. Every exception of the
libraries becomes one of the error tree.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import warnings
from collections.abc import Callable, Mapping
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ecsvnc.errors import NetworkError, UnexpectedAnswerError
from ecsvnc.http.failures import network_error, proxy_refusal, require_socks
from ecsvnc.http.messages import HttpRequest, HttpResponse
from ecsvnc.http.proxies import Proxy

MAX_HOSTS = 64
"""More than there are regions: looking everywhere for an instance talks to all of them at once."""

MAX_CONNECTIONS_TO_A_HOST = 48

_PIECE_BYTES = 64 * 1024
_SAFE_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")
_CHECK_ENDPOINT = "Check `endpoint` (`ecsvnc config list --show-origin`), and whether a proxy answers in its place."

_current = threading.local()
"""`.exchange`: the Exchange that this thread runs."""


class Exchange:
    """One request, sent once by `run` on its thread; another thread can `abandon` it.

    `timeouts_s` are those for connecting to one address and for one read; `max_body_bytes` bounds the answer.

    A timeout of requests applies to one read, so a server that sends a byte a second never exceeds it. Shutting the
    socket down ends whatever waits for it: TLS handshake, a proxy's CONNECT, headers or body.
    """

    def __init__(
        self,
        session: requests.Session,
        request: HttpRequest,
        proxy: Proxy | None,
        *,
        timeouts_s: tuple[float, float],
        max_body_bytes: int,
    ) -> None:
        self._session = session
        self._request = request
        self._host = urlsplit(request.url).hostname or ""
        self._proxy = proxy
        self._timeouts_s = timeouts_s
        self._max_body_bytes = max_body_bytes
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._abandoned = False

    def run(self, now: Callable[[], float], environ: Mapping[str, str]) -> HttpResponse:
        """Send the request and read the answer. Raises NetworkError, or ConfigurationError for a bad CA variable."""
        if self._proxy is not None:
            require_socks(self._proxy)
        _current.exchange = self
        try:
            with self._session.send(
                self._prepare(),
                stream=True,
                timeout=self._timeouts_s,
                allow_redirects=False,
                proxies={"http": self._proxy.url, "https": self._proxy.url} if self._proxy is not None else {},
            ) as response:
                self._check(response)
                body = self._read_body(response)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return HttpResponse(response.status_code, headers, body, received_at=now())
        # ValueError: what http.client raises for an invalid header or chunk.
        except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
            at_proxy = isinstance(error, requests.exceptions.ProxyError)
            # Not chained: requests' own text holds the URL, and the proxy's password.
            raise network_error(error, self._host, environ=environ, proxy=self._proxy, at_proxy=at_proxy) from None
        finally:
            _current.exchange = None
            with self._lock:
                self._connection = self._socket = None

    def hold(self, connection: HTTPConnection) -> None:
        """Remember which connection the exchange uses. Raises TimeoutError if it was abandoned already."""
        with self._lock:
            if self._abandoned:
                raise TimeoutError
            self._connection = connection
            # Kept apart: a connection forgets its socket once the answer says that it will be closed.
            self._socket = connection.sock or self._socket

    def abandon(self) -> None:
        """End the exchange, from another thread: its thread gets an error from the socket, and cleans up."""
        with self._lock:
            self._abandoned = True
            connecting = self._connection.sock if self._connection is not None else None
            sock = connecting or self._socket
            if sock is not None:
                with contextlib.suppress(OSError):  # not connected yet, or closed a moment ago
                    # Not SSLSocket.shutdown, which takes the TLS state away under the reading thread. TLS inside a
                    # proxy's TLS (SSLTransport) is no socket itself, but has one.
                    socket.socket.shutdown(getattr(sock, "socket", sock), socket.SHUT_RDWR)

    def _prepare(self) -> requests.PreparedRequest:
        """The request as requests wants it, with exactly the headers given."""
        request = self._request
        return self._session.prepare_request(
            requests.Request(request.method, request.url, data=request.body or None, auth=_FinishedHeaders(request))
        )

    def _check(self, response: requests.Response) -> None:
        """Raise NetworkError for a proxy's refusal, a redirect, and a compressed body."""
        if self._proxy is not None and response.status_code == 407:
            raise proxy_refusal(self._proxy, 407, self._host)
        if 300 <= response.status_code < 400:
            target = _host_of(response.headers.get("location", ""))
            raise UnexpectedAnswerError(
                f"{self._host} redirected the request{f' to {target}' if target else ''} ({response.status_code}); "
                "signed requests are not sent elsewhere.",
                hint=_CHECK_ENDPOINT,
            )
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise UnexpectedAnswerError(
                f"{self._host} sent a compressed answer, which was not requested.", hint=_CHECK_ENDPOINT
            )

    def _read_body(self, response: requests.Response) -> bytes:
        """The body, read no further than the limit, whatever length was announced."""
        body = bytearray()
        while piece := response.raw.read(_PIECE_BYTES, decode_content=False):
            body += piece
            if len(body) > self._max_body_bytes:
                raise UnexpectedAnswerError(
                    f"{self._host} sent an answer larger than {self._max_body_bytes / 1024 / 1024:.3g} MiB.",
                    hint=_CHECK_ENDPOINT,
                )
        return bytes(body)


def _host_of(location: str) -> str:
    """The host that a redirect names; empty if it is not safe to show."""
    try:
        host = urlsplit(location).hostname or ""
    except ValueError:
        return ""
    return host if _SAFE_HOST.fullmatch(host) else ""


class _HeldConnection(HTTPConnection):
    """A connection that its exchange can shut down."""

    def connect(self) -> None:
        super().connect()
        _hold(self)  # the exchange may have been abandoned while there was no socket yet


class _HeldHttpsConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _hold(self)


def _hold(connection: Any) -> Any:
    exchange = getattr(_current, "exchange", None)
    if exchange is not None:
        exchange.hold(connection)
    return connection


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HeldConnection

    def _get_conn(self, timeout: float | None = None) -> Any:
        return _hold(super()._get_conn(timeout))


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HeldHttpsConnection

    def _get_conn(self, timeout: float | None = None) -> Any:
        return _hold(super()._get_conn(timeout))


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class _Adapter(HTTPAdapter):
    """requests' adapter with one TLS context for all connections.

    Left alone, requests loads certifi's bundle again for every connection (`cert_verify`), and looks at the process's
    environment for another one.
    """

    def __init__(self, tls_context: Callable[[], SSLContext]) -> None:
        self._tls_context = tls_context
        super().__init__(pool_connections=MAX_HOSTS, pool_maxsize=MAX_CONNECTIONS_TO_A_HOST)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Where to connect, and our context for it."""
        host, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https":
            tls["ssl_context"] = self._tls_context()
        return host, tls

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: the context verifies, and has the authorities to trust."""

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        """The pools behind a proxy."""
        if proxy.startswith("https:"):
            kwargs["proxy_ssl_context"] = self._tls_context()
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None, since redirects are refused. Otherwise requests reads the whole body, however long, to follow one."""
        return None


class _FinishedHeaders(AuthBase):
    """Sets the finished headers last: requests would replace an `Authorization` header by what `~/.netrc` has."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = any(name.lower() == "authorization" for name in self._request.headers)
        if signed and prepared.url != self._request.url:
            raise NetworkError(
                "The address of a request changed after it was signed, so it was not sent.",
                hint="Check `endpoint` (`ecsvnc config list --show-origin`): write it in lower case, without escapes.",
            )
        for name, value in self._request.headers.items():
            if not value.isprintable() or not value.isascii():
                raise NetworkError(
                    f"The header {name} of a request contains invalid characters, so it was not sent.",
                    hint="Look for a line end or a letter outside ASCII where its value is configured.",
                )
        prepared.headers = CaseInsensitiveDict(self._request.headers)
        return prepared


def new_session(tls_context: Callable[[], SSLContext]) -> requests.Session:
    """A session that takes nothing from the environment and keeps no cookies.

    `tls_context` is asked at the first https connection.
    """
    # A clock far in the past leads to an error of the service or of the certificate, which is clearer.
    warnings.simplefilter("ignore", urllib3.exceptions.SystemTimeWarning)
    session = _Session()
    session.trust_env = False
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(tls_context)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session
