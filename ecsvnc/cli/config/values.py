"""`config set`, `get`, `unset` and `list`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.complete import complete_layout, complete_network, complete_profile, complete_region
from ecsvnc.cli.options import output_option, profile
from ecsvnc.settings.profile_keys import PROFILE_KEYS
from ecsvnc.settings.table import SETTINGS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_KEYS = {
    "Settings": [(one.key, one.help) for one in SETTINGS],
    "Credentials of the profile": [(one.key, one.help) for one in PROFILE_KEYS],
}


def _complete_key(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    keys = [key for keys in _KEYS.values() for key in keys]
    return [CompletionItem(key, help=text) for key, text in keys if key.startswith(incomplete)]


def _complete_value(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    complete = {
        "region": complete_region,
        "layout": complete_layout,
        "network": complete_network,
        "source_profile": complete_profile,
    }.get(context.params.get("key", ""))
    return complete(context, parameter, incomplete) if complete is not None else []


key_argument = click.argument("key", shell_complete=_complete_key)


@click.command("set", cls=Command, lists=_KEYS)
@key_argument
@click.argument("value", shell_complete=_complete_value)
@profile
@click.pass_obj
def set_command(app: App, *, key: str, value: str) -> None:
    """Set a value in a profile.

    No secret is ever set this way: `ecsvnc config login` stores one in the keyring.

    Examples:
      # Where to look for an id that does not tell its region
      ecsvnc config set region cn-hangzhou
      # Always open the console in this browser
      ecsvnc config set browser 'firefox --new-window %s'
      # A role that is assumed with the credentials of profile default
      ecsvnc config set source_profile default --profile audit
      ecsvnc config set role_arn acs:ram::1234567890123456:role/console --profile audit
    """
    from ecsvnc.cli.config.missing_program import missing_program
    from ecsvnc.settings.profile_edit import set_value

    missing = missing_program(key, value, app.runtime)
    set_value(key, value, app.settings, app.runtime)
    if missing:
        app.terminal.warn(missing)


@click.command("get", cls=Command)
@key_argument
@profile
@click.pass_obj
def get_command(app: App, *, key: str) -> None:
    """Print the effective value of a setting.

    A command would use this value: from its variable, the profile, or the default. Prints nothing and exits 0 if it is
    not set. `ecsvnc config list --show-origin` shows where a value is from.

    Examples:
      # The region that is set
      ecsvnc config get region
    """
    from ecsvnc.settings.profile_edit import value_of

    value = value_of(key, app.settings)
    if value is not None:
        click.echo(str(value))


@click.command("unset", cls=Command)
@key_argument
@profile
@click.pass_obj
def unset_command(app: App, *, key: str) -> None:
    """Remove a value from a profile.

    It is no error if the profile has none. A profile without any value is removed.

    Examples:
      # Look in the region that the id tells, or in all
      ecsvnc config unset region
    """
    from ecsvnc.settings.profile_edit import unset_value

    unset_value(key, app.settings, app.runtime)


@click.command("list", cls=Command)
@profile
@click.option("--show-origin", is_flag=True, help="Also show where each value is from.")
@output_option(["text", "json"], default="text")
@click.pass_obj
def list_command(app: App, *, show_origin: bool, output: str) -> None:
    """List the effective values, secrets masked.

    As text: KEY=VALUE a line, with --show-origin also a tab and the origin (on a terminal, the origin is on a line of
    its own); keys without a value are omitted.
    As JSON: one object a line, with key, value (null without one) and origin.

    Examples:
      # Each value, and which option, variable or file it is from
      ecsvnc config list --show-origin
      # The values of another profile
      ecsvnc config list --profile audit
    """
    from ecsvnc.cli.escape import escape_control
    from ecsvnc.cli.json_lines import json_line
    from ecsvnc.cli.terminal import columns_of
    from ecsvnc.cli.word_wrap import wrapped
    from ecsvnc.settings.profile_edit import listed_values

    columns = columns_of(sys.stdout)
    for one in listed_values(app.settings):
        if output == "json":
            click.echo(json_line(one._asdict()))
        elif one.value is not None:
            origin = escape_control(one.origin)
            click.echo(escape_control(f"{one.key}={one.value}"), nl=not show_origin)
            if show_origin and columns is not None:
                click.echo(f"\n  {wrapped(origin, width=columns, indent=2)}")
            elif show_origin:
                click.echo(f"\t{origin}")
