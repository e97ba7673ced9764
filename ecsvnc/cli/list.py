"""`ecsvnc list`: which instances there are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.options import ecs_options, output_option

if TYPE_CHECKING:
    from ecsvnc.ecs.instance import Instance

COLUMNS = ("ID", "NAME", "REGION", "STATUS", "OS")

_NAME = COLUMNS.index("NAME")
_SHORTEST_NAME = 12
"""To how many cells a name may be shortened."""


def _row(instance: Instance) -> tuple[str, ...]:
    from ecsvnc.cli.terminal import escape_control

    fields = (instance.id, instance.name, instance.region_id, instance.status, instance.os_type)
    return tuple(map(escape_control, fields))


def _as_tsv(instances: Iterable[Instance]) -> str:
    return "".join("\t".join(_row(instance)) + "\n" for instance in instances)


def _as_json(instances: Iterable[Instance]) -> str:
    from ecsvnc.cli.json_lines import instance_object, json_line

    return "".join(json_line(instance_object(instance)) + "\n" for instance in instances)


def _as_table(instances: Iterable[Instance]) -> str:
    import shutil

    # A pipe has no width, and whoever reads it may want whole names.
    return table_text(map(_row, instances), columns=shutil.get_terminal_size((sys.maxsize, 0)).columns)


def table_text(rows: Iterable[Sequence[str]], *, columns: int) -> str:
    """Rows of COLUMNS one below the other, for a terminal of `columns` cells.

    Names alone are shortened: the rest is what one copies, or cannot guess. Where even that is too wide, lines break.
    """
    from io import StringIO

    from rich.console import Console as RichConsole
    from rich.table import Table
    from rich.text import Text

    table = Table(*COLUMNS, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in table.columns:
        column.no_wrap = True
    for row in rows:
        table.add_row(*map(Text, row))
    # Wide enough for everything: rich would shorten the ids too.
    text = StringIO()
    console = RichConsole(file=text, width=sys.maxsize)
    too_wide = console.measure(table).maximum - columns
    if too_wide > 0:
        name = table.columns[_NAME]
        widest = max(console.measure(cell).maximum for cell in name.cells)
        name.max_width = min(widest, max(widest - too_wide, _SHORTEST_NAME))
        name.overflow = "ellipsis"
    console.print(table, soft_wrap=True)
    return "".join(line.rstrip() + "\n" for line in text.getvalue().splitlines())


FORMATS: dict[str, Callable[[Iterable[Instance]], str]] = {"table": _as_table, "tsv": _as_tsv, "json": _as_json}


@click.command()
@click.argument("pattern", required=False, shell_complete=complete_instance)
@output_option(FORMATS, help="What to print. [default: table on a terminal, else tsv (tab-separated)]")
@ecs_options
@click.pass_obj
def command(app: App, pattern: str | None, output: str | None) -> None:
    """List instances: id, name, region, state, OS.

    PATTERN is a name, in which * stands for any characters, an id or an IPv4 address. Without --region, or with
    --region all, every region is asked.
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.instances import lookup_errors
    from ecsvnc.instances.selection import Selection
    from ecsvnc.instances.targets import parse_target

    found = EcsAccess(app).finder.list(Selection((parse_target(pattern),) if pattern is not None else ()))
    if output is None:
        output = "table" if sys.stdout.isatty() else "tsv"
    if found.instances:
        click.echo(FORMATS[output](found.instances), nl=False)
    elif not found.failures:
        app.terminal.notice(f"No instances match {pattern}." if pattern else "No instances found.")
    if found.failures:
        raise lookup_errors.incomplete(found.failures)
