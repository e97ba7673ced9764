"""Types the texts that are pasted into the local page: at the keyboard's pace, between the page's own messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ecsvnc.browser.page_messages import Keyboard, Paste, Typed
from ecsvnc.console.key_sender import KeySender
from ecsvnc.errors import ConsoleError, UsageError
from ecsvnc.keyboard.layout import Stroke, events_of_strokes, load_layout
from ecsvnc.keyboard.layout_names import LAYOUT_NAMES
from ecsvnc.rfb import client_requests as requests

if TYPE_CHECKING:
    from ecsvnc.console.relay import Relay
    from ecsvnc.runtime import Runtime

MAX_CHARACTERS = 100_000
"""The longest text: typing it takes about an hour."""

_TELL_EVERY_S = 0.2


class PageTyping:
    """The keyboard behind one relay. `tell` is called with the progress."""

    def __init__(self, relay: Relay, tell: Callable[[Typed], None], runtime: Runtime) -> None:
        self.has_extended_keys = False
        self.has_caps_lock: bool | None = None
        self._relay = relay
        self._tell = tell
        self._runtime = runtime
        self._keys = KeySender(self)
        self._characters = 0
        self._events = 0
        self._told_at_s = 0.0

    @property
    def now(self) -> float:
        """Monotonic seconds."""
        return self._runtime.monotonic()

    def send_key(self, keysym: int, *, is_down: bool) -> None:
        """Send a key by what is on it."""
        self._relay.insert(requests.key_event(keysym, is_down=is_down))

    def send_extended_key(self, keysym: int, scancode: int, *, is_down: bool) -> None:
        """Send a key by its place too."""
        self._relay.insert(requests.extended_key_event(keysym, scancode, is_down=is_down))

    def learn(self, keyboard: Keyboard) -> None:
        """The console reported its keyboard to the page."""
        self.has_extended_keys, self.has_caps_lock = keyboard

    def paste(self, paste: Paste) -> None:
        """Type a text after what is typed already, or tell why not."""
        try:
            events = list(events_of_strokes(self._strokes(paste)))
            self._keys.put(events)
        except (UsageError, ConsoleError) as error:
            self._tell(Typed(0, len(paste.text), is_over=not self._characters, what=error.what, hint=error.hint))
            return
        self._characters += len(paste.text)
        self._events += len(events)
        self._report()

    def cancel(self) -> None:
        """Type no more, and release what is pressed."""
        if self._characters:
            done = self._done
            self._keys.release()
            self._tell(Typed(done, self._characters, is_over=True))
            self._characters = self._events = 0

    def break_off(self) -> None:
        """The console has ended: report it, if a text was being typed."""
        if self._characters:
            what = f"The connection to the console was lost after {self._done} of {self._characters} characters."
            self._tell(Typed(self._done, self._characters, is_over=True, what=what, hint="Check what was typed."))
            self._keys.forget()
            self._characters = self._events = 0

    def due_in_s(self) -> float | None:
        """Seconds until `work` has a key to send; None if there is none, or the page is in the middle of a message."""
        return self._keys.due_in_s if self._relay.may_insert else None

    def work(self) -> None:
        """Send the next key, if it is due."""
        if not self._keys.waiting or not self._relay.may_insert:
            return
        self._keys.send_due()
        if self._characters and (not self._keys.waiting or self.now >= self._told_at_s + _TELL_EVERY_S):
            self._report()

    def finish(self) -> None:
        """Release what is pressed: the console is about to be closed."""
        self._keys.release()
        while (due_in_s := self._keys.due_in_s) is not None:
            self._runtime.sleep(due_in_s)
            self._keys.send_due()

    @property
    def _done(self) -> int:
        waiting = min(self._keys.waiting, self._events)
        return self._characters - -(-self._characters * waiting // self._events) if self._events else self._characters

    def _report(self) -> None:
        self._told_at_s = self.now
        is_over = not self._keys.waiting
        self._tell(Typed(self._done, self._characters, is_over=is_over))
        if is_over:
            self._characters = self._events = 0

    def _strokes(self, paste: Paste) -> list[Stroke]:
        if self._characters + len(paste.text) > MAX_CHARACTERS:
            raise UsageError(
                f"This text is too long to be typed: {len(paste.text)} characters. Nothing was typed.",
                hint=f"Paste at most {MAX_CHARACTERS} at a time.",
            )
        if paste.layout not in LAYOUT_NAMES:
            raise UsageError("Unknown keyboard layout. Nothing was typed.", hint="Reload the page.")
        try:
            return load_layout(paste.layout).strokes(paste.text)
        except UsageError as error:
            raise error.reworded(
                error.what, hint="Choose the keyboard layout that is set in the instance, or leave the character out."
            ) from None
