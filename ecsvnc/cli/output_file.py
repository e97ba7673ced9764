"""The file that an option names for a command's output: whether it can be written, and writing a new one."""

from __future__ import annotations

import os
from pathlib import Path

from ecsvnc.errors import UsageError


def check_folder(option: str, path: str) -> None:
    """Raise UsageError if no file can be written in the folder of `path`."""
    folder = Path(path).parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(
            f"{option} {path}: the folder {folder} does not exist, or you cannot write there.",
            hint="Name a folder that exists and that you can write to.",
        )


def check_new(option: str, path: str) -> None:
    """Raise UsageError if the file exists, or cannot be made; called before anything that takes time."""
    if path == "-":
        raise UsageError(f"{option} writes a file, not stdout.", hint="Name a file, for example report.json.")
    if os.path.lexists(path):
        raise UsageError(f"{option} {path}: it exists already.", hint="Name another file, or delete that one.")
    check_folder(option, path)


def write_new(option: str, path: str, text: str) -> None:
    """Write a new file with mode 0600. Raises UsageError if it exists by now."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(f"{option} {path}: {error.strerror}.", hint="Name another file.") from None
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # Path cannot open a descriptor
        file.write(text)
