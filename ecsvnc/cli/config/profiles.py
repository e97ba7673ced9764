"""`config profiles`, `config use` and `config path`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.complete import complete_profile
from ecsvnc.cli.options import output_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecsvnc.settings.aliyun_profile import AliyunProfile


class _Row(NamedTuple):
    """One profile, and which tools have it."""

    name: str
    tools: list[str]
    is_current: bool


@click.command("profiles", cls=Command)
@output_option(["text", "json"], default="text")
@click.pass_obj
def profiles_command(app: App, *, output: str) -> None:
    """List the profiles of ecsvnc, and those of the aliyun CLI that it can use.

    As text: `*` before the profile that is used now, its name, and the tools that have it: ecsvnc, aliyun, or both.
    Without a terminal: NAME, a tab, the tools, a tab, and `current` or nothing. As JSON: one object a line.

    Examples:
      # Which profiles there are, and which is used
      ecsvnc config profiles
    """
    from ecsvnc.cli.escape import escape_control
    from ecsvnc.cli.json_lines import json_line

    rows = _rows(app)
    width = max((len(row.name) for row in rows), default=0)
    for row in rows:
        tools = ",".join(row.tools)
        if output == "json":
            click.echo(json_line(row._asdict()))
        elif sys.stdout.isatty():
            click.echo(f"{'*' if row.is_current else ' '} {escape_control(row.name):<{width}}  {tools}")
        else:
            click.echo(f"{escape_control(row.name)}\t{tools}\t{'current' if row.is_current else ''}")
    if not rows:
        app.terminal.notice("No profiles found. To create one, run `ecsvnc config login`.")


def _rows(app: App) -> list[_Row]:
    from ecsvnc.errors import ConfigurationError

    settings = app.settings
    own = settings.config.profiles
    aliyun = _usable_profiles(app)
    try:
        current = {profile.name for profile in settings.profiles_in_use[:1]}
    except ConfigurationError as error:  # the profile that was named does not exist; this command shows which do
        app.terminal.warn(error.what)
        current = set()
    return [
        _Row(name, [tool for tool, names in (("ecsvnc", own), ("aliyun", aliyun)) if name in names], name in current)
        for name in dict.fromkeys([*own, *aliyun])
    ]


def _usable_profiles(app: App) -> Mapping[str, AliyunProfile]:
    from ecsvnc.credentials.aliyun_cli import is_supported
    from ecsvnc.errors import ConfigurationError

    try:
        return {name: profile for name, profile in app.settings.aliyun.profiles.items() if is_supported(profile)}
    except ConfigurationError as error:  # ecsvnc's own profiles are listed anyway
        app.terminal.warn(error.what)
        return {}


@click.command("use", cls=Command)
@click.argument("profile", shell_complete=complete_profile)
@click.pass_obj
def use_command(app: App, *, profile: str) -> None:
    """Make a profile the default: one of ecsvnc, or of the aliyun CLI.

    It is used where neither --profile nor ECSVNC_PROFILE names another. AccessKeys in the environment come first.

    Examples:
      # Use profile audit from now on
      ecsvnc config use audit
      # Use the profile named default again
      ecsvnc config use default
    """
    from ecsvnc.credentials.environment import ID_VARIABLE
    from ecsvnc.settings.profile_edit import use_profile

    use_profile(profile, app.settings, app.runtime)
    if app.runtime.environ.get(ID_VARIABLE):
        app.terminal.warn(f"{ID_VARIABLE} is set: credentials still come from the environment.")


@click.command("path", cls=Command)
@click.pass_obj
def path_command(app: App) -> None:
    """Print the path of config.toml.

    The file need not exist.

    Examples:
      # Look at the file
      cat "$(ecsvnc config path)"
    """
    click.echo(str(app.settings.config_path))
