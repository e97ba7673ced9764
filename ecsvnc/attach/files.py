"""The files that a screen is saved to, and those that are read to be typed."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

from ecsvnc.attach.new_file import create
from ecsvnc.errors import StateError, UsageError
from ecsvnc.files.read_file import read_file
from ecsvnc.pictures import png_of
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.text_screen import UNKNOWN, TextScreen

MAX_TEXT_BYTES = 1 << 20
"""At the pace of a console's keyboard, that is half a day."""


def suggested_name(instance: str, now: float, suffix: str) -> str:
    """The name of a new file, of an instance and a moment in POSIX seconds."""
    moment = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    return re.sub(r"[^\w.-]+", "_", instance) + f"-{moment}{suffix}"


def path_of(typed: str) -> Path:
    """The path that a person typed: `~` is their home."""
    with contextlib.suppress(RuntimeError):  # no such user
        return Path(typed).expanduser()
    return Path(typed)


def text_in(path: Path) -> str:
    """The text in a regular file: a pipe could keep the session waiting. Raises UsageError if none can be typed."""
    hint = "Name a text file in UTF-8."
    try:
        return read_file(path, MAX_TEXT_BYTES)[0].decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.", hint=hint) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not text in UTF-8.", hint=hint) from None


def save_text(path: Path, screen: TextScreen | None) -> None:
    """Write the lines of a screen. Raises StateError if it shows none, and UsageError as `create`."""
    if screen is None:
        raise StateError("The screen shows a picture, and no text.", hint="Save it as PNG.")
    text = "".join(f"{line}\n" for line in screen.lines)
    seen = "".join(character if character.isprintable() or character == "\n" else UNKNOWN for character in text)
    with create(path) as file:
        file.write(seen.encode())


def save_png(path: Path, framebuffer: Framebuffer) -> None:
    """Write a picture of a screen. Raises StateError if it has no size now, and UsageError as `create`."""
    if not framebuffer.pixels:
        raise StateError("The screen has no size now.", hint="Try again in a moment.")
    picture = png_of(framebuffer)
    with create(path) as file:
        file.write(picture)
