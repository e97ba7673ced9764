"""Which proxy a connection takes, from the usual variables. Pure.

`HTTPS_PROXY` (https and wss), `HTTP_PROXY` (http and ws), then `ALL_PROXY`; `NO_PROXY` exempts. The lower-case name of
each wins over the upper-case one, and switches the proxy off when it is empty: as in curl and Python's urllib.

Loopback and the metadata service are never proxied: a proxy would reach those of its own machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from ecsvnc.errors import ConfigurationError
from ecsvnc.loopback.names import is_loopback

METADATA_HOST = "100.100.100.200"
"""The metadata service of an ECS instance, which also has its role's credentials."""

SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})

_VARIABLES = {"https": "https_proxy", "wss": "https_proxy", "http": "http_proxy", "ws": "http_proxy"}
DEFAULT_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy and the variable that names it. `url` may contain a password; `name` never does."""

    url: str = field(repr=False)
    variable: str

    @property
    def scheme(self) -> str:
        """`http`, `https`, `socks5`, …."""
        return urlsplit(self.url).scheme

    @property
    def name(self) -> str:
        """`http://proxy.example.com:3128`: scheme, host and port, for messages."""
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}" if parts.port is None else f"{parts.scheme}://{host}:{parts.port}"


def find_proxy(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for a http, https, ws or wss URL, or None.

    Raises ConfigurationError, which names the variable and not its value, if that is not a proxy URL.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or host == METADATA_HOST:
        return None
    for name in (_VARIABLES.get(parts.scheme, ""), "all_proxy"):
        variable, value = _variable(name, environ)
        if value:
            break
    else:
        return None
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    if _is_exempt(host, port, _variable("no_proxy", environ)[1]):
        return None
    return _parse(variable, value)


def _variable(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The variable's name as it is set, and its value; empty if it is not set."""
    for spelling in (name, name.upper()):
        if spelling in environ:
            return spelling, environ[spelling].strip()
    return name, ""


def _parse(variable: str, value: str) -> Proxy:
    """Check a proxy's URL; a host without a scheme is an http proxy."""
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:
        usable = False
    if not usable or " " in url:
        raise ConfigurationError(
            f"The environment variable {variable} is not a proxy URL.",
            hint="Set it like http://HOST:PORT (or https://, socks5://, socks5h://).",
        )
    return Proxy(url, variable)


def _is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Whether `NO_PROXY` names the host.

    Its entries are separated by commas or blanks: `*`, a domain (which covers its subdomains, with or without a
    leading dot), an address, a network in CIDR form; each but `*` and the network may end in `:PORT`.
    """
    return any(entry == "*" or _entry_covers(entry, host, port) for entry in no_proxy.lower().replace(",", " ").split())


def _entry_covers(entry: str, host: str, port: int) -> bool:
    if "/" in entry:
        return _is_in_network(host, entry)
    name, entry_port = _split_port(entry)
    if entry_port not in {None, port}:
        return False
    domain = name.removeprefix("*").lstrip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _split_port(entry: str) -> tuple[str, int | None]:
    """`host:443`, `[::1]:443`, or either without a port; a bare IPv6 address has none."""
    name, colon, port = entry.rpartition(":")
    if colon and port.isdecimal() and (":" not in name or name.endswith("]")):
        return name.removeprefix("[").removesuffix("]"), int(port)
    return entry.removeprefix("[").removesuffix("]"), None


def _is_in_network(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
