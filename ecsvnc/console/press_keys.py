"""Pressing keys on an open console, as fast as its keyboard takes them, until all are pressed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecsvnc.console.key_sender import KeySender
from ecsvnc.errors import ConsoleError
from ecsvnc.keyboard.keys import KeyEvent

if TYPE_CHECKING:
    from ecsvnc.console.client import ConsoleClient


def press_keys(console: ConsoleClient, events: Sequence[KeyEvent]) -> None:
    """Send key events at the pace of `KeySender`, on a console that has settled.

    Whatever happens, keys that are down are released at the end. Raises as `KeySender.put`, before the first is sent;
    and ConsoleError if the connection breaks meanwhile, since some events may be lost then.
    """
    connections = console.connections
    sender = KeySender(console)
    sender.put(events)
    try:
        while (due_in_s := sender.due_in_s) is not None:
            console.process_for(due_in_s)
            if not console.is_open or console.connections != connections:
                sent = max(0, len(events) - sender.waiting)
                raise ConsoleError(
                    f"The connection to the console broke after {sent} of {len(events)} key events. Some of these may "
                    "be lost.",
                    hint="Look at the screen before you type again: `ecsvnc screen`.",
                )
            sender.send_due()
    finally:
        sender.release()
        with contextlib.suppress(ConsoleError):  # it is broken: nothing is held there any more
            while (due_in_s := sender.due_in_s) is not None:
                console.process_for(due_in_s)
                sender.send_due()
