"""The properties of an instance's console, from one session."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ecsvnc.capture.console_screen import ConsoleScreen
from ecsvnc.console.client import ConsoleClient, ConsoleOptions

if TYPE_CHECKING:
    from ecsvnc.capture.shot import Shot
    from ecsvnc.console.shown_console import ConsoleFacts
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.resolve import Settings
    from ecsvnc.tickets.instance_tickets import InstanceTickets

_SECURITY_TYPES = {1: "no authentication", 2: "VNC authentication", 16: "Tight", 18: "TLS", 19: "VeNCrypt"}
"""RFC 6143, section 8.1.2, and the IANA registry."""

_ENCODINGS = {
    0: "raw",
    1: "CopyRect",
    2: "RRE",
    5: "Hextile",
    6: "zlib",
    7: "Tight",
    16: "ZRLE",
    -223: "DesktopSize",
    -258: "extended key events",
    -261: "keyboard LEDs",
}
"""RFC 6143, sections 8.4.1 and 8.4.2, and the IANA registry."""


class ConsoleFindings(NamedTuple):
    """The console's properties, its screen, and the seconds that a request and its answer take."""

    facts: ConsoleFacts
    shot: Shot
    round_trip_s: float

    @property
    def in_words(self) -> str:
        """All of it, in sentences. The desktop's name is the instance's own text."""
        facts = self.facts
        return " ".join(
            [
                f"RFB {_short(facts.rfb_version)}; offers {_named(facts.security_types, _SECURITY_TYPES)}.",
                f'{facts.width} x {facts.height} pixels, named "{facts.name}".',
                f"Sends {_named(facts.encodings, _ENCODINGS)}.",
                f"{self._text_in_words}.",
                f"Round trip {self.round_trip_s * 1000:.0f} ms.",
            ]
        )

    @property
    def _text_in_words(self) -> str:
        if self.shot.is_blank:
            return "The screen is blank"
        text = self.shot.text
        if text is None:
            return "The screen shows a picture, and no text that can be read"
        unread = f", {text.unknown} characters unknown" if text.unknown else ""
        return f"Its text can be read: {text.columns} columns, {text.rows} rows{unread}"


def look_at_console(tickets: InstanceTickets, settings: Settings, runtime: Runtime) -> ConsoleFindings:
    """Open the console, and close it again. Raises what `ConsoleClient` raises."""
    options = ConsoleOptions(reconnect_within_s=0.0)
    with ConsoleClient(tickets, options, settings=settings, runtime=runtime) as console:
        shot = ConsoleScreen(console, runtime).look()
        return ConsoleFindings(console.facts, shot, console.round_trip_s())


def _short(version: str) -> str:
    """`3.8`, of `RFB 003.008`."""
    return ".".join(str(int(part)) for part in version.removeprefix("RFB ").split("."))


def _named(numbers: tuple[int, ...], names: dict[int, str]) -> str:
    return ", ".join(names.get(number, f"type {number}") for number in numbers) or "nothing"
