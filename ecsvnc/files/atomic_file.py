"""Writes a file so that no reader sees a part of it."""

from __future__ import annotations

import os
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by a new file of mode 0600; its folder is made with mode 0700 if it is missing.

    A symbolic link is kept: its target is replaced. One in a loop has no target, and is replaced itself.
    Raises OSError; the old file is untouched then.
    """
    import tempfile  # costs a tenth of a start, and completion reads only

    target = Path(os.path.realpath(path))  # Path.resolve raises RuntimeError for a loop
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mode 0600, by its contract
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  # Path cannot open a descriptor
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # else a crash could leave the new name on an empty file
        os.replace(name, target)  # noqa: PTH105  # the name is a str, as mkstemp gives it
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
