"""The messages on the connection to the console: that it broke, why connecting takes long, that it is restored."""

from __future__ import annotations

from ecsvnc.attach.keyboard import Keyboard
from ecsvnc.attach.status import Status
from ecsvnc.console.client import ConsoleClient


class ConnectionNews:
    """Shows the state of one console's connection on the status line.

    `messages` are the program's, which are kept back meanwhile. Some say why connecting takes so long.
    """

    def __init__(self, console: ConsoleClient, keyboard: Keyboard, status: Status, messages: list[str]) -> None:
        self._console = console
        self._keyboard = keyboard
        self._status = status
        self._messages = messages
        self._earlier = 0  # this many messages are from when it was open: they are printed at the end
        self._was_open = True
        self._connections = console.connections
        self._failure = ""
        self._lost = ""

    def follow(self) -> None:
        """Show what has changed since the last call: it may have broken, and be restored already."""
        if (self._connections, self._was_open) != (self._console.connections, self._console.is_open):
            self._connections, self._was_open = self._console.connections, self._console.is_open
            self._tell_change()
        if self._was_open:
            self._earlier = len(self._messages)
            return
        while len(self._messages) > self._earlier:
            self._status.keep(" ".join(self._messages.pop(self._earlier).split()))
        if self._failure != self._console.failure:
            self._failure = self._console.failure
            self._status.keep(f"{self._failure}{self._lost}")

    def _tell_change(self) -> None:
        if self._keyboard.forget():
            self._lost = " Keys that waited to be sent are lost."
        if self._was_open:
            self._status.keep("")
            self._status.say(f"Connected again.{self._lost}", self._console.now)
            self._lost = ""
        else:
            self._failure = ""
            self._status.keep(f"The connection to the console broke. Connecting again …{self._lost}")
