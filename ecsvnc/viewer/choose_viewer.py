"""Chooses the viewer by option, setting and what is installed. The rules are in `viewers`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from ecsvnc.errors import ConfigurationError, UsageError
from ecsvnc.settings.resolve import OriginKind
from ecsvnc.settings.table import VIEWER
from ecsvnc.viewer.viewers import Machine, Plan, choose

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.resolve import Settings

_MARKER_READ_BYTES = 16 * 1024 * 1024


def this_machine(runtime: Runtime) -> Machine:
    """What the choice of a viewer depends on."""
    path = runtime.environ.get("PATH", "")
    is_unix = runtime.platform.startswith(("linux", "freebsd", "openbsd", "netbsd"))
    return Machine(
        platform="linux" if is_unix else runtime.platform,
        environ=runtime.environ,
        find=lambda program: shutil.which(program, path=path),
        contains=_contains,
    )


def choose_viewer(settings: Settings, runtime: Runtime) -> Plan:
    """The viewer by option or setting; else the first that is installed.

    Raises LaunchError if there is none, UsageError or ConfigurationError for an invalid command.
    """
    try:
        return choose(settings[VIEWER], this_machine(runtime))
    except ValueError as rule:
        origin = settings.origin(VIEWER)
        hint = "For example: vncviewer {host}::{port}"
        if origin.kind is OriginKind.OPTION:
            raise UsageError(f"{origin.name} {rule}.", hint=hint) from None
        raise ConfigurationError(f"`viewer` (from {origin.name}) {rule}.", hint=hint) from None


def _contains(program: str, marker: bytes) -> bool:
    """Whether the program's file, or its beginning, contains the bytes."""
    try:
        with open(program, "rb") as file:  # noqa: PTH123  # pathlib reads the whole file
            return marker in file.read(_MARKER_READ_BYTES)
    except OSError:
        return False
