"""What the menu of Ctrl-] offers. Pure: `session` does what is chosen."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from ecsvnc.attach.overlays import Choice, Item, do_nothing

_SYSRQ = {
    "h": "list these",
    "r": "keyboard from raw mode",
    "e": "end all processes",
    "i": "kill all processes",
    "s": "write disks",
    "u": "remount read-only",
    "b": "reboot at once",
    "f": "out-of-memory killer",
    "w": "show blocked tasks",
    "t": "show tasks",
    "m": "show memory",
    "c": "crash",
    "k": "kill all on this console",
}
"""Linux's magic SysRq keys (Documentation/admin-guide/sysrq.rst)."""

HELP = (
    "All keys go to the",
    "instance, Ctrl-C too.",
    "Ctrl-] opens the menu;",
    "Ctrl-] again sends it.",
    "Ctrl-] d detaches: the",
    "instance runs on.",
    "Pasted text is typed",
    "with the layout that",
    "--layout names; Ctrl-]",
    "stops that.",
)


class Command(Enum):
    """What the menu offers beside pressing keys."""

    DETACH = auto()
    SYSRQ = auto()
    TYPE_FILE = auto()
    SAVE_TEXT = auto()
    SAVE_PNG = auto()
    RECORD = auto()
    VIEW = auto()
    SUSPEND = auto()
    HELP = auto()


Do = Callable[[Command | str], None]
"""Does what was chosen: a command, or a chord of keys to press."""


def menu(do: Do, *, is_recording: bool, is_read_only: bool) -> Choice:
    """The menu; without keys to send, if it is read-only."""
    keys = [
        _item(do, "c", "c", "Ctrl-Alt-Del", "ctrl-alt-del"),
        _item(do, "1", "1-6", "Alt-F1 to Alt-F6", "alt-f1"),
        *(_item(do, str(number), "", "", f"alt-f{number}") for number in range(2, 7)),
        _item(do, "f1", "F1-F12", "Ctrl-Alt-F1 …", "ctrl-alt-f1"),
        *(_item(do, f"f{number}", "", "", f"ctrl-alt-f{number}") for number in range(2, 13)),
        _item(do, "q", "q", "SysRq …", Command.SYSRQ),
        _item(do, "ctrl-]", "Ctrl-]", "Send Ctrl-]", "ctrl-]"),
        _item(do, "ctrl-5", "", "", "ctrl-]"),
        _item(do, "t", "t", "Type a file", Command.TYPE_FILE),
    ]
    return Choice(
        "Menu, Esc closes",
        [
            _item(do, "d", "d", "Detach", Command.DETACH),
            *([] if is_read_only else keys),
            _item(do, "s", "s", "Save as text", Command.SAVE_TEXT),
            _item(do, "p", "p", "Save as PNG", Command.SAVE_PNG),
            _item(do, "r", "r", "Stop recording" if is_recording else "Record", Command.RECORD),
            _item(do, "v", "v", "View another part", Command.VIEW),
            _item(do, "z", "z", "Suspend ecsvnc", Command.SUSPEND),
            _item(do, "?", "?", "Help", Command.HELP),
        ],
    )


def sysrq_menu(do: Do) -> Choice:
    """The keys of SysRq."""
    return Choice("SysRq, Esc closes", [_item(do, key, key, text, f"alt-sysrq-{key}") for key, text in _SYSRQ.items()])


def help_text() -> Choice:
    """The help, which can be scrolled."""
    return Choice("Help, Esc closes", [Item("", " ", line, do_nothing) for line in HELP])


def _item(do: Do, key: str, label: str, text: str, what: Command | str) -> Item:
    return Item(key, label, text, lambda: do(what))
