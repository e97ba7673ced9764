"""When to send a keepalive to a console, and which message. Pure: `relay` sends it.

ECS closes a console that is idle for 300 seconds (DescribeInstanceVncUrl, usage notes; 60 in older copies of that
page). Only RFB traffic counts. Whether both messages below count for ECS is not documented, and was not tested on ECS.

A keepalive must not request anything that the viewer has not requested: QEMU answers even an incremental request for an
empty rectangle with everything that changed. So a message of the viewer is repeated: the request that the console has
not answered yet, else its last SetEncodings. Measured on QEMU, with SeaBIOS's screen: the empty request led to 10,665
bytes, SetEncodings to none, the repeated request to 28. Without either message there is no keepalive.

It must never be sent inside a message of the viewer: `relay` asks `rfb.client_messages` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsvnc.rfb.client_messages import ClientMessages


def keepalive_message(messages: ClientMessages) -> bytes:
    """The viewer's message that can be repeated now; empty if it has sent none."""
    return messages.unanswered_request or messages.encodings


@dataclass(frozen=True, slots=True)
class Policy:
    """`interval_s` seconds without input before a keepalive, 0 for never; none after `max_idle_s` without input."""

    interval_s: float
    max_idle_s: float


class Keepalive:
    """The times of one connection, in monotonic seconds."""

    def __init__(self, policy: Policy, *, now: float) -> None:
        self._policy = policy
        self._last_input_at = now
        self._last_sent_at = now

    def note_input(self, now: float) -> None:
        """The user pressed a key or moved the pointer."""
        self._last_input_at = now

    def sent(self, now: float) -> None:
        """A keepalive was sent."""
        self._last_sent_at = now

    def idle_s(self, now: float) -> float:
        """Seconds since the last input."""
        return now - self._last_input_at

    def due_in_s(self, now: float) -> float | None:
        """Seconds until the next keepalive, 0 when it is due; None if none follows without new input."""
        if not self._policy.interval_s:
            return None
        due_at = max(self._last_input_at, self._last_sent_at) + self._policy.interval_s
        if due_at > self._last_input_at + self._policy.max_idle_s:
            return None
        return max(0.0, due_at - now)

    def ends_in_s(self, now: float) -> float | None:
        """Seconds until keepalives end without new input: 0 when they have ended, None if there are none."""
        if not 0 < self._policy.interval_s <= self._policy.max_idle_s:
            return None
        return max(0.0, self._last_input_at + self._policy.max_idle_s - now)
