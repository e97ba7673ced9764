"""TOML with a limit on its nesting. Pure.

Separate from config.toml's other rules, since completion only reads the names of profiles and must be fast.
"""

from __future__ import annotations

import re
from typing import Any

MAX_BYTES = 256 * 1024
"""A config file is a few hundred bytes; a few thousand VNC passwords fit too."""

_TOO_DEEP = re.compile(r"""(?:(?:(?<![\w-])[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){32}""")
"""A dotted key of more than 32 parts. tomllib takes quadratic time for it: 8 s for 40 KB."""


def parse_toml(content: bytes) -> dict[str, Any]:
    """The document. Raises ValueError, whose text quotes no value."""
    import tomllib  # not needed without a file

    try:
        text = content.decode("utf-8-sig")  # editors on Windows write a byte order mark
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    if _TOO_DEEP.search(text):
        raise ValueError("it is nested too deeply")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
