"""`config set`, `get`, `unset` and `list`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.config.profile_name import name_to_write
from ecsvnc.cli.options import output_option, profile
from ecsvnc.errors import LaunchError, UsageError
from ecsvnc.settings.table import BY_KEY, SETTINGS, OtherVariable, Setting

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ecsvnc.settings.resolve import Settings


def _complete_key(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(one.key, help=one.help) for one in SETTINGS if one.key.startswith(incomplete)]


key_argument = click.argument("key", shell_complete=_complete_key)

_KEYS = "\n\n\b\nKeys:\n" + "\n".join(f"  {setting.key:<13} {setting.help}" for setting in SETTINGS)


@click.command("set", help="Set a value in a profile." + _KEYS)
@key_argument
@click.argument("value")
@profile
@click.pass_obj
def set_command(app: App, *, key: str, value: str) -> None:
    """Set a value in a profile."""
    from ecsvnc.settings.config_file import edit_config, profile_path

    setting = _known(key)
    try:
        parsed = setting.parse(value)
    except ValueError as rule:
        raise UsageError(f"{key} {rule}.", hint="See `ecsvnc config set --help`.") from None
    _check_command(app, key, value)
    settings = app.settings
    name = name_to_write(settings)
    _ = settings.config  # warns of unknown keys in the file; an edit does not
    with edit_config(settings.config_path, app.runtime) as edit:
        # A known version stays a version: a later release may have a newer URL for it.
        edit.set(profile_path(name), key, _plain_number(parsed) if setting.is_number else value)
    _warn_if_overridden(app, setting)


@click.command("get")
@key_argument
@profile
@click.pass_obj
def get_command(app: App, *, key: str) -> None:
    """Print the effective value of a setting.

    A command would use this value: from its variable, the profile, or the default. Prints nothing and exits 0 if it is
    not set. `ecsvnc config list --show-origin` shows where a value is from.
    """
    value = app.settings[_known(key)]
    if value is not None:
        click.echo(_shown(value))


@click.command("unset")
@key_argument
@profile
@click.pass_obj
def unset_command(app: App, *, key: str) -> None:
    """Remove a value from a profile.

    It is no error if the profile has none.
    """
    from ecsvnc.settings.config_file import edit_config, profile_path

    setting = _known(key)
    settings = app.settings
    name = name_to_write(settings)
    if key in settings.profile.settings:
        with edit_config(settings.config_path, app.runtime) as edit:
            edit.remove(profile_path(name), key)
    _warn_if_overridden(app, setting)


@click.command("list")
@profile
@click.option("--show-origin", is_flag=True, help="Also show where each value is from.")
@output_option(["text", "json"], default="text")
@click.pass_obj
def list_command(app: App, *, show_origin: bool, output: str) -> None:
    """List the effective values, secrets masked.

    As text: KEY=VALUE a line, with --show-origin also a tab and the origin; keys without a value are omitted.
    As JSON: one object a line, with key, value (null if there is none) and origin.
    """
    from ecsvnc.cli.json_lines import json_line
    from ecsvnc.cli.terminal import escape_control

    for key, value, origin in _rows(app.settings):
        if output == "json":
            click.echo(json_line({"key": key, "value": value, "origin": origin}))
        elif value is not None:
            click.echo(
                escape_control(f"{key}={_shown(value)}") + (f"\t{escape_control(origin)}" if show_origin else "")
            )


def _rows(settings: Settings) -> list[tuple[str, object, str]]:
    from ecsvnc.credentials.found import masked

    rows: list[tuple[str, object, str]] = [("profile", settings.profile_name, settings.profile_origin.name)]
    for one in SETTINGS:
        value = settings[one]
        rows.append((one.key, _plain_number(value) if one.is_number else value, settings.origin(one).name))
    place = f"profile {settings.profile_name!r} in {settings.config.path}"
    for key, value in settings.profile.credentials.items():
        if key == "access_key_id":
            rows.append((key, masked(value), place))
        elif key == "keyring_backend":
            rows.append(("access_key_secret", "********", f"keyring {value}"))
        else:
            rows.append((key, value, place))
    return rows


def _known(key: str) -> Setting[Any]:
    if key not in BY_KEY:
        raise UsageError(f"Unknown key {key!r}.", hint=f"Keys: {', '.join(BY_KEY)}. See `ecsvnc config set --help`.")
    return BY_KEY[key]


def _plain_number(value: object) -> int | float:
    number = float(str(value))
    return int(number) if number.is_integer() else number


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _check_command(app: App, key: str, value: str) -> None:
    """Raise UsageError for a browser or viewer that is not a valid command."""
    from ecsvnc.browser.browsers import choice_for
    from ecsvnc.browser.choose_browser import this_platform
    from ecsvnc.viewer import viewers
    from ecsvnc.viewer.choose_viewer import this_machine

    try:
        if key == "browser":
            choice_for(value, this_platform(app.runtime), origin=key, overrides_detection=True)
        elif key == "viewer":
            with contextlib.suppress(LaunchError):  # it can be installed later
                viewers.choose(value, this_machine(app.runtime))
    except ValueError as rule:
        raise UsageError(f"{key} {rule}.", hint="See `ecsvnc config set --help`.") from None


def _warn_if_overridden(app: App, setting: Setting[Any]) -> None:
    for variable in (OtherVariable(setting.variable), *setting.before_profile):
        text = variable.translate(app.runtime.environ.get(variable.name, ""))
        if text:
            app.terminal.warn(f"{variable.name} is set, and overrides config.toml.{_fault(setting, text)}")
            return


def _fault(setting: Setting[Any], text: str) -> str:
    try:
        setting.parse(text)
    except ValueError as rule:
        return f" It {rule}: correct it, or unset it."
    return ""
