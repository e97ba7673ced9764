"""Connecting to a console: TCP or a proxy's tunnel, TLS, and the WebSocket's opening handshake.

Proxies and certificate authorities are those of the API. All of it together takes at most CONNECT_WITHIN_S, the
resolver included, and can be cancelled from another thread: before the console is asked for, that uses up nothing.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import importlib
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ecsvnc.background import in_background
from ecsvnc.console.endings import RECONNECT, handshake_refused
from ecsvnc.console.tls_in_tls import socket_through
from ecsvnc.console.websocket import ConsoleStream, tune
from ecsvnc.errors import ConnectError, NetworkError, ProxyError, UnexpectedAnswerError
from ecsvnc.http.proxies import DEFAULT_PORTS, Proxy, find_proxy
from ecsvnc.loopback.names import is_loopback

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from concurrent.futures import Future

    from ecsvnc.runtime import Runtime
    from ecsvnc.tickets.ticket import VncUrl

CONNECT_WITHIN_S = 15.0
"""As long as a ticket is valid: later than that, the console would refuse it anyway."""

_TCP_CONNECT_TIMEOUT_S = 5.0
"""For one address of a host: the next one may answer."""

_READ_BYTES = 16 * 1024
_ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""


class ConnectAttempt:
    """One attempt to connect to the console of a ticket."""

    def __init__(self, vnc_url: VncUrl, runtime: Runtime) -> None:
        parts = urlsplit(vnc_url.value)
        self._vnc_url = vnc_url
        self._runtime = runtime
        self._host = vnc_url.host
        self._port = parts.port or DEFAULT_PORTS[parts.scheme.lower()]
        self._proxy: Proxy | None = None
        self._is_at_proxy = False  # whether what goes wrong now is the proxy's fault, or on the way to it
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None  # a second descriptor of the TCP connection
        self._is_cancelled = False

    def run(self, within_s: float = CONNECT_WITHIN_S) -> ConsoleStream:
        """Use the ticket. Returns the open WebSocket.

        Raises NetworkError for an unencrypted console off loopback and for whatever goes wrong on the way,
        ConsoleError if the console refuses the ticket, ConfigurationError for an invalid proxy or CA variable.
        """
        if not self._vnc_url.is_encrypted and not is_loopback(self._host):
            raise NetworkError(
                f"The console at {self._host} is not encrypted (ws://): screen and keys would cross the network in "
                "the clear.",
                hint="Check `endpoint` and whether something on the way rewrites the API's answers.",
            )
        # On a thread, since the resolver cannot be given a timeout.
        connected = in_background(self._connect, name="console-connect")
        try:
            return connected.result(within_s)
        except TimeoutError:
            raise ConnectError(
                f"The console at {self._host} did not open within {within_s:g} s.", hint="Try again."
            ) from None
        finally:
            if not connected.done():
                self.cancel()
                connected.add_done_callback(_close)

    def cancel(self) -> None:
        """End it from another thread: `run` fails with a ConnectError, and soon."""
        with self._lock:
            self._is_cancelled = True
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)

    def _connect(self) -> ConsoleStream:
        with contextlib.ExitStack() as on_failure:
            try:
                sock, early = self._open(on_failure)
            except (OSError, ValueError) as error:
                raise self._cancelled() or self._network_error(error) from None
            finally:
                with self._lock:
                    if self._connection is not None:
                        self._connection.close()
                        self._connection = None
            stream = ConsoleStream(sock, early)
            on_failure.pop_all()
        return stream

    def _open(self, on_failure: contextlib.ExitStack) -> tuple[socket.socket, bytes]:
        """The connection that the WebSocket runs on, and what was read after its handshake. Raises OSError too."""
        self._proxy = proxy = find_proxy(self._vnc_url.value, self._runtime.environ)
        if proxy is None:
            sock = self._hold(socket.create_connection((self._host, self._port), _TCP_CONNECT_TIMEOUT_S), on_failure)
        else:
            self._is_at_proxy = True
            sock = self._tunnel(proxy, on_failure)
            self._is_at_proxy = False
        if self._vnc_url.is_encrypted:
            sock = on_failure.enter_context(self._encrypt(sock, self._host))
        return sock, self._shake_hands(sock)

    def _hold(self, sock: socket.socket, on_failure: contextlib.ExitStack) -> socket.socket:
        """From now on, this connection is what `cancel` ends."""
        on_failure.enter_context(sock)
        tune(sock)
        sock.settimeout(None)  # `run` has the one limit
        with self._lock:
            self._connection = sock.dup()
        if error := self._cancelled():
            raise error
        return sock

    def _cancelled(self) -> ConnectError | None:
        return ConnectError("The connection was cancelled.", hint=RECONNECT) if self._is_cancelled else None

    def _network_error(self, error: Exception) -> NetworkError:
        from ecsvnc.http.failures import network_error  # noqa: PLC0415  # only needed when something fails

        return network_error(
            error,
            self._host,
            environ=self._runtime.environ,
            proxy=self._proxy,
            at_proxy=self._is_at_proxy,
            hint="Check the network, then connect again.",
        )

    def _encrypt(self, sock: socket.socket, host: str) -> ssl.SSLSocket:
        from ecsvnc.http.trust import tls_context  # noqa: PLC0415  # not for the embedded ECS

        # A connection that was cut is told apart from one that was closed.
        return tls_context(self._runtime.environ).wrap_socket(sock, server_hostname=host, suppress_ragged_eofs=False)

    # Proxies

    def _tunnel(self, proxy: Proxy, on_failure: contextlib.ExitStack) -> socket.socket:
        """A connection through an HTTP proxy's CONNECT (RFC 9110, section 9.3.6), or a SOCKS proxy."""
        if proxy.scheme.startswith("socks"):
            return self._hold(self._through_socks(proxy), on_failure)
        parts = urlsplit(proxy.url)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[proxy.scheme]
        sock = self._hold(socket.create_connection((host, port), _TCP_CONNECT_TIMEOUT_S), on_failure)
        if proxy.scheme == "https":
            outer = on_failure.enter_context(self._encrypt(sock, host))
            sock = on_failure.enter_context(socket_through(outer))
        target = f"{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}"
        headers = {"Host": target}
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            headers["Proxy-Authorization"] = f"Basic {base64.b64encode(login).decode()}"
        invalid = ProxyError(f"{proxy.name} does not answer as an HTTP proxy.", hint=f"Check {proxy.variable}.")
        status, _, _ = _ask(sock, "CONNECT", target, headers, invalid)
        if status // 100 != 2:
            from ecsvnc.http.failures import proxy_refusal  # noqa: PLC0415  # only needed when something fails

            raise proxy_refusal(proxy, status, self._host)
        return sock

    def _through_socks(self, proxy: Proxy) -> socket.socket:
        """A connection through a SOCKS proxy, by the package that requests uses for it too."""
        from ecsvnc.http.failures import require_socks  # noqa: PLC0415  # only needed behind such a proxy

        require_socks(proxy)
        socks = importlib.import_module("socks")
        parts = urlsplit(proxy.url)
        sock: socket.socket = socks.create_connection(
            (self._host, self._port),
            timeout=_TCP_CONNECT_TIMEOUT_S,
            proxy_type=socks.SOCKS4 if proxy.scheme.startswith("socks4") else socks.SOCKS5,
            proxy_addr=parts.hostname,
            proxy_port=parts.port,
            proxy_rdns=proxy.scheme in ("socks5h", "socks4a"),
            proxy_username=unquote(parts.username) if parts.username else None,
            proxy_password=unquote(parts.password) if parts.password else None,
        )
        return sock

    # The WebSocket

    def _shake_hands(self, sock: socket.socket) -> bytes:
        """The opening handshake (RFC 6455, section 4). Returns what was read after it."""
        parts = urlsplit(self._vnc_url.value)
        invalid = UnexpectedAnswerError(
            f"{self._host} does not answer as a console: its WebSocket handshake is not valid.",
            hint="A proxy on the way may not support WebSockets.",
        )
        key = base64.b64encode(self._runtime.random_bytes(16))
        status, answer, rest = _ask(
            sock,
            "GET",
            f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}",
            {
                "Host": parts.netloc,
                "Upgrade": "websocket",
                "Connection": "Upgrade",
                "Sec-WebSocket-Key": key.decode(),
                "Sec-WebSocket-Version": "13",
                # What the one public client of these consoles sends, and so what is known to be accepted.
                "Sec-WebSocket-Protocol": "binary",
                "Origin": f"{'https' if self._vnc_url.is_encrypted else 'http'}://{parts.netloc}",
            },
            invalid,
        )
        if status != 101:
            raise handshake_refused(status, self._host)
        accept = base64.b64encode(hashlib.sha1(key + _ACCEPT_SUFFIX, usedforsecurity=False).digest())
        if (
            answer.get(b"upgrade", b"").lower() != b"websocket"
            or not hmac.compare_digest(answer.get(b"sec-websocket-accept", b""), accept)
            or answer.get(b"sec-websocket-protocol", b"binary") != b"binary"
            or b"sec-websocket-extensions" in answer
        ):
            raise invalid
        return rest


def connect(vnc_url: VncUrl, runtime: Runtime) -> ConsoleStream:
    """Use the ticket: connect to its console. Raises as `ConnectAttempt.run` does."""
    return ConnectAttempt(vnc_url, runtime).run()


def _ask(
    sock: socket.socket, method: str, target: str, headers: Mapping[str, str], invalid: NetworkError
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Send a request that, if all goes well, turns the connection into another one.

    Returns the answer's status and headers, and what was read after it. Raises OSError, and `invalid` for an answer
    that is not HTTP.
    """
    import h11  # noqa: PLC0415  # not before there is a connection

    http = h11.Connection(h11.CLIENT)
    try:
        request = h11.Request(method=method, target=target, headers=list(headers.items()))
        sock.sendall((http.send(request) or b"") + (http.send(h11.EndOfMessage()) or b""))
        while True:
            event = http.next_event()
            if isinstance(event, h11.Response) or (
                isinstance(event, h11.InformationalResponse) and event.status_code == 101
            ):
                return event.status_code, dict(event.headers), http.trailing_data[0]
            if event is h11.NEED_DATA:
                data = sock.recv(_READ_BYTES)
                begun = http.trailing_data[0]
                if not data and (not begun or begun.startswith(b"HTTP/")):
                    raise ConnectionResetError
                http.receive_data(data)
    except (h11.LocalProtocolError, h11.RemoteProtocolError):
        raise invalid from None


def _close(connected: Future[ConsoleStream]) -> None:
    """Close what connected although nobody wants it any more."""
    if connected.exception() is None:
        connected.result().close()
