"""The console behind one local page: what its sessions share, and whether it is connected again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecsvnc.browser.page_messages import Ended
from ecsvnc.browser.presence import Presence, PresenceLimits
from ecsvnc.console.active_session import ActiveSession
from ecsvnc.console.endings import RECONNECT
from ecsvnc.console.reconnects import Reconnects
from ecsvnc.errors import ConsoleError, EcsvncError

if TYPE_CHECKING:
    from ecsvnc.console.keepalive import Policy
    from ecsvnc.runtime import Runtime
    from ecsvnc.tickets.instance_tickets import InstanceTickets

RECONNECT_WITHIN_S = 120.0
"""How long the page tries to connect a console again by itself."""


@dataclass(slots=True)
class PageConsole:
    """What the sessions of one local page share: its instance, and the state of its pages and consoles.

    `vnc_password` gives the instance's VNC password or None, if the console asks for it. `layout` is the keyboard
    layout that the page begins with.
    """

    tickets: InstanceTickets
    vnc_password: Callable[[], str | None]
    policy: Policy
    layout: str
    limits: PresenceLimits
    runtime: Runtime
    active: ActiveSession = field(init=False)
    presence: Presence = field(init=False)
    reconnects: Reconnects = field(init=False)
    shown: int = 0
    """How many consoles were shown."""
    failure: EcsvncError | None = None
    """Why the last console could not be connected."""

    def __post_init__(self) -> None:
        self.active = ActiveSession(self.runtime)
        self.presence = Presence(self.limits)
        self.left()

    @property
    def command(self) -> str:
        """What opens the console again, as it is typed."""
        return f"{self.runtime.program} open {self.tickets.instance_id} --console-page local"

    def left(self) -> None:
        """The page closed its console: the count of reconnects begins again."""
        self.reconnects = Reconnects(RECONNECT_WITHIN_S)

    def lost(self, code: int, words: str, *, is_idle: bool, since_s: float) -> Ended:
        """A console that was connected at `since_s` ended: what to tell the page.

        After one that ended because it was idle (`is_idle`), the page does not connect again by itself.
        """
        now = self.runtime.monotonic()
        self.runtime.reporter.info(words)
        try:
            again_s = self.reconnects.lost(code, words, lasted_s=now - since_s, now=now)
        except ConsoleError as error:
            self.left()
            return Ended(error.what, error.hint)
        return Ended(words, RECONNECT, None if is_idle else again_s)

    def not_connected(self, error: EcsvncError) -> Ended:
        """A console could not be connected: what to tell the page."""
        self.failure = error
        try:
            again_s = self.reconnects.failed(error, now=self.runtime.monotonic())
        except EcsvncError:
            self.left()
            self.runtime.reporter.warn(f"No console for the page: {error.what} {error.hint}".rstrip())
            return Ended(error.what, error.hint)
        self.runtime.reporter.info(f"Cannot connect again yet: {error.what}")
        return Ended(error.what, error.hint, again_s)
