"""`ecsvnc config`: settings, profiles, credentials, checks. One file for related subcommands."""

from __future__ import annotations

import importlib
from typing import ClassVar

import click

from ecsvnc.cli.lazy_group import LazyGroup

SUBCOMMANDS = {
    "login": ("credentials", "Store an AccessKey pair for a profile; the secret goes to the keyring."),
    "logout": ("credentials", "Remove a profile's AccessKey, and its secret from the keyring."),
    "set": ("values", "Set a value in a profile."),
    "get": ("values", "Print the effective value of a setting."),
    "unset": ("values", "Remove a value from a profile."),
    "list": ("values", "List the effective values, secrets masked."),
    "profiles": ("profiles", "List the profiles of ecsvnc, and those of the aliyun CLI that it can use."),
    "use": ("profiles", "Make a profile the default: one of ecsvnc, or of the aliyun CLI."),
    "path": ("profiles", "Print the path of config.toml."),
    "check": ("check", "Test everything that a console needs, and say what to do."),
    "policy": ("policy", "Print the smallest RAM policy that ecsvnc needs, as JSON."),
    "vnc-password": ("vnc_password", "Store an instance's VNC password in the keyring."),
}
"""Each subcommand lives in `ecsvnc.cli.config.MODULE` under its own name, `-` as `_`, with `_command` behind it."""


class ConfigGroup(LazyGroup):
    """The subcommands of `config`."""

    texts: ClassVar = {name: text for name, (_, text) in SUBCOMMANDS.items()}

    def load(self, name: str) -> click.Command:
        """Import one subcommand."""
        module = importlib.import_module(f"{__name__}.{SUBCOMMANDS[name][0]}")
        command: click.Command = getattr(module, f"{name.replace('-', '_')}_command")
        return command


@click.group(cls=ConfigGroup)
def command() -> None:
    """Settings, profiles, credentials, checks.

    Examples:
      # Store an AccessKey
      ecsvnc config login
      # Test everything that a console needs
      ecsvnc config check
      # The settings, and where each is from
      ecsvnc config list --show-origin
    """
