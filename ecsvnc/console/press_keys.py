"""Pressing keys on an open console, as fast as QEMU's keyboard takes them and no faster."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecsvnc.console.client import KEY_PACE_S
from ecsvnc.errors import ConsoleError
from ecsvnc.keyboard.keys import CAPS_LOCK, Key, KeyEvent

if TYPE_CHECKING:
    from ecsvnc.console.client import ConsoleClient

_LIGHT_WITHIN_S = 5.0
"""A busy instance may take a while to see the key."""


def press_keys(console: ConsoleClient, events: Sequence[KeyEvent]) -> None:
    """Send key events, one every KEY_PACE_S, on a console that has settled.

    Whatever happens, keys that are down are released at the end. Raises ConsoleError if the console does not take a key
    that only exists on another keyboard than a US one, before the first is sent; and if its connection breaks
    meanwhile, since some events may be lost then.
    """
    if not console.has_extended_keys and any(event.key.is_by_place_only for event in events):
        raise ConsoleError(
            "This console only takes the keys of a US keyboard, and a character needs another one. Nothing was typed.",
            hint="Use `ecsvnc open`, or a keyboard layout in which the character is on another key.",
        )
    connections = console.connections
    if console.has_caps_lock and not any(event.key == CAPS_LOCK for event in events):
        _turn_off_caps_lock(console)
    down: list[Key] = []
    try:
        for sent, event in enumerate(events):
            if not console.is_open or console.connections != connections:
                raise ConsoleError(
                    f"The connection to the console broke after {sent} of {len(events)} key events. Some of these may "
                    "be lost.",
                    hint="Look at the screen before you type again: `ecsvnc screen`.",
                )
            _send(console, event)
            if event.is_down:
                down.append(event.key)
            elif event.key in down:
                down.remove(event.key)
            console.process_for(KEY_PACE_S)
    finally:
        for key in reversed(down):
            with contextlib.suppress(ConsoleError):  # it is broken: nothing is held there any more
                _send(console, KeyEvent(key, is_down=False))
                console.process_for(KEY_PACE_S)


def _turn_off_caps_lock(console: ConsoleClient) -> None:
    """Press Caps Lock, and wait for its light to go out.

    QEMU presses it too where a letter contradicts what it believes, but what it believes is wrong at first, if Caps
    Lock was on before the connection.
    """
    for is_down in (True, False):
        _send(console, KeyEvent(CAPS_LOCK, is_down=is_down))
        console.process_for(KEY_PACE_S)
    for _ in range(round(_LIGHT_WITHIN_S / KEY_PACE_S)):
        if not console.has_caps_lock:
            break
        console.process_for(KEY_PACE_S)


def _send(console: ConsoleClient, event: KeyEvent) -> None:
    key = event.key
    if console.has_extended_keys and key.scancode is not None:
        console.send_extended_key(key.keysym, key.scancode, is_down=event.is_down)
    else:
        console.send_key(key.keysym, is_down=event.is_down)
