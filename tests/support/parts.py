"""Programs that tests drive, and that a machine may lack."""

from __future__ import annotations

import shutil

import pytest


def need(program: str) -> str:
    """The path of a program; without it the calling test is skipped."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed (.ci/run installs it)")
    return path
