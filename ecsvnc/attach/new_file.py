"""Files that are written for the user: new ones, that only the user can read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from ecsvnc.errors import UsageError


def create(path: Path) -> BinaryIO:
    """A new file of mode 0600, open for writing, without a buffer. No symbolic link is followed.

    Raises UsageError if it exists, or cannot be made there.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} exists already.", hint="Name a file that does not exist.") from None
    except OSError as error:
        raise UsageError(
            f"Cannot write {path}: {error.strerror}.", hint="Name a file in a folder that you can write to."
        ) from None
    return os.fdopen(descriptor, "wb", buffering=0)
