"""What went wrong in an exchange, in our own errors: it looks at an exception, and names the cause.

The layers below wrap each other's exceptions, differently from version to version; the innermost ones say what
happened. Their texts are never passed on: they hold URLs, and bytes that a server chose.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from http.client import IncompleteRead, RemoteDisconnected

from ecsvnc.errors import ConnectError, NetworkError, ProxyError, TlsError, UnexpectedAnswerError
from ecsvnc.http.proxies import Proxy

_REFUSED_TUNNEL = re.compile(r"Tunnel connection failed: ([0-9]{3})\b")
"""http.client's only way to say that a proxy refused CONNECT."""

_PASSING: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
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
        "{peer} broke the connection off.",
    ),
    ((ConnectionRefusedError,), "{peer} refused the connection."),
    ((TimeoutError,), "{peer} did not answer in time."),
)
"""What may be different the next time, and how to say it. First match wins."""

_NETWORK_HINT = (
    "Check the network, the region and `endpoint` (`ecsvnc config list --show-origin`), and whether a proxy is needed."
)


def network_error(error: BaseException, host: str, proxy: Proxy | None, *, at_proxy: bool) -> NetworkError:
    """Our error for what an exchange with `host` raised. `at_proxy`: it got no further than to the proxy."""
    causes = list(_causes(error))
    if proxy is not None:
        for cause in causes:
            refused = _REFUSED_TUNNEL.search(str(cause)) if isinstance(cause, OSError) else None
            if refused is not None:
                return proxy_refusal(proxy, int(refused[1]), host)
    peer = f"the proxy {proxy.name} (from {proxy.variable})" if proxy is not None and at_proxy else host
    for cause in causes:
        found = _recognise(cause, peer, proxy if at_proxy else None)
        if found is not None:
            return found
    return UnexpectedAnswerError(
        _sentence(f"{peer} did not answer with HTTP that can be understood."),
        hint="Check `endpoint` (`ecsvnc config list --show-origin`) and whether something else listens there.",
    )


def timed_out(host: str, proxy: Proxy | None, seconds: float) -> ConnectError:
    """The whole exchange took too long."""
    through = f" through the proxy {proxy.name}" if proxy is not None else ""
    return ConnectError(f"{host} gave no whole answer within {seconds:.3g} seconds{through}.", hint=_NETWORK_HINT)


def proxy_refusal(proxy: Proxy, status: int, host: str) -> NetworkError:
    """The proxy answered in the server's place, with this HTTP status."""
    name = f"The proxy {proxy.name} (from {proxy.variable})"
    if status == 407:
        return ProxyError(
            f"{name} wants a user name and password, or refused those it got (407).",
            hint=f"Put them into {proxy.variable} as http://USER:PASSWORD@HOST:PORT, percent-encoded.",
        )
    if status >= 500:  # it could not reach the host: that may pass
        return ConnectError(f"{name} could not connect to {host} ({status}).", hint=_hint(proxy))
    return ProxyError(
        f"{name} refused to connect to {host} ({status}).",
        hint=f"Ask its administrator to allow {host}:443, or exempt it with NO_PROXY if there is a direct way.",
    )


def _recognise(cause: BaseException, peer: str, proxy: Proxy | None) -> NetworkError | None:
    """Our error for one exception of the chain, if it is one that says what happened."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted(cause, peer)
    for kinds, what in _PASSING:
        if isinstance(cause, kinds):
            return ConnectError(_sentence(what.format(peer=peer)), hint=_hint(proxy))
    if isinstance(cause, ssl.SSLError):
        return TlsError(
            _sentence(f"{peer} does not speak TLS that this program accepts ({_reason(cause)})."),
            hint="Check the port and scheme of `endpoint` or of the proxy; something in between may break TLS.",
        )
    if isinstance(cause, OSError) and cause.strerror is not None:  # without it, it is a library's own class
        return ConnectError(_sentence(f"{peer} could not be reached ({cause.strerror})."), hint=_hint(proxy))
    return None


def _untrusted(cause: ssl.SSLCertVerificationError, peer: str) -> TlsError:
    """The certificate, and what is wrong with it. The numbers are OpenSSL's X509_V_ERR_… (x509_vfy.h)."""
    ca_hint = (
        "If a proxy or private network uses its own certificate authority, name its certificate in SSL_CERT_FILE or "
        "REQUESTS_CA_BUNDLE."
    )
    clock_hint = "Check this machine's clock first; else the server's operator has to renew it."
    what, hint = {
        9: ("is not valid yet", clock_hint),
        10: ("has expired", clock_hint),
        62: ("is for another host name", "Check `endpoint`: something else than the service answers there."),
        64: ("is for another address", "Check `endpoint`: something else than the service answers there."),
    }.get(cause.verify_code, ("is not signed by an authority that this machine trusts", ca_hint))
    return TlsError(f"The TLS certificate of {peer} {what}.", hint=hint)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Every exception wrapped in this one, the innermost first.

    requests and urllib3 keep what they wrap in `args`, `reason` or `original_error` besides the chain.
    """
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        item = waiting.pop()
        if not isinstance(item, BaseException) or any(item is known for known in seen):
            continue
        seen.append(item)
        waiting += [item.__cause__, item.__context__, *item.args]
        waiting += [getattr(item, "reason", None), getattr(item, "original_error", None)]
    return reversed(seen)


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's own name for the trouble: `WRONG_VERSION_NUMBER`."""
    reason = error.reason or ""
    return reason.replace("_", " ").lower() if re.fullmatch(r"[A-Z0-9_]{1,80}", reason) else "handshake failed"


def _hint(proxy: Proxy | None) -> str:
    return f"Check {proxy.variable}, or exempt the host with NO_PROXY." if proxy is not None else _NETWORK_HINT


def _sentence(text: str) -> str:
    """A capital at the beginning, unless it begins with a host's name."""
    return f"T{text[1:]}" if text.startswith("the ") else text
