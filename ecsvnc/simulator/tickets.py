"""Tickets: each opens one console connection, once, within 15 seconds (DescribeInstanceVncUrl, field VncUrl)."""

from __future__ import annotations

import base64
import hashlib
import threading
from dataclasses import dataclass
from urllib.parse import quote

from ecsvnc.runtime import Runtime

VALIDITY_S = 15.0

_TOKEN_BYTES = 48  # as many as in the API reference's sample
_REMEMBERED_S = 300.0
_MAX_REMEMBERED = 50_000


class TicketRefusedError(Exception):
    """A ticket that is not valid. The text is the reason, without any part of the ticket."""


@dataclass(slots=True)
class _Issued:
    instance_id: str
    issued_monotonic_s: float
    used_at_s: float | None = None

    @property
    def dead_at_s(self) -> float:
        """When it became, or becomes, invalid: at its use, or else when it expires."""
        return self.issued_monotonic_s + VALIDITY_S if self.used_at_s is None else self.used_at_s


class Tickets:
    """Issues and redeems tickets. Safe for several threads.

    Only the SHA-256 of a token is kept and looked up: neither a memory dump nor the time of a look-up reveals a
    token. Invalid tickets are kept for a while, for the reason of a refusal.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._issued: dict[bytes, _Issued] = {}

    def issue(self, instance_id: str) -> str:
        """A new ticket's token: base64 of 48 random bytes."""
        token = base64.b64encode(self._runtime.random_bytes(_TOKEN_BYTES)).decode()
        now = self._runtime.monotonic()
        with self._lock:
            self._forget_old(now)
            self._issued[_digest(token)] = _Issued(instance_id, now)
        return token

    def redeem(self, token: str) -> str:
        """The id of the instance whose console the ticket opens. Raises TicketRefusedError."""
        with self._lock:
            ticket = self._issued.get(_digest(token))
            if ticket is None:
                raise TicketRefusedError("unknown ticket")
            if ticket.used_at_s is not None:
                raise TicketRefusedError("ticket already used")
            now = self._runtime.monotonic()
            if now > ticket.dead_at_s:
                raise TicketRefusedError("ticket expired")
            ticket.used_at_s = now
            return ticket.instance_id

    @property
    def last_dead_at_s(self) -> float | None:
        """When the last ticket was used, or expires; in monotonic seconds. None if there was none recently."""
        with self._lock:
            return max((ticket.dead_at_s for ticket in self._issued.values()), default=None)

    def _forget_old(self, now: float) -> None:
        # In the order of their issue: the oldest is first.
        while self._issued:
            oldest = next(iter(self._issued))
            is_old = now - self._issued[oldest].issued_monotonic_s > _REMEMBERED_S
            if not is_old and len(self._issued) < _MAX_REMEMBERED:
                return
            del self._issued[oldest]


def vnc_url(origin: str, token: str) -> str:
    """VncUrl as the API answers it: the token encoded in the WebSocket URL's query, and the whole URL once more.

    `origin` is `http://HOST:PORT`; the console speaks WebSocket on the same port.
    """
    host_and_port = origin.removeprefix("http://")
    return quote(f"ws://{host_and_port}/websockify/?s={quote(token, safe='')}", safe="")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
