"""When a console is kept open: decided here, from plain times; done in `relay`.

ECS closes a console that is idle for 300 seconds (DescribeInstanceVncUrl, usage notes; 60 in older copies of that
page), and only what RFB itself carries counts. So a harmless message of RFB goes out in time. It must never fall
inside one of the viewer's own: whoever sends it asks `rfb.client_messages` first.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ecsvnc.rfb.client_messages import FRAMEBUFFER_UPDATE_REQUEST

DEFAULT_INTERVAL_S = 20.0
DEFAULT_MAX_IDLE_S = 4 * 3600.0

MESSAGE = struct.pack(">BBHHHH", FRAMEBUFFER_UPDATE_REQUEST, 1, 0, 0, 0, 0)
"""An incremental FramebufferUpdateRequest for an empty rectangle (RFC 6143, section 7.5.3): it asks for nothing."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`interval_s` seconds without input before a keepalive, 0 for never; none after `max_idle_s` without input."""

    interval_s: float = DEFAULT_INTERVAL_S
    max_idle_s: float = DEFAULT_MAX_IDLE_S


class Keepalive:
    """The times of one connection. All in seconds of one clock that never jumps."""

    def __init__(self, policy: Policy, *, now: float) -> None:
        self._policy = policy
        self._last_input_at = now
        self._last_sent_at = now

    def heard_input(self, now: float) -> None:
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

    def gives_up_in_s(self, now: float) -> float | None:
        """Seconds until keepalives end, if nobody does anything: 0 once they have, None if there never are any."""
        if not 0 < self._policy.interval_s <= self._policy.max_idle_s:
            return None
        return max(0.0, self._last_input_at + self._policy.max_idle_s - now)
