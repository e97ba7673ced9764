"""Turns an exception of the network libraries into an error of the tree that names the cause.

The libraries below wrap each other's exceptions, differently from version to version; the innermost ones say what
happened. Their texts are never shown: they hold URLs, and bytes that a server chose.
"""

from __future__ import annotations

import importlib.util
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from http.client import IncompleteRead, RemoteDisconnected

from ecsvnc.errors import ConnectError, NetworkError, ProxyError, TlsError, UnexpectedAnswerError
from ecsvnc.http.proxies import Proxy
from ecsvnc.http.trust import untrusted_hint

_REFUSED_TUNNEL = re.compile(r"Tunnel connection failed: ([0-9]{3})\b")
"""The text of http.client's exception when a proxy refused CONNECT."""

_TRANSIENT: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((socket.gaierror,), "the name of {peer} could not be resolved (DNS)."),
    (
        (
            ConnectionResetError,
            ConnectionAbortedError,
            BrokenPipeError,
            RemoteDisconnected,
            IncompleteRead,
            ssl.SSLEOFError,
            ssl.SSLZeroReturnError,
        ),
        "{peer} closed the connection.",
    ),
    ((ConnectionRefusedError,), "{peer} refused the connection."),
    ((TimeoutError,), "{peer} timed out."),
)
"""Failures that may not happen again, and their messages. First match wins."""

_TLS_REASONS: tuple[tuple[str, str], ...] = (
    (
        r"WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL|HTTP_REQUEST|HTTPS_PROXY_REQUEST|(BAD_)?PACKET_LENGTH.*|RECORD_.*",
        "{peer} does not speak TLS.",
    ),
    (r"UNSUPPORTED_PROTOCOL|.*PROTOCOL_VERSION", "{peer} does not support TLS 1.2 or later."),
    (
        r"NO_(SHARED_CIPHER|SUITABLE_.*)|.*HANDSHAKE_FAILURE|.*INSUFFICIENT_SECURITY",
        "{peer} has no TLS cipher in common with this machine.",
    ),
    (r".*(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|ALERT_UNKNOWN_CA)", "{peer} requires a client certificate."),
    (r".*UNRECOGNIZED_NAME", "{peer} does not serve that host name."),
)
"""OpenSSL's name of a TLS failure (`SSLError.reason`), and the message. First match wins."""

_SOCKS_OUT_OF_REACH = ("0x03", "0x04", "0x05", "0x06", "0x5b")
"""Replies of a SOCKS proxy that cannot reach the host, which may pass (RFC 1928, section 6; 0x5b is SOCKS4's)."""

_NETWORK_HINT = (
    "Check the network, the region and `endpoint` (`ecsvnc config list --show-origin`), and whether a proxy is needed."
)


def network_error(
    error: BaseException,
    host: str,
    *,
    environ: Mapping[str, str],
    proxy: Proxy | None = None,
    at_proxy: bool = False,
    hint: str = _NETWORK_HINT,
) -> NetworkError:
    """The error for an exception of an exchange with `host`.

    `proxy` is the proxy in use, `at_proxy` whether the connection to the proxy itself failed, `environ` has the
    variables for certificates, and `hint` is for failures that are worth another attempt.
    """
    causes = list(_causes(error))
    if proxy is not None:
        at_proxy = at_proxy or any(map(_is_of_socks, causes))
        hint = _proxy_hint(proxy) if at_proxy else hint
        for cause in causes:
            refusal = _refusal_by_proxy(cause, proxy, host)
            if refusal is not None:
                return refusal
    peer = f"the proxy {proxy.name} (from {proxy.variable})" if proxy is not None and at_proxy else host
    for cause in causes:
        found = _recognise(cause, peer, environ, hint)
        if found is not None:
            return found
    return UnexpectedAnswerError(
        _sentence(f"{peer} did not answer with valid HTTP."),
        hint="Check `endpoint` (`ecsvnc config list --show-origin`) and what is listening there.",
    )


def timed_out(host: str, proxy: Proxy | None) -> ConnectError:
    """The error for a request that took too long."""
    through = f" through the proxy {proxy.name}" if proxy is not None else ""
    return ConnectError(f"{host}{through} timed out.", hint=_NETWORK_HINT)


def proxy_refusal(proxy: Proxy, status: int, host: str) -> NetworkError:
    """The error for a proxy that answered with this HTTP status itself."""
    name = f"The proxy {proxy.name} (from {proxy.variable})"
    if status == 407:
        return _proxy_login(proxy)
    if status >= 500:  # the proxy did not reach the host: worth another attempt
        return ConnectError(f"{name} could not connect to {host} ({status}).", hint=_proxy_hint(proxy))
    return ProxyError(
        f"{name} refused to connect to {host} ({status}).",
        hint=f"Ask its administrator to allow {host}:443, or exempt it with NO_PROXY if there is a direct way.",
    )


def require_socks(proxy: Proxy) -> None:
    """Raise ProxyError for a SOCKS proxy if the package PySocks is not installed."""
    if proxy.scheme.startswith("socks") and importlib.util.find_spec("socks") is None:
        raise ProxyError(
            f"The proxy {proxy.name} (from {proxy.variable}) is a SOCKS proxy, which needs the package PySocks.",
            hint="Install it beside ecsvnc (`pip install pysocks`, `pipx inject ecsvnc pysocks`).",
        )


def _refusal_by_proxy(cause: BaseException, proxy: Proxy, host: str) -> NetworkError | None:
    """The error for an exception that only a proxy's answer causes; None for all others."""
    name = f"The proxy {proxy.name} (from {proxy.variable})"
    match type(cause).__name__ if _is_of_socks(cause) else "":
        case "SOCKS5AuthError":
            return _proxy_login(proxy)
        case "SOCKS4Error" | "SOCKS5Error":
            if str(cause)[:4] in _SOCKS_OUT_OF_REACH:
                return ConnectError(f"{name} could not connect to {host}.", hint=_proxy_hint(proxy))
            return ProxyError(f"{name} refused to connect to {host}.", hint=_proxy_hint(proxy))
        case "GeneralProxyError" if getattr(cause, "socket_err", None) is None:
            return ProxyError(f"{name} did not answer as a SOCKS proxy.", hint=_proxy_hint(proxy))
    refused = _REFUSED_TUNNEL.search(str(cause)) if isinstance(cause, OSError) else None
    return proxy_refusal(proxy, int(refused[1]), host) if refused is not None else None


def _is_of_socks(cause: BaseException) -> bool:
    """Whether PySocks raised it, which is not imported for that: most have no SOCKS proxy."""
    return type(cause).__module__ == "socks"


def _proxy_login(proxy: Proxy) -> ProxyError:
    return ProxyError(
        f"The proxy {proxy.name} (from {proxy.variable}) requires a user name and password, or rejected them.",
        hint=f"Set them in {proxy.variable} as {proxy.scheme}://USER:PASSWORD@HOST:PORT, percent-encoded.",
    )


def _proxy_hint(proxy: Proxy) -> str:
    return f"Check {proxy.variable}, or exempt the host with NO_PROXY."


def _recognise(cause: BaseException, peer: str, environ: Mapping[str, str], hint: str) -> NetworkError | None:
    """The error for one exception of the chain; None if it does not tell the cause."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted(cause, peer, environ)
    for kinds, what in _TRANSIENT:
        if isinstance(cause, kinds):
            return ConnectError(_sentence(what.format(peer=peer)), hint=hint)
    if isinstance(cause, ssl.SSLError):
        return TlsError(
            _sentence(_tls_failure(cause.reason or "").format(peer=peer)),
            hint="Check the port and scheme of `endpoint` or of the proxy; something on the way may alter TLS.",
        )
    if isinstance(cause, OSError) and cause.strerror is not None:  # without it, it is a library's own class
        return ConnectError(_sentence(f"{peer} could not be reached ({cause.strerror})."), hint=hint)
    return None


def _tls_failure(reason: str) -> str:
    """The message for an OpenSSL reason; one that is not in the table is quoted, so that it can be searched for."""
    for pattern, what in _TLS_REASONS:
        if re.fullmatch(pattern, reason):
            return what
    quoted = f" (OpenSSL: {reason})" if re.fullmatch(r"[A-Z0-9_]{1,80}", reason) else ""
    return f"the TLS handshake with {{peer}} failed{quoted}."


def _untrusted(cause: ssl.SSLCertVerificationError, peer: str, environ: Mapping[str, str]) -> TlsError:
    """The error for an untrusted certificate. The numbers are OpenSSL's X509_V_ERR_… (x509_vfy.h)."""
    clock_hint = "Check this machine's clock first. If it is right, the server's operator has to renew the certificate."
    host_hint = "Check `endpoint` (`ecsvnc config list --show-origin`) and what is listening there."
    what, hint = {
        9: ("is not valid yet", clock_hint),
        10: ("has expired", clock_hint),
        62: ("is for another host name", host_hint),
        64: ("is for another address", host_hint),
    }.get(cause.verify_code, ("is not signed by an authority that this machine trusts", untrusted_hint(environ)))
    return TlsError(f"The TLS certificate of {peer} {what}.", hint=hint)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Every exception wrapped in this one, the innermost first.

    requests, urllib3 and PySocks keep what they wrap in `args`, `reason`, `original_error` or `socket_err` besides the
    chain.
    """
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        item = waiting.pop()
        if not isinstance(item, BaseException) or any(item is known for known in seen):
            continue
        seen.append(item)
        waiting += [item.__cause__, item.__context__, *item.args]
        waiting += [getattr(item, name, None) for name in ("reason", "original_error", "socket_err")]
    return reversed(seen)


def _sentence(text: str) -> str:
    """The text with a capital at its start, unless it starts with a host name."""
    return f"T{text[1:]}" if text.startswith("the ") else text
