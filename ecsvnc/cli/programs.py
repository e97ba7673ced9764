"""Which browser and which viewer this machine would use, by what the user said and what is installed."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from ecsvnc.browser import browsers
from ecsvnc.errors import ConfigurationError, UsageError
from ecsvnc.settings.resolve import OriginKind, Settings

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.viewer import viewers


def browser_surroundings(runtime: Runtime) -> browsers.Surroundings:
    """This machine, as the choice of a browser sees it."""
    return browsers.Surroundings(
        platform=runtime.platform,
        environ=runtime.environ,
        kernel_release=os.uname().release if hasattr(os, "uname") else "",
        find=lambda program: shutil.which(program, path=runtime.environ.get("PATH")),
    )


def choose_browser(option: str | None, settings: Settings, around: browsers.Surroundings) -> browsers.Choice:
    """Decide on the openers: by --browser (`option`), by variable or setting, or by what the platform has.

    Raises UsageError for an option, ConfigurationError for a variable or setting that cannot be a command.
    """
    if option is not None:
        try:
            return browsers.choose(option, around, overrides_detection=True)
        except ValueError as rule:
            raise UsageError(f"--browser {rule}.", hint="Give a command, such as 'firefox %s'.") from None
    origin = settings.origin("browser")
    is_variable = origin.kind is OriginKind.VARIABLE
    try:
        return browsers.choose(settings.browser, around, overrides_detection=is_variable)
    except ValueError as rule:
        name = origin.name if is_variable else f"`browser` in {origin.name}"
        raise ConfigurationError(f"{name} {rule}.", hint="Correct it, such as 'firefox %s'.") from None


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
