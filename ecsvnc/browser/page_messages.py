"""The messages of the local page and this process beside RFB: JSON in the WebSocket's text messages. Pure.

To the page: `hello` first, `state` while it waits, `typed` while a text is typed, `ended` when the console has ended.
From it: `paste`, `cancel`, `keyboard` (what the console reported of its keyboard) and `bye`, before it is closed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from ecsvnc.errors import with_program


class Ended(NamedTuple):
    """Why the console has ended; `again_s` is when the page connects again by itself, None for never."""

    what: str
    hint: str
    again_s: float | None = None

    def message(self, program: str) -> bytes:
        """As the page gets it; `program` as in `with_program`."""
        what, hint = with_program(self.what, program), with_program(self.hint, program)
        return _message("ended", what=what, hint=hint, again_s=self.again_s)


class Typed(NamedTuple):
    """How many of all characters are typed; `what` and `hint` say why not all, if it ended too early."""

    done: int
    total: int
    is_over: bool = False
    what: str | None = None
    hint: str | None = None

    def message(self) -> bytes:
        """As the page gets it."""
        return _message("typed", **self._asdict())


class Paste(NamedTuple):
    """Type this text, with this keyboard layout."""

    text: str
    layout: str


class Cancel(NamedTuple):
    """Stop typing."""


class Keyboard(NamedTuple):
    """What the console reported: whether it takes keys by their place, and whether Caps Lock is on (None: unknown)."""

    has_extended_keys: bool
    has_caps_lock: bool | None


class Bye(NamedTuple):
    """The page is being closed."""


PageMessage = Paste | Cancel | Keyboard | Bye


def hello(
    instance_id: str,
    *,
    instance_name: str | None,
    region_id: str | None,
    layouts: Sequence[str],
    layout: str,
    command: str,
) -> bytes:
    """What the page shows of the instance; `command` opens the console again."""
    return _message(
        "hello",
        instance_id=instance_id,
        instance_name=instance_name,
        region_id=region_id,
        layouts=list(layouts),
        layout=layout,
        command=command,
    )


def state(text: str) -> bytes:
    """What is being waited for, until the console is connected."""
    return _message("state", text=text)


def page_message(text: bytes) -> PageMessage:
    """Read a message of the page. Raises ValueError for anything else."""
    try:
        value = json.loads(text.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None
    match value:
        case {"type": "paste", "text": str(pasted), "layout": str(layout)}:
            return Paste(pasted, layout)
        case {"type": "keyboard", "has_extended_keys": bool(extended), "has_caps_lock": bool() | None as caps_lock}:
            return Keyboard(extended, caps_lock)
        case {"type": "cancel"}:
            return Cancel()
        case {"type": "bye"}:
            return Bye()
    raise ValueError("not a message of the page")


def _message(kind: str, **values: object) -> bytes:
    return json.dumps({"type": kind, **values}).encode()
