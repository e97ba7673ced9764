"""The VNC password of an instance: apart from the OS's passwords, and since 2024 no longer needed by ECS."""

from __future__ import annotations

import re

from ecsvnc.errors import UsageError

_FORM = re.compile(r"[A-Za-z0-9]{6}")
"""Exactly six letters or digits (ModifyInstanceVncPasswd, VncPassword)."""

MAX_INPUT_BYTES = 1024


def check_vnc_password(text: str, origin: str) -> str:
    """The password, if it can be one. Raises UsageError, which names the origin and never the text."""
    if not _FORM.fullmatch(text):
        raise UsageError(
            f"{origin} holds no VNC password.",
            hint="A VNC password is one line of exactly 6 letters or digits.",
        )
    return text


def parse_vnc_password_file(content: bytes, origin: str) -> str:
    """The password of a file's content: its one line. Raises UsageError."""
    text = content.decode("ascii", errors="replace").removesuffix("\n").removesuffix("\r")
    return check_vnc_password(text, origin)
