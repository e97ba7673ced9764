"""Chooses the browser by option, setting and what is installed. The rules are in `browsers`."""

from __future__ import annotations

import os
import shutil

from ecsvnc.browser.browsers import Choice, Platform, choice_for
from ecsvnc.errors import ConfigurationError, UsageError
from ecsvnc.runtime import Runtime
from ecsvnc.settings.resolve import OriginKind, Settings
from ecsvnc.settings.table import BROWSER


def this_platform(runtime: Runtime) -> Platform:
    """What the choice of a browser depends on."""
    return Platform(
        name=runtime.platform,
        environ=runtime.environ,
        kernel_release=os.uname().release if hasattr(os, "uname") else "",
        find=lambda program: shutil.which(program, path=runtime.environ.get("PATH")),
    )


def choose_browser(settings: Settings, runtime: Runtime) -> Choice:
    """The openers by the setting `browser` (--browser, a variable, config.toml), or else the platform's.

    Raises UsageError for an option, ConfigurationError for a variable or a file, whose value is not a command.
    """
    origin = settings.origin(BROWSER)
    is_option, is_variable = origin.kind is OriginKind.OPTION, origin.kind is OriginKind.VARIABLE
    try:
        return choice_for(
            settings[BROWSER],
            this_platform(runtime),
            origin="--no-browser" if is_option else f"{origin.name}: none",
            overrides_detection=is_option or is_variable,
        )
    except ValueError as rule:
        if is_option:
            raise UsageError(f"--browser {rule}.", hint="Give a command, such as 'firefox %s'.") from None
        name = origin.name if is_variable else f"`browser` in {origin.name}"
        raise ConfigurationError(f"{name} {rule}.", hint="Correct it, such as 'firefox %s'.") from None
