"""Commands whose help has options in groups, examples, and lines broken between words.

The texts are a function's docstring: a sentence, what else there is to know, and a last section "Examples:", in which a
line `# what it does` stands before each command.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

OWN_OPTIONS = "Options"
"""The title of a command's options that belong to no group. They come first: they are what the command is for."""

WHAT_INSTANCE_IS = "INSTANCE is an instance id (i-…), an IPv4 address or an instance name."

_EXAMPLES = "\n\nExamples:\n"


class _Context(click.Context):
    """A context that formats help with `HelpFormatter`, which is only imported for that."""

    def make_formatter(self) -> click.HelpFormatter:
        from ecsvnc.cli.help_formatter import HelpFormatter

        return HelpFormatter()


class Command(click.Command):
    """A command, or what a group shares with it.

    `lists` are further lists of --help by their titles, of words and what they mean; `examples` the lines of that
    section.
    """

    context_class = _Context

    def __init__(
        self, *arguments: Any, lists: Mapping[str, Sequence[tuple[str, str]]] | None = None, **attributes: Any
    ) -> None:
        super().__init__(*arguments, **attributes)
        self.lists = lists or {}
        self.help, _, examples = inspect.cleandoc(self.help or "").partition(_EXAMPLES)
        self.examples = [line.strip() for line in examples.splitlines() if line.strip()]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the text, and what INSTANCE is where there is one."""
        super().format_help_text(ctx, formatter)
        if any(isinstance(one, click.Argument) and one.name in ("instance", "instances") for one in self.params):
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(WHAT_INSTANCE_IS)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of each group under its title."""
        for title, records in self.option_groups(ctx).items():
            with formatter.section(title):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the lists and the examples."""
        from ecsvnc.cli.help_formatter import HelpFormatter

        for title, records in self.lists.items():
            with formatter.section(title):
                formatter.write_dl(records)
        if self.examples and isinstance(formatter, HelpFormatter):
            with formatter.section("Examples"):
                formatter.write_examples(self.examples)

    def option_groups(self, ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
        """The options of each group, as they are written and what they do.

        The command's own come first. click's (--help) come last, in the last group.
        """
        groups: dict[str, list[tuple[str, str]]] = {OWN_OPTIONS: []}
        for option, record in self._option_records(ctx):
            title = getattr(option, "group", None)
            groups.setdefault([*groups][-1] if title is None else title or OWN_OPTIONS, []).append(record)
        return {title: records for title, records in groups.items() if records}

    def _option_records(self, ctx: click.Context) -> Iterator[tuple[click.Option, tuple[str, str]]]:
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option):
                record = parameter.get_help_record(ctx)
                if record is not None:
                    yield parameter, record
