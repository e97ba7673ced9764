"""Connects to a console: TCP or a proxy's tunnel, TLS, and the WebSocket's opening handshake.

Proxies and certificate authorities are those of the API.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import re
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidURI
from websockets.protocol import State
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

from ecsvnc.console.endings import handshake_refused
from ecsvnc.console.tls_in_tls import socket_through
from ecsvnc.console.websocket import MAX_FRAME_BYTES, WebSocketStream, tune
from ecsvnc.errors import NetworkError, ProxyError, UnexpectedAnswerError
from ecsvnc.http.proxies import DEFAULT_PORTS, Proxy, find_proxy
from ecsvnc.loopback.names import bracketed, is_loopback
from ecsvnc.loopback.websocket import SILENT

if TYPE_CHECKING:
    import ssl

    from ecsvnc.runtime import Runtime
    from ecsvnc.tickets.ticket import VncUrl

_TCP_CONNECT_TIMEOUT_S = 5.0
"""For each address of a host."""

_READ_BYTES = 16 * 1024

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")

Hold = Callable[[socket.socket], None]
"""Called with each new TCP connection, so that another thread can end it. May raise."""

Dial = Callable[["VncUrl", Hold, "Runtime"], WebSocketStream]
"""Opens the WebSocket of a console: see `dial`."""


def dial(vnc_url: VncUrl, hold: Hold, runtime: Runtime) -> WebSocketStream:
    """Use the ticket. Returns the open WebSocket.

    Blocks without a limit of its own. Raises NetworkError for an unencrypted console that is not on loopback and for
    every failure of the network, ConsoleError if the console refuses the ticket, ConfigurationError
    for an invalid proxy or CA variable.
    """
    parts = urlsplit(vnc_url.value)
    host, port = vnc_url.host, parts.port or DEFAULT_PORTS[parts.scheme.lower()]
    if not vnc_url.is_encrypted and not is_loopback(host):
        raise NetworkError(
            f"The console at {host} is not encrypted (ws://): screen and keys would cross the network in the clear.",
            hint="Check `endpoint` and whether something on the way rewrites the API's answers.",
        )
    proxy = find_proxy(vnc_url.value, runtime.environ)
    at_proxy = proxy is not None  # whether a failure is the proxy's
    with contextlib.ExitStack() as on_failure:
        try:
            if proxy is None:
                sock = socket.create_connection((host, port), _TCP_CONNECT_TIMEOUT_S)
                _prepare(on_failure.enter_context(sock), hold)
            else:
                sock = _tunnel(proxy, host, port, hold=hold, on_failure=on_failure, runtime=runtime)
            at_proxy = False
            if vnc_url.is_encrypted:
                sock = on_failure.enter_context(_encrypt(sock, host, runtime))
            console = _do_handshake(sock, vnc_url)
        except (OSError, ValueError) as error:
            from ecsvnc.http.failures import network_error  # only needed when something fails

            hint = "Check the network, then connect again."
            raise network_error(
                error, host, environ=runtime.environ, proxy=proxy, at_proxy=at_proxy, hint=hint
            ) from None
        on_failure.pop_all()
    return console


def _prepare(sock: socket.socket, hold: Hold) -> None:
    tune(sock)
    sock.settimeout(None)  # the caller has the limit
    hold(sock)


def _encrypt(sock: socket.socket, host: str, runtime: Runtime) -> ssl.SSLSocket:
    from ecsvnc.http.trust import tls_context  # not for the embedded ECS

    # So that a broken connection differs from a closed one.
    return tls_context(runtime.environ).wrap_socket(sock, server_hostname=host, suppress_ragged_eofs=False)


# Proxies


def _tunnel(
    proxy: Proxy, host: str, port: int, *, hold: Hold, on_failure: contextlib.ExitStack, runtime: Runtime
) -> socket.socket:
    """A connection through an HTTP proxy's CONNECT (RFC 9110, section 9.3.6), or a SOCKS proxy."""
    parts = urlsplit(proxy.url)
    if proxy.scheme.startswith("socks"):
        sock = _through_socks(proxy, host, port)
        _prepare(on_failure.enter_context(sock), hold)
        return sock
    proxy_host = parts.hostname or ""
    sock = socket.create_connection((proxy_host, parts.port or DEFAULT_PORTS[proxy.scheme]), _TCP_CONNECT_TIMEOUT_S)
    _prepare(on_failure.enter_context(sock), hold)
    if proxy.scheme == "https":
        outer = on_failure.enter_context(_encrypt(sock, proxy_host, runtime))
        sock = on_failure.enter_context(socket_through(outer))
    target = f"{bracketed(host)}:{port}"
    headers = {"Host": target}
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(login).decode()}"
    status = _ask_for_tunnel(sock, target, headers, proxy)
    if status // 100 != 2:
        from ecsvnc.http.failures import proxy_refusal  # only needed when something fails

        raise proxy_refusal(proxy, status, host)
    return sock


def _ask_for_tunnel(sock: socket.socket, target: str, headers: Mapping[str, str], proxy: Proxy) -> int:
    """The status of the proxy's answer. Raises OSError, and ProxyError for what is not HTTP."""
    import h11  # only needed behind a proxy

    http = h11.Connection(h11.CLIENT)
    try:
        request = h11.Request(method="CONNECT", target=target, headers=list(headers.items()))
        sock.sendall((http.send(request) or b"") + (http.send(h11.EndOfMessage()) or b""))
        while True:
            event = http.next_event()
            if isinstance(event, h11.Response):
                return event.status_code
            if event is h11.NEED_DATA:
                data = sock.recv(_READ_BYTES)
                if not data and not http.trailing_data[0]:
                    raise ConnectionResetError
                http.receive_data(data)
    except (h11.LocalProtocolError, h11.RemoteProtocolError):
        raise ProxyError(f"{proxy.name} does not answer as an HTTP proxy.", hint=f"Check {proxy.variable}.") from None


def _through_socks(proxy: Proxy, host: str, port: int) -> socket.socket:
    """A connection through a SOCKS proxy, by the package that requests uses for it too."""
    from ecsvnc.http.failures import require_socks  # only needed behind such a proxy

    require_socks(proxy)
    socks = importlib.import_module("socks")
    parts = urlsplit(proxy.url)
    sock: socket.socket = socks.create_connection(
        (host, port),
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


def _do_handshake(sock: socket.socket, vnc_url: VncUrl) -> WebSocketStream:
    """The opening handshake (RFC 6455, section 4), as the public client of these consoles does it."""
    host = vnc_url.host
    invalid = UnexpectedAnswerError(
        f"{host} does not answer as a console: its WebSocket handshake is not valid.",
        hint="A proxy on the way may not support WebSockets.",
    )
    try:
        uri = parse_uri(vnc_url.value)
    except InvalidURI:
        raise invalid from None
    protocol = ClientProtocol(
        uri,
        origin=Origin(f"{'https' if vnc_url.is_encrypted else 'http'}://{urlsplit(vnc_url.value).netloc}"),
        subprotocols=[Subprotocol("binary")],
        max_size=(None, MAX_FRAME_BYTES),
        logger=SILENT,
    )
    protocol.send_request(protocol.connect())
    sock.sendall(b"".join(protocol.data_to_send()))
    begun = b""
    while protocol.state is State.CONNECTING:
        data = sock.recv(_READ_BYTES)
        begun += data[: 16 - len(begun)]
        status = _STATUS.match(begun)
        if status and status[1] != b"101":  # without waiting for the rest
            raise handshake_refused(int(status[1]), host)
        if not data and (status or not begun):
            raise ConnectionResetError
        if data:
            protocol.receive_data(data)
        if not data or protocol.handshake_exc is not None:
            raise invalid
    return WebSocketStream(sock, protocol)
