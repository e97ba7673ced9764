"""The file of `config check --report`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ecsvnc.errors import UsageError


def check_free(path: str) -> None:
    """Raise UsageError if the file exists, or its folder does not; called before the checks, which take time."""
    if path == "-":
        raise UsageError("--report writes a file, not stdout.", hint="Name a file, for example report.json.")
    file = Path(path)
    if os.path.lexists(file):
        raise UsageError(f"--report {path}: it exists already.", hint="Name another file, or delete that one.")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise UsageError(
            f"--report {path}: the folder {file.parent} does not exist, or you cannot write there.",
            hint="Name a folder that exists and that you can write to.",
        )


def write_report(path: str, report: dict[str, Any]) -> None:
    """Write it, with mode 0600. Raises UsageError if the file exists by now."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(f"--report {path}: {error.strerror}.", hint="Name another file.") from None
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # Path cannot open a descriptor
        file.write(json.dumps(report, indent=2) + "\n")
