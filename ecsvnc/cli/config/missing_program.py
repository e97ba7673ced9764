"""Checks values of `config set` that are commands: whether they are valid and installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsvnc.errors import LaunchError, UsageError

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime


def missing_program(key: str, value: str, runtime: Runtime) -> str:
    """The warning for a command that is not installed; "" for an installed one, and for keys that are not commands.

    Raises UsageError for an invalid command.
    """
    checks = {"browser": _check_browser, "viewer": _check_viewer, "credential_process": _check_process}
    if key not in checks:
        return ""
    try:
        missing = checks[key](value, runtime)
    except ValueError as rule:
        raise UsageError(f"{key} {rule}.", hint="See `ecsvnc config set --help`.") from None
    return missing and f"{missing} Install it, or set another {key}."


def _check_browser(value: str, runtime: Runtime) -> str:
    from ecsvnc.browser.browsers import choice_for
    from ecsvnc.browser.choose_browser import this_platform

    platform = this_platform(runtime)
    choice = choice_for(value, platform, origin="browser", overrides_detection=True)
    programs = [one.program for one in choice.openers if not one.uses_startfile]
    if any(platform.find(opener.program) or platform.find(opener.arguments[0]) for opener in choice.openers):
        return ""
    return _not_found(programs)


def _check_viewer(value: str, runtime: Runtime) -> str:
    from ecsvnc.viewer import viewers
    from ecsvnc.viewer.choose_viewer import this_machine

    try:
        viewers.choose(value, this_machine(runtime))
    except LaunchError as error:  # it can be installed later
        return error.what
    return ""


def _check_process(value: str, runtime: Runtime) -> str:
    import shlex
    import shutil

    from ecsvnc.settings.profile_keys import credential_process

    program = shlex.split(credential_process(value))[0]
    return "" if shutil.which(program, path=runtime.environ.get("PATH")) else _not_found([program])


def _not_found(programs: list[str]) -> str:
    return f"{' and '.join(programs)} not found." if programs else ""
