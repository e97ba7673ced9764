"""A group of commands that imports one only to run it: `--help` and completion know names and texts from a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import click

from ecsvnc.cli.command import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem

ALIASES = {"ls": "list"}
"""Other names of commands, in every group that has the command."""


class LazyGroup(Command, click.Group):
    """A group whose commands are the keys of `texts`, in that order; `load` imports one."""

    texts: ClassVar[Mapping[str, str]] = {}

    def load(self, name: str) -> click.Command:
        """Import and return one command of `texts`."""
        raise NotImplementedError

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the table."""
        return list(self.texts)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with this name, or None."""
        name = ALIASES.get(cmd_name, cmd_name)
        return self.load(name) if name in self.texts else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command's name, the command, and its arguments. Raises UsageError that names the nearest one."""
        if args[0].startswith("-") or ctx.resilient_parsing or self.get_command(ctx, args[0]) is not None:
            name, command, rest = super().resolve_command(ctx, args)
            return ALIASES.get(name or "", name), command, rest
        from ecsvnc.errors import UsageError

        raise UsageError(f"Unknown command {args[0]!r}.", hint=self.hint_for_unknown(ctx, args[0]))

    def hint_for_unknown(self, ctx: click.Context, name: str) -> str:
        """What to run instead of a command that does not exist."""
        from difflib import get_close_matches

        overview = f"To list the commands, run `{ctx.command_path} --help`."
        near = get_close_matches(name, [*self.texts, *ALIASES], n=1)
        return f"Did you mean `{ctx.command_path} {near[0]}`? {overview}" if near else overview

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List commands and options in --help."""
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in --help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.texts.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, text in self.texts.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)
