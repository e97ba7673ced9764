"""Programs that tests drive, and that a machine may lack."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


def need(program: str) -> str:
    """The path of a program; without it the calling test is skipped."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed (.ci/run installs it)")
    return path


def need_file(path: str) -> str:
    """The path of a file or folder; without it the calling test is skipped."""
    if not Path(path).exists():
        pytest.skip(f"{path} is not installed (.ci/run installs it)")
    return path
