"""`ecsvnc help`: what `--help` of a command prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecsvnc.cli.command import Command

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _complete_command(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    shown = _context(ctx, ctx.params.get("words") or ())
    return shown.command.shell_complete(shown, incomplete) if isinstance(shown.command, click.Group) else []


@click.command(cls=Command)
@click.argument("words", metavar="[COMMAND...]", nargs=-1, shell_complete=_complete_command)
@click.pass_context
def command(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command.

    Examples:
      # What `ecsvnc open --help` prints
      ecsvnc help open
      ecsvnc help config check
    """
    shown = _context(ctx, words)
    click.echo(shown.command.get_help(shown), color=ctx.color)


def _context(ctx: click.Context, words: tuple[str, ...]) -> click.Context:
    """The context of the command with this name. Raises UsageError if it does not exist."""
    shown = ctx.find_root()
    for word in words:
        if not isinstance(shown.command, click.Group):
            break  # the words after a command are not its name
        name, found, _ = shown.command.resolve_command(shown, [word])
        if found is not None:
            shown = found.context_class(found, info_name=name, parent=shown)
    return shown
