"""A request and its answer as plain values: no type of `requests` leaves this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One finished request: it is sent unchanged, or not at all.

    `headers` may hold a signature or a token, and `url` a name: neither is shown by `repr`.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One complete answer. Header names are lower-case; `received_at` is POSIX seconds by this machine's clock."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: float
