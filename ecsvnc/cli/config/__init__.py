"""`ecsvnc config`: settings, profiles, credentials, checks. One file for related subcommands."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SUBCOMMANDS = {
    "login": ("credentials", "Store an AccessKey pair for a profile; the secret goes to the keyring."),
    "logout": ("credentials", "Remove a profile's AccessKey, and its secret from the keyring."),
    "set": ("values", "Set a value in a profile."),
    "get": ("values", "Print the effective value of a setting."),
    "unset": ("values", "Remove a value from a profile."),
    "list": ("values", "List the effective values, secrets masked."),
    "profiles": ("profiles", "List the profiles of ecsvnc and of the aliyun CLI."),
    "path": ("profiles", "Print the path of config.toml."),
    "check": ("check", "Test everything that a console needs, and say what to do."),
    "policy": ("policy", "Print the smallest RAM policy that ecsvnc needs, as JSON."),
    "vnc-password": ("vnc_password", "Store an instance's VNC password in the keyring."),
}
"""Each subcommand lives in `ecsvnc.cli.config.MODULE` under its own name, `-` as `_`, with `_command` behind it."""


class ConfigGroup(click.Group):
    """Knows its subcommands' names and texts, and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every subcommand, in the order of the table."""
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one subcommand."""
        if cmd_name not in SUBCOMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{SUBCOMMANDS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        assert isinstance(command, click.Command)  # noqa: S101  # the convention of SUBCOMMANDS
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands in --help from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in SUBCOMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a subcommand's name from the table alone."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, (_, text) in SUBCOMMANDS.items()]
        return [name for name in names if name.value.startswith(incomplete)] + click.Command.shell_complete(
            self, ctx, incomplete
        )


@click.group(cls=ConfigGroup)
def command() -> None:
    """Settings, profiles, credentials, checks."""
