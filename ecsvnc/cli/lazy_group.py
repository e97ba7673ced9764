"""A group of commands that imports one only to run it: `--help` and completion know names and texts from a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """A group whose commands are the keys of `texts`, in that order; `load` imports one."""

    texts: ClassVar[Mapping[str, str]] = {}

    def load(self, name: str) -> click.Command:
        """Import and return one command of `texts`."""
        raise NotImplementedError

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the table."""
        return list(self.texts)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None if there is none of this name."""
        return self.load(cmd_name) if cmd_name in self.texts else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in --help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.texts.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, text in self.texts.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)
