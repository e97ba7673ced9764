"""Every command that there is."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ecsvnc.cli.main import root


def _below(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _below(command, (*path, name))


COMMANDS = dict(_below(root))
"""Each command by its words: ("config", "set")."""
