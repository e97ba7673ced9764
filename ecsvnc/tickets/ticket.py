"""The ticket: one console connection, for 15 seconds.

ECS calls it VncUrl (DescribeInstanceVncUrl). It is a bearer secret: it gives control of the machine. So neither
the ticket nor anything that holds it is shown by `repr`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from ecsvnc.errors import UnexpectedAnswerError

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime

VALIDITY_S = 15.0
"""How long ECS lets a ticket be used, counted from its answer (DescribeInstanceVncUrl, field VncUrl)."""

MIN_LEFT_S = 7.0
"""A ticket with less time left is replaced before it is passed on: loading the console page takes some of it."""

MAX_VNC_URL_LENGTH = 4096
"""Far above the 150 characters seen, far below what a browser or proxy refuses in a URL."""


_WELL_ENCODED = re.compile(r"(?:[A-Za-z0-9\-._~!'()*]|%[0-9A-Fa-f]{2})+")
"""A whole URL encoded as one query value: nothing in it can end the value or start another parameter."""

_URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?@!$&'()*+,;=%\[\]]+")
"""RFC 3986's characters without `#`: a WebSocket URL has no fragment (RFC 6455, section 3)."""


@dataclass(frozen=True, slots=True)
class VncUrl:
    """The console's WebSocket URL, decoded once in `value`, encoded once in `encoded`. Made by `parse` only."""

    value: str = field(repr=False)
    encoded: str = field(repr=False)

    @classmethod
    def parse(cls, api_value: str, *, request_id: str = "") -> VncUrl:
        """Decode the API's VncUrl once, and check it.

        The API percent-encodes the whole URL once; the token inside it was encoded before that, and must stay so
        (decoding twice turns its `+` into spaces). A value that already starts with `ws://` or `wss://` is taken as
        decoded. Raises UnexpectedAnswerError, with the answer's `request_id`, for anything that is not an absolute ws
        or wss URL.
        """
        if len(api_value) > MAX_VNC_URL_LENGTH:
            raise _not_a_console_address(request_id, f"is longer than {MAX_VNC_URL_LENGTH} characters")
        value = api_value if _is_websocket(api_value) else unquote(api_value, errors="replace")
        if not _is_websocket(value) or not _URL_CHARACTERS.fullmatch(value) or not _has_plain_authority(value):
            raise _not_a_console_address(request_id)
        well_encoded = value is not api_value and _WELL_ENCODED.fullmatch(api_value)
        return cls(value, encoded=api_value if well_encoded else quote(value, safe=""))

    @property
    def host(self) -> str:
        """The host name, for messages: it is no secret."""
        return urlsplit(self.value).hostname or ""

    @property
    def is_encrypted(self) -> bool:
        """Whether the console speaks TLS (`wss`)."""
        return self.value[:6].lower() == "wss://"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One VncUrl and when it was issued.

    `issued_at` is POSIX seconds by this machine's clock, for people; `issued_monotonic_s` is what its age is
    measured by, since a wall clock can jump.
    """

    vnc_url: VncUrl
    issued_at: float
    issued_monotonic_s: float
    request_id: str

    @property
    def expires_at(self) -> float:
        """POSIX seconds."""
        return self.issued_at + VALIDITY_S

    def seconds_left(self, runtime: Runtime) -> float:
        """Seconds until it expires; negative after that."""
        return self.issued_monotonic_s + VALIDITY_S - runtime.monotonic()

    def is_fresh(self, runtime: Runtime) -> bool:
        """Whether enough time is left for a browser that gets it now."""
        return self.seconds_left(runtime) >= MIN_LEFT_S


def _is_websocket(text: str) -> bool:
    return text[:5].lower() == "ws://" or text[:6].lower() == "wss://"


def _has_plain_authority(url: str) -> bool:
    """Whether the URL has a host, no user, and a valid port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return bool(parts.hostname) and "@" not in parts.netloc and port != 0


def _not_a_console_address(request_id: str, why: str = "is not a ws:// or wss:// URL") -> UnexpectedAnswerError:
    # The value is not quoted: it may be a ticket, or hostile.
    return UnexpectedAnswerError(
        f"The service's answer holds no console address: its VncUrl {why}.",
        hint="Check `endpoint` (`ecsvnc config list --show-origin`) and whether a proxy rewrites answers.",
        request_id=request_id,
    )
