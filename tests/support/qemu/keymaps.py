"""The keyboard layouts that ecsvnc types, as Debian loads them into a console."""

from __future__ import annotations

import subprocess

from support.parts import need

XKB = {
    "us": ["us"],
    "gb": ["gb"],
    "de": ["de"],
    "de-nodeadkeys": ["de", "nodeadkeys"],
    "fr": ["fr"],
    "es": ["es"],
    "jp": ["jp"],
}
"""Each layout as XKB's layout and variant."""


def keymap(layout: str) -> str:
    """The console's keymap that console-setup makes of XKB's layout, in the language of loadkeys."""
    command = [need("ckbcomp"), *XKB[layout]]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
