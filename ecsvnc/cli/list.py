"""`ecsvnc list`: which instances there are."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.instance_columns import COLUMNS, DEFAULT_COLUMNS, parse_columns, parse_order
from ecsvnc.cli.options import ecs_options, option, output_option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ecsvnc.ecs.instance import Instance
    from ecsvnc.instances.lookup import Matches
    from ecsvnc.instances.selection import Selection

STATUSES = ("Pending", "Starting", "Running", "Stopping", "Stopped")

_COLOURS = {"Running": "green", "Stopped": "red"}
"""The colours of states that last; other states are yellow."""


def _complete_columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    before, comma, beginning = incomplete.rpartition(",")
    sign = "-" if param.name == "order" and beginning.startswith("-") else ""
    already = {name.removeprefix("-") for name in before.split(",")}
    return [
        CompletionItem(f"{before}{comma}{sign}{name}", help=column.meaning)
        for name, column in COLUMNS.items()
        if f"{sign}{name}".startswith(beginning) and name not in already
    ]


def _complete_status(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(status) for status in STATUSES if status.lower().startswith(incomplete.lower())]


def _parse_status(text: str) -> str:
    if text.capitalize() not in STATUSES:
        raise ValueError(f"must be one of {', '.join(STATUSES)}")
    return text.capitalize()


def _parse_tag(text: str) -> tuple[str, str | None]:
    key, equals, value = text.partition("=")
    if not key:
        raise ValueError("must be KEY or KEY=VALUE, such as env=prod")
    return key, value if equals else None


def _each(parse: Callable[[str], Any]) -> Callable[[Any], Any]:
    """The parser of an option that can be repeated."""
    return lambda texts: tuple(map(parse, texts))


def _as_table(
    instances: Iterable[Instance], columns: Sequence[str], *, has_header: bool, has_colour: bool
) -> Iterable[str]:
    from ecsvnc.cli.table import Column, table_lines
    from ecsvnc.cli.terminal import columns_of

    def coloured(index: int, text: str) -> str:
        return click.style(text, fg=_COLOURS.get(text, "yellow")) if columns[index] == "status" else text

    def bold(index: int, text: str) -> str:
        return click.style(text, bold=True)

    return table_lines(
        [Column(name.upper().replace("-", " "), shortens=name == "name") for name in columns],
        _rows(instances, columns),
        # Without a terminal there is no width, and the reader may want whole names.
        width=columns_of(sys.stdout) or sys.maxsize,
        has_header=has_header,
        style=coloured if has_colour else None,
        style_title=bold if has_colour else None,
    )


def _as_tsv(
    instances: Iterable[Instance], columns: Sequence[str], *, has_header: bool, has_colour: bool
) -> Iterable[str]:
    return ("\t".join(row) for row in _rows(instances, columns))


def _as_json(
    instances: Iterable[Instance], columns: Sequence[str], *, has_header: bool, has_colour: bool
) -> Iterable[str]:
    from ecsvnc.cli.json_lines import instance_object, json_line

    return (json_line(instance_object(instance)) for instance in instances)


def _rows(instances: Iterable[Instance], columns: Sequence[str]) -> list[tuple[str, ...]]:
    from ecsvnc.cli.escape import escape_control

    texts = [COLUMNS[name].text for name in columns]
    return [tuple(escape_control(text(instance)) for text in texts) for instance in instances]


FORMATS: dict[str, Callable[..., Iterable[str]]] = {"table": _as_table, "tsv": _as_tsv, "json": _as_json}
"""The lines of each format."""


@click.command(cls=Command, lists={"Columns": [(name, column.meaning) for name, column in COLUMNS.items()]})
@click.argument("patterns", metavar="[PATTERN]...", nargs=-1, shell_complete=complete_instance)
@option(
    "--columns",
    metavar="COLUMN,...",
    parse=parse_columns,
    shell_complete=_complete_columns,
    help=f"What table and tsv show. [default: {','.join(DEFAULT_COLUMNS)}]",
)
@option(
    "--sort",
    "order",
    metavar="COLUMN,...",
    parse=parse_order,
    shell_complete=_complete_columns,
    help="Sort by these columns; -COLUMN reverses. [default: region,name]",
)
@option(
    "--status",
    "statuses",
    metavar="STATUS",
    multiple=True,
    parse=_each(_parse_status),
    shell_complete=_complete_status,
    help=f"Only instances in this state: {', '.join(STATUSES)}. Can be repeated: any of them.",
)
@option(
    "--tag",
    "tags",
    metavar="KEY[=VALUE]",
    multiple=True,
    parse=_each(_parse_tag),
    help="Only instances with this tag. Can be repeated: all of them.",
)
@option("--os", "os_type", type=click.Choice(["linux", "windows"]), help="Only instances with this OS.")
@option("--no-header", is_flag=True, help="Omit the titles of the table.")
@output_option(FORMATS, help="What to print. [default: table on a terminal, else tsv (tab-separated, without titles)]")
@ecs_options
@click.pass_obj
def command(
    app: App,
    patterns: tuple[str, ...],
    *,
    columns: tuple[str, ...] | None,
    order: tuple[str, ...] | None,
    statuses: tuple[str, ...],
    tags: tuple[tuple[str, str | None], ...],
    os_type: str | None,
    no_header: bool,
    output: str | None,
) -> None:
    """List instances: id, name, region, state, OS, address.

    PATTERN is a name, in which * stands for any characters, an id or an IPv4 address. Without --region, or with
    --region all, every region is asked. The address is a public one if there is one, else a private one.

    Examples:
      # All instances, in all regions
      ecsvnc list
      # Running web servers of production
      ecsvnc list 'web-*' --status Running --tag env=prod
      # Other columns, newest first
      ecsvnc list --columns name,id,created --sort -created
      # For a script
      ecsvnc list -o json | jq -r .instance_id
    """
    from ecsvnc.cli.instance_columns import in_order
    from ecsvnc.instances.selection import Selection
    from ecsvnc.instances.targets import parse_target

    if output is None:
        output = "table" if sys.stdout.isatty() else "tsv"
    if columns and output == "json":
        raise click.UsageError("--columns is for tables and tsv: JSON has every field.")
    selection = Selection(tuple(map(parse_target, patterns)), statuses, tags, os_type or "")
    found = _found(app, selection)
    instances = in_order(found.instances, order or ())
    if instances:
        from ecsvnc.cli.terminal import shows_colour

        has_colour = shows_colour(sys.stdout, app.runtime.environ)
        lines = FORMATS[output](instances, columns or DEFAULT_COLUMNS, has_header=not no_header, has_colour=has_colour)
        click.echo("".join(f"{line}\n" for line in lines), nl=False, color=has_colour)
    if not instances and not found.failures:
        region = app.settings.explicit_region
        app.terminal.notice(_nothing_found(click.get_current_context(), selection, f" in {region}" if region else ""))
    if found.failures:
        from ecsvnc.instances import lookup_errors

        raise lookup_errors.incomplete(found.failures)


def _found(app: App, selection: Selection) -> Matches:
    def done() -> str:
        count = len(found.instances)
        return f"Found {count} instance{'' if count == 1 else 's'}"

    # Before the imports, which take longer than the first answer.
    with app.terminal.working("Listing instances", done=done, after_s=0.0):
        from ecsvnc.cli.ecs_access import EcsAccess

        gc.disable()  # garbage collection would take a tenth of the time, and thousands of instances have none
        try:
            found = EcsAccess(app).finder.list(selection)
        finally:
            gc.freeze()  # nor does the next collection look at them
            gc.enable()
    return found


def _nothing_found(ctx: click.Context, selection: Selection, where: str) -> str:
    """The message if no instance matches, with the filters as they were typed."""
    from ecsvnc.instances.targets import Name

    asked = [
        *ctx.params["patterns"],
        *(f"--status {status}" for status in ctx.params["statuses"]),
        *(f"--tag {key}" if value is None else f"--tag {key}={value}" for key, value in ctx.params["tags"]),
        *([f"--os {ctx.params['os_type']}"] if ctx.params["os_type"] else []),
    ]
    if not asked:
        return f"No instances found{where}."
    what = f"No instances{where} match {', '.join(asked)}."
    whole = [target.text for target in selection.targets if isinstance(target, Name) and "*" not in target.text]
    return f"{what} A pattern matches the whole name; for a part of it: '*{whole[0]}*'." if whole else what
