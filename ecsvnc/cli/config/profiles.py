"""`config profiles` and `config path`."""

from __future__ import annotations

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.options import output_option


@click.command("profiles")
@output_option(["text", "json"], default="text")
@click.pass_obj
def profiles_command(app: App, output: str) -> None:
    """List the profiles of ecsvnc and of the aliyun CLI.

    As text: NAME, a tab, and the tools that have it: ecsvnc, aliyun, or ecsvnc,aliyun.
    As JSON: one object a line, with name and tools.
    """
    from ecsvnc.cli.json_lines import json_line
    from ecsvnc.cli.terminal import escape_control
    from ecsvnc.errors import ConfigurationError

    settings = app.settings
    own = settings.config.profiles
    try:
        aliyun = settings.aliyun.profiles
    except ConfigurationError as error:  # ecsvnc's own profiles are listed anyway
        app.terminal.warn(error.what)
        aliyun = {}
    for name in dict.fromkeys([*own, *aliyun]):
        tools = [tool for tool, names in (("ecsvnc", own), ("aliyun", aliyun)) if name in names]
        if output == "json":
            click.echo(json_line({"name": name, "tools": tools}))
        else:
            click.echo(f"{escape_control(name)}\t{','.join(tools)}")


@click.command("path")
@click.pass_obj
def path_command(app: App) -> None:
    """Print the path of config.toml.

    The file need not exist.
    """
    click.echo(str(app.settings.config_path))
