"""Hosts: which are this machine, on which plain http, proxies and the handoff depend, and how one is written."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def bracketed(host: str) -> str:
    """A host as it stands before `:PORT`: an IPv6 address in brackets (RFC 3986, section 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Whether a URL's host is certainly this machine: `localhost`, 127.0.0.0/8 or ::1, with or without brackets.

    `name.localhost` is not: the resolver decides what it is (RFC 6761, section 6.3, is no guarantee).
    """
    bare = host.removeprefix("[").removesuffix("]").rstrip(".").lower()
    if bare == "localhost":
        return True
    try:
        address = ip_address(bare)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback
