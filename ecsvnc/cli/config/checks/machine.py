"""What this machine has: settings, a browser, viewers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsvnc.browser.choose_browser import choose_browser, this_platform
from ecsvnc.cli.config.checks.lines import Line, failed, note, ok
from ecsvnc.errors import LaunchError, RegionNotFoundError
from ecsvnc.settings.resolve import OriginKind
from ecsvnc.settings.table import SETTINGS
from ecsvnc.viewer import viewers
from ecsvnc.viewer.choose_viewer import choose_viewer, this_machine

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.resolve import Settings


def settings_line(settings: Settings) -> Line:
    """Which profile of which file holds. Raises ConfigurationError or UsageError for the first value that is wrong."""
    for setting in SETTINGS:
        settings.value(setting.key)
    path = settings.config.path
    return ok(
        "settings", f"Profile {settings.profile_name} in {path}{'' if path.exists() else ', which is not there'}."
    )


def without_region(line: Line, settings: Settings, region_id: str) -> Line:
    """The line of the settings, given that there is no such region as the one that is set."""
    said = f"There is no region {region_id} ({settings.origin('region').name})."
    correct = "Correct it: ids look like `cn-hangzhou`; a zone id such as `cn-hangzhou-h` is none."
    if settings.explicit_region is None:
        return note(line.subject, f"{line.result} {said} It is passed over, and every region looked in.", correct)
    return failed(line.subject, RegionNotFoundError(said, hint=correct)).needed()


def browser_line(settings: Settings, runtime: Runtime) -> Line:
    """What `open` would start. Raises ConfigurationError, or LaunchError if the user's own command is not there."""
    choice = choose_browser(settings, runtime)
    find = this_platform(runtime).find
    if not choice.openers:
        return note("browser", f"{choice.reason} `ecsvnc open` prints the address instead.")
    origin = settings.origin("browser")
    for opener in choice.openers:
        if opener.uses_startfile or find(opener.program) or find(opener.arguments[0]):
            said_by = "" if origin.kind is OriginKind.DEFAULT else f", from {origin.name}"
            return ok("browser", f"{opener.program}{said_by}.")
    raise LaunchError(
        f"{choice.openers[0].program} (from {origin.name}) was not found.",
        hint="Install it, or name another one: ecsvnc config set browser COMMAND",
    )


def viewers_line(settings: Settings, runtime: Runtime) -> Line:
    """What `open --viewer` would start, and what else there is. Raises ConfigurationError or LaunchError."""
    installed = viewers.installed(this_machine(runtime))
    if settings.viewer is None and not installed:
        return note("viewers", "None was found; only `ecsvnc open --viewer` needs one.")
    chosen = choose_viewer(settings, runtime)
    titles = [chosen.title, *(plan.title for plan in installed if plan.program != chosen.program)]
    return ok("viewers", f"{', '.join(titles)}.")
