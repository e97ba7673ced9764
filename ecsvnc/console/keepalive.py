"""When a console is kept open, and with which message: decided here, from plain values; sent by `relay`. Pure.

ECS closes a console that is idle for 300 seconds (DescribeInstanceVncUrl, usage notes; 60 in older copies of that
page). Only what RFB itself carries counts. Whether both messages below count for ECS is not documented, and has not
been tried on ECS.

A message of our own must ask for nothing that the viewer has not asked for: QEMU answers even an incremental request
for an empty rectangle with everything that changed. So the viewer's own last words are repeated: the request that the
console has not answered yet, or else SetEncodings as the viewer last sent it. Tried on QEMU, with SeaBIOS's screen: the
empty request brought 10,665 bytes, SetEncodings none, the unanswered request again 28. A viewer that has sent neither
cannot be kept open.

The message must never fall inside one of the viewer's own: `relay` asks `rfb.client_messages` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsvnc.rfb.client_messages import ClientMessages


def keepalive_message(messages: ClientMessages) -> bytes:
    """What can be repeated now without changing what the viewer gets; empty if the viewer has not sent such yet."""
    return messages.unanswered_request or messages.encodings


@dataclass(frozen=True, slots=True)
class Policy:
    """`interval_s` seconds without input before a keepalive, 0 for never; none after `max_idle_s` without input."""

    interval_s: float
    max_idle_s: float


class Keepalive:
    """The times of one connection. All in seconds of one clock that never jumps."""

    def __init__(self, policy: Policy, *, now: float) -> None:
        self._policy = policy
        self._last_input_at = now
        self._last_sent_at = now

    def note_input(self, now: float) -> None:
        """A person did something at the viewer."""
        self._last_input_at = now

    def sent(self, now: float) -> None:
        """A keepalive went out."""
        self._last_sent_at = now

    def idle_s(self, now: float) -> float:
        """How long nobody has done anything."""
        return now - self._last_input_at

    def due_in_s(self, now: float) -> float | None:
        """Seconds until the next keepalive, 0 when it is due; None if there is none to come without new input."""
        if not self._policy.interval_s:
            return None
        due_at = max(self._last_input_at, self._last_sent_at) + self._policy.interval_s
        if due_at > self._last_input_at + self._policy.max_idle_s:
            return None
        return max(0.0, due_at - now)

    def ends_in_s(self, now: float) -> float | None:
        """Seconds until keepalives end, if nobody does anything: 0 once they have, None if there never are any."""
        if not 0 < self._policy.interval_s <= self._policy.max_idle_s:
            return None
        return max(0.0, self._last_input_at + self._policy.max_idle_s - now)
