"""The session under the transport, and all that this program knows about requests and urllib3.

Imported when the first request is sent: it costs more than everything else in a run.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import warnings
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from ssl import SSLContext
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import SystemTimeWarning

from ecsvnc.errors import NetworkError
from ecsvnc.http.messages import HttpRequest
from ecsvnc.http.proxies import Proxy

MAX_HOSTS = 64
"""More than there are regions: looking everywhere for an instance talks to all of them at once."""

MAX_CONNECTIONS_TO_A_HOST = 32

_current = threading.local()


class Abandonable:
    """The exchange that the current thread is in, and the way for another thread to end it.

    A timeout of requests holds for one read, so a server that sends a byte a second is never too slow for it. Shutting
    the socket down ends whatever waits for it: connect, TLS handshake, a proxy's CONNECT, headers or body.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._abandoned = False

    def __enter__(self) -> Self:
        _current.exchange = self
        return self

    def __exit__(self, *error: object) -> None:
        _current.exchange = None
        with self._lock:
            self._connection = self._socket = None

    def hold(self, connection: HTTPConnection) -> None:
        """Say which connection the exchange uses. Raises TimeoutError if it was abandoned already."""
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


def _hold(connection: HTTPConnection) -> None:
    exchange = getattr(_current, "exchange", None)
    if exchange is not None:
        exchange.hold(connection)


class _HttpConnection(HTTPConnection):
    def connect(self) -> None:
        _hold(self)
        super().connect()
        _hold(self)  # it may have been abandoned while there was no socket yet

    def request(self, *args: Any, **kwargs: Any) -> None:
        _hold(self)
        super().request(*args, **kwargs)


class _HttpsConnection(HTTPSConnection):
    def connect(self) -> None:
        _hold(self)
        super().connect()
        _hold(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _hold(self)
        super().request(*args, **kwargs)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class _Adapter(HTTPAdapter):
    """requests' adapter with one TLS context for all connections.

    Left alone, requests loads certifi's bundle anew for every connection (`cert_verify`), and looks at the process's
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
        """Nothing: the context verifies, and knows whom it trusts."""

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
        """None: redirects are refused. Given one, requests reads the whole body, however long, to prepare the next."""
        return None


class _FinishedHeaders(AuthBase):
    """Installs the finished headers last of all, as a plain `Authorization` header loses against `~/.netrc`."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = any(name.lower() == "authorization" for name in self._request.headers)
        if signed and prepared.url != self._request.url:
            raise NetworkError(
                "A request's address changed after it was signed, so it was not sent.",
                hint="Check `endpoint` (`ecsvnc config list --show-origin`): write it in lower case, without escapes.",
            )
        for name, value in self._request.headers.items():
            if not value.isprintable() or not value.isascii():
                raise NetworkError(
                    f"The header {name} of a request holds characters that no header can, so it was not sent.",
                    hint="Look for a line end or a letter outside ASCII where its value is configured.",
                )
        prepared.headers = CaseInsensitiveDict(self._request.headers)
        return prepared


def new_session(tls_context: Callable[[], SSLContext]) -> requests.Session:
    """A session that takes nothing from the environment and keeps no cookies.

    `tls_context` is asked at the first https connection.
    """
    # A clock far in the past is found out by the service's answer or by the certificate, in words a user understands.
    warnings.simplefilter("ignore", SystemTimeWarning)
    session = _Session()
    session.trust_env = False
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(tls_context)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def prepare(session: requests.Session, request: HttpRequest) -> requests.PreparedRequest:
    """The request as requests wants it, with exactly the headers given."""
    return session.prepare_request(
        requests.Request(request.method, request.url, data=request.body or None, auth=_FinishedHeaders(request))
    )


def proxies_argument(proxy: Proxy | None) -> dict[str, str]:
    """What `Session.send` wants."""
    return {"http": proxy.url, "https": proxy.url} if proxy is not None else {}
