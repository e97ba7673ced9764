"""Which viewer this machine would use, by the settings and by what is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsvnc.errors import ConfigurationError, UsageError
from ecsvnc.settings.resolve import OriginKind, Settings

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.viewer import viewers


def choose_viewer(settings: Settings, runtime: Runtime) -> viewers.Plan:
    """The viewer by option or setting; else the first that is installed.

    Raises LaunchError if there is none, UsageError or ConfigurationError for a command that cannot be one.
    """
    from ecsvnc.viewer.launch_viewer import surroundings
    from ecsvnc.viewer.viewers import choose

    try:
        return choose(settings.viewer, surroundings(runtime))
    except ValueError as rule:
        origin = settings.origin("viewer")
        hint = "For example: vncviewer {host}::{port}"
        if origin.kind is OriginKind.OPTION:
            raise UsageError(f"{origin.name} {rule}.", hint=hint) from None
        raise ConfigurationError(f"`viewer` (from {origin.name}) {rule}.", hint=hint) from None
