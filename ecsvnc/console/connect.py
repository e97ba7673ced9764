"""Connecting to a console: TCP or a proxy's tunnel, TLS, and the WebSocket's opening handshake.

Proxies and certificate authorities are those of the API. All of it together takes at most DIAL_BUDGET_S, and can be
hung up on from another thread: before the console is asked for, that uses up nothing.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import logging
import socket
import ssl
import threading
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, InvalidURI
from websockets.protocol import CONNECTING
from websockets.uri import parse_uri

from ecsvnc.console.endings import RECONNECT, handshake_refused
from ecsvnc.console.stream import MAX_MESSAGE_BYTES, ConsoleStream, tune
from ecsvnc.console.tls_pipe import plain_end_of
from ecsvnc.errors import ConnectError, NetworkError, ProxyError, TlsError, UnexpectedAnswerError
from ecsvnc.http.proxies import Proxy, find_proxy
from ecsvnc.http.trust import tls_context
from ecsvnc.loopback.names import is_loopback

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.tickets.ticket import VncUrl

DIAL_BUDGET_S = 15.0
"""As long as a ticket is valid: later than that, the console would not let us in anyway."""

_CONNECT_TIMEOUT_S = 5.0
_READ_BYTES = 16 * 1024
_SUBPROTOCOL = "binary"
_DEFAULT_PORTS = {"ws": 80, "wss": 443, "http": 80, "https": 443}


def dial(vnc_url: VncUrl, runtime: Runtime) -> ConsoleStream:
    """Use the ticket: connect to its console. Raises as `Call.make` does."""
    return Call(vnc_url, runtime).make()


class Call:
    """One attempt to connect, with one deadline."""

    def __init__(self, vnc_url: VncUrl, runtime: Runtime) -> None:
        parts = urlsplit(vnc_url.value)
        self._vnc_url = vnc_url
        self._runtime = runtime
        self._host = vnc_url.host
        self._port = parts.port or _DEFAULT_PORTS[parts.scheme.lower()]
        self._deadline = runtime.monotonic() + DIAL_BUDGET_S
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_hung_up = False

    def make(self) -> ConsoleStream:
        """Use the ticket, on the thread that calls.

        Raises NetworkError for an unencrypted console off loopback and for whatever goes wrong on the way,
        ConsoleError if the console refuses the ticket, ConfigurationError for a proxy or CA variable that cannot be.
        """
        if not self._vnc_url.is_encrypted and not is_loopback(self._host):
            raise NetworkError(
                f"The console at {self._host} is not encrypted (ws://): screen and keys would cross the network in "
                "the clear.",
                hint="Check `endpoint` and whether something rewrites the API's answers; `ecsvnc open` only warns of "
                "it.",
            )
        try:
            sock = self._open()
            return ConsoleStream(sock, self._shake_hands(sock))
        except BaseException:
            if self._socket is not None:
                self._socket.close()
            raise

    def hang_up(self) -> None:
        """End it from another thread: `make` fails with a ConnectError, and soon."""
        with self._lock:
            self._is_hung_up = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    # Not a TLS socket's own, which would go on without TLS.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _hold(self, sock: socket.socket) -> socket.socket:
        """From now on, this socket is what is hung up on."""
        with self._lock:
            self._socket = sock
            if self._is_hung_up:
                raise ConnectError("The connection was hung up on.", hint=RECONNECT)
        return sock

    def _open(self) -> socket.socket:
        """The connection that the WebSocket runs on."""
        proxy = find_proxy(self._vnc_url.value, self._runtime.environ)
        if proxy is None:
            sock = self._hold(self._connect(self._host, self._port, self._host))
        else:
            sock = self._hold(self._tunnel(proxy))
        return self._hold(self._encrypt(sock, self._host)) if self._vnc_url.is_encrypted else sock

    def _shake_hands(self, sock: socket.socket) -> ClientProtocol:
        """The WebSocket's opening handshake (RFC 6455, section 4)."""
        try:
            uri = parse_uri(self._vnc_url.value)
        except InvalidURI:  # its text holds the ticket
            raise UnexpectedAnswerError(
                f"The console's address at {self._host} cannot be used.",
                hint="Check `endpoint` (`ecsvnc config list --show-origin`) and whether a proxy rewrites answers.",
            ) from None
        protocol = ClientProtocol(
            uri,
            # What the one public client of these consoles sends, and so what is known to be accepted.
            origin=self._origin(),  # type: ignore[arg-type]  # a NewType of str
            subprotocols=[_SUBPROTOCOL],  # type: ignore[list-item]  # as above
            max_size=MAX_MESSAGE_BYTES,
            logger=_mute_logger(),
        )
        protocol.send_request(protocol.connect())
        self._send(sock, b"".join(protocol.data_to_send()))
        has_ended = False
        while protocol.state is CONNECTING and protocol.handshake_exc is None:
            data = self._receive(sock)
            has_ended = not data
            if data:
                protocol.receive_data(data)
            else:
                protocol.receive_eof()
        if protocol.handshake_exc is None:  # it may be closing again already: its code says why
            return protocol
        refusal = protocol.handshake_exc
        if isinstance(refusal, InvalidStatus):
            raise handshake_refused(refusal.response.status_code, self._host)
        if has_ended:
            raise ConnectError(
                f"{self._host} closed the connection before the console opened.",
                hint=RECONNECT,
            )
        raise UnexpectedAnswerError(
            f"What answers at {self._host} is not a console: its WebSocket handshake is not valid.",
            hint="A proxy on the way may not let WebSockets through.",
        )

    def _origin(self) -> str:
        scheme = "https" if self._vnc_url.is_encrypted else "http"
        return f"{scheme}://{urlsplit(self._vnc_url.value).netloc}"

    def _connect(self, host: str, port: int, name: str) -> socket.socket:
        try:
            sock = socket.create_connection((host, port), timeout=min(_CONNECT_TIMEOUT_S, self._left_s()))
        except socket.gaierror:
            raise ConnectError(
                f"The name {name} cannot be resolved.", hint="Check the network, DNS and the proxy variables."
            ) from None
        except (OSError, OverflowError, UnicodeError) as error:
            raise ConnectError(f"Cannot connect to {name}: {_words(error)}.", hint="Check the network.") from None
        tune(sock)
        return sock

    def _tunnel(self, proxy: Proxy) -> socket.socket:
        """A connection through an HTTP proxy's CONNECT (RFC 9110, section 9.3.6), or a SOCKS proxy."""
        if proxy.scheme.startswith("socks"):
            return self._through_socks(proxy)
        parts = urlsplit(proxy.url)
        port = parts.port or _DEFAULT_PORTS[proxy.scheme]
        sock = self._hold(self._connect(parts.hostname or "", port, proxy.name))
        if proxy.scheme == "https":
            sock = self._hold(plain_end_of(self._encrypt(sock, parts.hostname or "")))
        self._ask_for_tunnel(sock, proxy)
        return sock

    def _ask_for_tunnel(self, sock: socket.socket, proxy: Proxy) -> None:
        import h11  # noqa: PLC0415  # only needed behind a proxy

        parts = urlsplit(proxy.url)
        authority = f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"
        headers = [("Host", authority)]
        if parts.username is not None:
            secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            headers.append(("Proxy-Authorization", "Basic " + base64.b64encode(secret).decode()))
        http = h11.Connection(h11.CLIENT)
        self._send(sock, http.send(h11.Request(method="CONNECT", target=authority, headers=headers)) or b"")
        try:
            while (event := http.next_event()) is h11.NEED_DATA or isinstance(event, h11.InformationalResponse):
                if event is h11.NEED_DATA:  # what came with an interim answer may hold the final one
                    http.receive_data(self._receive(sock))
        except h11.RemoteProtocolError:
            raise ProxyError(f"{proxy.name} does not answer as an HTTP proxy does.", hint=_CHECK_PROXY) from None
        if not isinstance(event, h11.Response) or event.status_code // 100 != 2:
            status = event.status_code if isinstance(event, h11.Response) else "nothing"
            raise ProxyError(f"{proxy.name} refused the way to {self._host} ({status}).", hint=_CHECK_PROXY)

    def _through_socks(self, proxy: Proxy) -> socket.socket:
        """A connection through a SOCKS proxy, by the package that requests uses for it too."""
        try:
            socks = importlib.import_module("socks")
        except ImportError:
            raise ProxyError(
                f"The proxy {proxy.name} (from {proxy.variable}) is a SOCKS proxy, which needs the package PySocks.",
                hint="Install it beside ecsvnc (`pip install pysocks`, `pipx inject ecsvnc pysocks`).",
            ) from None
        parts = urlsplit(proxy.url)
        try:
            sock: socket.socket = socks.create_connection(
                (self._host, self._port),
                timeout=min(_CONNECT_TIMEOUT_S, self._left_s()),
                proxy_type=socks.SOCKS4 if proxy.scheme.startswith("socks4") else socks.SOCKS5,
                proxy_addr=parts.hostname,
                proxy_port=parts.port,
                proxy_rdns=proxy.scheme in ("socks5h", "socks4a"),
                proxy_username=unquote(parts.username) if parts.username else None,
                proxy_password=unquote(parts.password) if parts.password else None,
            )
        except OSError:  # its text may hold the proxy's whole address
            raise ProxyError(f"{proxy.name} does not lead to {self._host}.", hint=_CHECK_PROXY) from None
        tune(sock)
        return sock

    def _encrypt(self, sock: socket.socket, host: str) -> ssl.SSLSocket:
        sock.settimeout(self._left_s())
        try:
            # Told apart from a proper end: a connection that was cut.
            return tls_context(self._runtime.environ).wrap_socket(
                sock, server_hostname=host, suppress_ragged_eofs=False
            )
        except ssl.SSLCertVerificationError as error:
            raise TlsError(
                f"The certificate of {host} cannot be trusted: {error.verify_message}.",
                hint="If a proxy with its own CA is on the way, name that CA's file in REQUESTS_CA_BUNDLE.",
            ) from None
        except (OSError, ValueError) as error:
            raise TlsError(
                f"TLS with {host} failed: {_words(error)}.",
                hint="If a proxy here inspects TLS, name its CA in REQUESTS_CA_BUNDLE or SSL_CERT_FILE.",
            ) from None

    def _send(self, sock: socket.socket, data: bytes) -> None:
        sock.settimeout(self._left_s())
        try:
            sock.sendall(data)
        except OSError as error:
            raise ConnectError(
                f"The connection to {self._host} broke: {_words(error)}.", hint="Check the network, then connect again."
            ) from None

    def _receive(self, sock: socket.socket) -> bytes:
        sock.settimeout(self._left_s())
        try:
            return sock.recv(_READ_BYTES)
        except OSError as error:
            raise ConnectError(
                f"The connection to {self._host} broke: {_words(error)}.", hint="Check the network, then connect again."
            ) from None

    def _left_s(self) -> float:
        left = self._deadline - self._runtime.monotonic()
        if left <= 0:
            raise ConnectError(
                f"The console at {self._host} did not open within {DIAL_BUDGET_S:.0f} s.", hint="Try again."
            )
        return left


_CHECK_PROXY = "Check HTTPS_PROXY and NO_PROXY, and whether the proxy lets you through."


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return error.reason or "the connection was cut"
    return getattr(error, "strerror", None) or type(error).__name__


def _mute_logger() -> logging.Logger:
    """`websockets` logs what it sends, and the request line holds the ticket."""
    logger = logging.Logger("ecsvnc.console")  # noqa: LOG001  # not one that a user's configuration could switch on
    logger.disabled = True
    logger.setLevel(logging.CRITICAL + 1)
    return logger
