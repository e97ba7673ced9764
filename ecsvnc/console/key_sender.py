"""Key events that wait to be sent to a console: as fast as QEMU's keyboard takes them, and no faster.

It does nothing by itself: its user calls `send_due` when `due_in_s` is over. `press_keys` does, and waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from ecsvnc.errors import ConsoleError
from ecsvnc.keyboard.keys import CAPS_LOCK, Key, KeyEvent

KEY_PACE_S = 0.012
"""Between two key events: QEMU's keyboard takes one in 10 ms, and drops those that its queue has no place for."""

_LIGHT_WITHIN_S = 5.0
"""A busy instance may take a while to see the key."""


class TakesKeys(Protocol):
    """A console that takes keys. See `ConsoleClient`, which is one."""

    @property
    def now(self) -> float:
        """Monotonic seconds."""

    @property
    def has_extended_keys(self) -> bool:
        """Whether it takes keys by their place."""

    @property
    def has_caps_lock(self) -> bool | None:
        """Whether Caps Lock is on in the instance; None if that is not known."""

    def send_key(self, keysym: int, *, is_down: bool) -> None:
        """Send a key by what is on it."""

    def send_extended_key(self, keysym: int, scancode: int, *, is_down: bool) -> None:
        """Send a key by its place too."""


class KeySender:
    """The keyboard of one console, with the keys that are down on it."""

    def __init__(self, console: TakesKeys) -> None:
        self._console = console
        self._waiting: deque[KeyEvent | None] = deque()  # None: until the light of Caps Lock is out
        self._down: list[Key] = []
        self._due_at_s = 0.0
        self._light_until_s: float | None = None
        self._keeps_caps_lock = False

    @property
    def waiting(self) -> int:
        """How many events are still to be sent."""
        return len(self._waiting)

    @property
    def due_in_s(self) -> float | None:
        """Seconds until `send_due` has something to send; None if nothing waits."""
        return max(0.0, self._due_at_s - self._console.now) if self._waiting else None

    def put(self, events: Sequence[KeyEvent]) -> None:
        """Send these after those that wait. If Caps Lock is on in the instance, it is turned off first.

        Raises ConsoleError, and puts none, if the console does not take a key that only exists on another keyboard than
        a US one.
        """
        if not self._console.has_extended_keys and any(event.key.is_by_place_only for event in events):
            raise ConsoleError(
                "This console only takes the keys of a US keyboard, and a character needs another one. Nothing was "
                "typed.",
                hint="Use `ecsvnc open`, or a keyboard layout in which the character is on another key.",
            )
        # QEMU turns it off itself where a letter contradicts what it believes, but what it believes is wrong at first,
        # if Caps Lock was on before the connection.
        is_unwanted = self._console.has_caps_lock and not any(event.key == CAPS_LOCK for event in events)
        if is_unwanted and not self._waiting and not self._keeps_caps_lock:
            self._waiting.extend([KeyEvent(CAPS_LOCK, is_down=True), KeyEvent(CAPS_LOCK, is_down=False), None])
        self._waiting.extend(events)

    def send_due(self) -> None:
        """Send the next event, if it is due. Raises ConsoleError if the console is not open now."""
        now = self._console.now
        if not self._waiting or now < self._due_at_s:
            return
        event = self._waiting[0]
        self._due_at_s = now + KEY_PACE_S
        if event is None:
            self._light_until_s = now + _LIGHT_WITHIN_S if self._light_until_s is None else self._light_until_s
            if self._console.has_caps_lock and now < self._light_until_s:
                return
            self._light_until_s, self._keeps_caps_lock = None, bool(self._console.has_caps_lock)
            self._due_at_s = now
        else:
            self._send(event)
        self._waiting.popleft()

    def release(self) -> None:
        """Let nothing wait but the release of what is down."""
        self._light_until_s = None
        self._waiting = deque(KeyEvent(key, is_down=False) for key in reversed(self._down))

    def forget(self) -> None:
        """The connection broke: nothing is down any more, and nothing that waits may still be typed."""
        self._down.clear()
        self.release()

    def _send(self, event: KeyEvent) -> None:
        key = event.key
        if self._console.has_extended_keys and key.scancode is not None:
            self._console.send_extended_key(key.keysym, key.scancode, is_down=event.is_down)
        else:
            self._console.send_key(key.keysym, is_down=event.is_down)
        if event.is_down:
            self._down.append(key)
        elif key in self._down:
            self._down.remove(key)
