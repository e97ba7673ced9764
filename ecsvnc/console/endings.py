"""The messages for a console connection that ended. Pure.

RFB has no closing message, and viewers only show "connection closed": the messages come from the WebSocket's close
code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from ecsvnc.errors import ConsoleError, EcsvncError, UnexpectedAnswerError
from ecsvnc.openapi.redaction import CONSOLE_ADDRESS, CUT

if TYPE_CHECKING:
    from ecsvnc.tickets.ticket import VncUrl

ECS_IDLE_LIMIT_S = 300.0
"""The time without RFB traffic after which ECS closes a console (DescribeInstanceVncUrl, usage notes)."""

NO_CLOSE_FRAME = 1006
"""RFC 6455, section 7.1.5: the connection ended without a close frame."""

IDLE, TAKEN_OVER = 4000, 4001
"""ECS's own codes for a session that was idle for too long, and for one that lost the console to another."""

RECONNECT = "Connect again for a fresh console."

_IDENTIFYING_LENGTH = 8
"""How many characters identify a ticket: a text that repeats it may be cut off anywhere."""

_CLOSE_CODES = {
    1000: "ECS closed the console",
    1001: "ECS closed the console: its server is shutting down",
    1002: "ECS closed the console: protocol error",
    1005: "ECS closed the console",
    1006: "The connection to the console was lost",
    1008: "ECS closed the console: policy violation",
    1009: "ECS closed the console: a message was too long",
    1011: "ECS closed the console: internal error",
    1012: "ECS closed the console: its server is restarting",
    1013: "ECS closed the console: it is overloaded",
    IDLE: "ECS closed the console: it was idle for too long",
    TAKEN_OVER: "ECS closed the console: another session took it over",
    4002: "ECS closed the console: the instance was stopped",
}
"""Close codes: RFC 6455, section 7.4.1, the IANA registry, and ECS's own from 4000 up."""


class EndedBy(Enum):
    """Who ended a connection."""

    VIEWER = auto()
    CONSOLE = auto()
    US = auto()


@dataclass(frozen=True, slots=True)
class Ending:
    """How a relayed connection ended. `words` may quote the console, and are escaped when they are printed.

    `is_fault`: it did not end as intended, so the user is warned.
    """

    by: EndedBy
    words: str
    is_fault: bool = False


def console_closed(code: int, reason: str, *, idle_s: float) -> Ending:
    """The console ended it with this WebSocket close code and reason; `idle_s` is the time since the last input."""
    return Ending(EndedBy.CONSOLE, f"{why_closed(code, reason, idle_s=idle_s)} {RECONNECT}", is_fault=True)


def why_closed(code: int, reason: str, *, idle_s: float = 0.0) -> str:
    """The message for a close code, without a hint."""
    words = _CLOSE_CODES.get(code, f"ECS closed the console (code {code})")
    if code not in range(4000, 4003) and reason:
        words += f" ({reason})"
    if code in (1000, NO_CLOSE_FRAME) and idle_s >= ECS_IDLE_LIMIT_S * 0.95:
        words += f", {idle_s:.0f} s after the last input: that may be its idle limit"
    return f"{words}."


def handshake_refused(status: int, host: str) -> EcsvncError:
    """The error for an HTTP status other than 101 in answer to the WebSocket's handshake."""
    if status in (401, 403):
        return ConsoleError(
            f"The console refused the ticket ({status}): it has expired, or was used before.",
            hint=f"{RECONNECT} If that fails too, check this machine's clock.",
        )
    if status == 429:
        return ConsoleError(
            "The console refused the connection (429): too many connections in a minute, or at once.",
            hint="ECS allows 30 a minute to one instance. Wait a minute.",
        )
    if status >= 500:
        return ConsoleError(f"The console at {host} is failing ({status}).", hint="Try again in a minute.")
    return UnexpectedAnswerError(
        f"{host} answered {status}, not as a console does.",
        hint="A proxy on the way may not let WebSockets through.",
    )


def without_ticket(text: str, vnc_url: VncUrl) -> str:
    """A text of a console without its ticket, whole or cut off, and without any console's address."""
    parts = urlsplit(vnc_url.value).query.split("&")
    values = [value for part in parts for value in (part, part.partition("=")[2])]
    forms = {form for value in values for form in (value, unquote(value), quote(value, safe=""))}
    text = CONSOLE_ADDRESS.sub(CUT, text)
    for form in forms:
        if len(form) >= _IDENTIFYING_LENGTH:
            beginning = re.escape(form[:_IDENTIFYING_LENGTH])
            text = re.sub(rf"{beginning}[\w%+/=~-]*", CUT, text, flags=re.IGNORECASE)
    return text


def refusal_for_viewer(error: EcsvncError) -> str:
    """The reason that the viewer shows: one printable line."""
    line = " ".join(part for part in (error.what, error.hint) if part)
    return "".join(character if character.isprintable() else "?" for character in line)
