"""The console's keyboard as the session uses it: single keys at once, whole texts with their progress."""

from __future__ import annotations

from ecsvnc.attach.decode import Pressed
from ecsvnc.attach.key_events import key_events
from ecsvnc.console.client import ConsoleClient
from ecsvnc.console.key_sender import KEY_PACE_S, KeySender
from ecsvnc.errors import ConsoleError
from ecsvnc.keyboard.keys import KeyEvent
from ecsvnc.keyboard.layout import Layout, events_of_chord, events_of_strokes

SHOWN_FROM_S = 1.0
"""A text that takes longer to type has its progress shown."""


class Keyboard:
    """Presses keys on a console. None may be pressed while the connection is broken."""

    def __init__(self, console: ConsoleClient, layout: Layout) -> None:
        self._console = console
        self._layout = layout
        self._sender = KeySender(console)
        self._connections = 0  # when what waits was put
        self._total = 0  # of key events, since nothing waited

    @property
    def due_in_s(self) -> float | None:
        """Seconds until `send_due` has something to do; None for never."""
        return self._sender.due_in_s

    def press(self, pressed: Pressed) -> None:
        """Press a key. Raises UsageError if the layout cannot type it, and ConsoleError if the console is not open."""
        self._put(key_events(pressed, self._layout))

    def press_chord(self, chord: str) -> None:
        """Press keys together. Raises as `press`."""
        self._put(events_of_chord(self._layout.chord(chord)))

    def check(self, text: str) -> None:
        """Raise UsageError if the layout cannot type this text."""
        self._layout.strokes(text)

    def type(self, text: str) -> None:
        """Type a text. Raises as `press`, before the first key."""
        self._put(list(events_of_strokes(self._layout.strokes(text))))

    @property
    def progress(self) -> str:
        """The progress of a text that takes a while to type; empty without one."""
        waiting = self._sender.waiting
        if not waiting or self._total * KEY_PACE_S < SHOWN_FROM_S:
            return ""
        return (
            f"Typing: {100 * (self._total - waiting) // self._total} %, {round(waiting * KEY_PACE_S)} s. Ctrl-] stops"
        )

    def send_due(self) -> None:
        """Send what is due, on the connection that was open when it was put."""
        if self._console.is_open and self._console.connections == self._connections:
            self._sender.send_due()

    def forget(self) -> bool:
        """The connection broke: type no more of what waits. Returns whether anything waited."""
        waited = self._sender.waiting > 0
        self._sender.forget()
        return waited

    def cancel(self) -> None:
        """Type no more of what waits, and release what is down."""
        self._sender.release()
        self._total = 0  # the keys that are lifted are no text

    def _put(self, events: list[KeyEvent]) -> None:
        if not self._console.is_open:
            raise ConsoleError(
                "Nothing was sent: the connection to the console is broken.", hint="Wait until it is connected again."
            )
        self._connections = self._console.connections
        self._total = len(events) + (self._total if self._sender.waiting else 0)
        self._sender.put(events)
