"""Make `ecsvnc/keyboard/layouts.json` from XKB's data: `python tools/make_layouts.py`.

Needs Debian's `console-setup` (for `ckbcomp`) and `xkb-data`. `ckbcomp` is what Debian and Ubuntu make the console's
keymap with, so what it says of a key is what an instance does with it. The file has, for each layout and for each key
that types something, by its number in Linux (linux/input-event-codes.h), what it gives alone, with Shift, with AltGr,
and with both: a character, the name of a dead key, or null.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

LAYOUTS = {
    "us": ("us", ""),
    "gb": ("gb", ""),
    "de": ("de", ""),
    "de-nodeadkeys": ("de", "nodeadkeys"),
    "fr": ("fr", ""),
    "es": ("es", ""),
    "jp": ("jp", ""),
}
"""XKB's layout and variant, by our name of it."""

PRODUCT = Path(__file__).parents[1] / "ecsvnc" / "keyboard" / "layouts.json"

_KEYCODE = re.compile(r"keycode (\d+) = (\S+) (\S+) (\S+) (\S+) ")
_CHARACTER = re.compile(r"\+?U\+([0-9a-f]{4,5})")
_BLANK = 57
"""The space bar, whose other levels are blanks of other kinds."""


def keys_of(keymap: str) -> dict[str, list[str | None]]:
    """What each key of a kernel keymap types at its four levels."""
    keys = {}
    for code, *levels in _KEYCODE.findall(keymap):
        typed = [_typed(symbol) for symbol in levels]
        if (any(typed) and int(code) < _BLANK) or int(code) in (86, 89, 124):  # beyond them is the number pad
            keys[code] = typed
    keys[str(_BLANK)] = [" ", None, None, None]
    return keys


def _typed(symbol: str) -> str | None:
    if found := _CHARACTER.fullmatch(symbol):
        character = chr(int(found[1], 16))
        return character if character.isprintable() and character != " " else None
    return symbol if symbol.startswith("dead_") else None


def layouts() -> str:
    """The file's text, from what is installed here."""
    made = {}
    for name, (layout, variant) in LAYOUTS.items():
        command = ["ckbcomp", "-model", "pc105", "-layout", layout, "-variant", variant]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        made[name] = keys_of(done.stdout)
    rows = (
        f' "{name}": {{\n'
        + ",\n".join(f'  "{code}": {json.dumps(levels, ensure_ascii=False)}' for code, levels in keys.items())
        + "\n }"
        for name, keys in made.items()
    )
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    PRODUCT.write_text(layouts(), "utf-8")
    sys.stdout.write(f"{PRODUCT}\n")
