"""`ecsvnc list`: which instances there are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app_slot import pass_app
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.options import EcsOptions, ecs_options

if TYPE_CHECKING:
    from ecsvnc.cli.app import App
    from ecsvnc.ecs.instance import Instance

COLUMNS = ("ID", "NAME", "REGION", "STATUS", "OS")

_NAME = COLUMNS.index("NAME")
_SHORTEST_NAME = 12
"""To how many cells a name may be shortened."""

_GAP = "  "


def _row(instance: Instance) -> tuple[str, ...]:
    from ecsvnc.cli.terminal import plain  # noqa: PLC0415  # not for --help

    fields = (instance.id, instance.name, instance.region_id, instance.status, instance.os_type)
    return tuple(map(plain, fields))


def _as_tsv(instances: Iterable[Instance]) -> str:
    return "".join("\t".join(_row(instance)) + "\n" for instance in instances)


def _as_json(instances: Iterable[Instance]) -> str:
    from ecsvnc.cli.terminal import json_line  # noqa: PLC0415  # not for --help

    return "".join(
        json_line(
            {
                "instance_id": instance.id,
                "name": instance.name,
                "region_id": instance.region_id,
                "status": instance.status,
                "os_type": instance.os_type,
            }
        )
        + "\n"
        for instance in instances
    )


def _as_table(instances: Iterable[Instance]) -> str:
    import shutil  # noqa: PLC0415  # for tables alone

    # A pipe has no width, and whoever reads it may want whole names.
    return table_text(map(_row, instances), columns=shutil.get_terminal_size((sys.maxsize, 0)).columns)


def table_text(rows: Iterable[Sequence[str]], *, columns: int) -> str:
    """Rows of COLUMNS one below the other, for a terminal of `columns` cells.

    Names alone are shortened: the rest is what one copies, or cannot guess. Where even that is too wide, lines break.
    """
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415  # knows which letters take two cells

    table = [COLUMNS, *rows]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    others = sum(widths) - widths[_NAME] + len(_GAP) * (len(widths) - 1)
    widths[_NAME] = min(widths[_NAME], max(columns - others, _SHORTEST_NAME))

    def shortened(name: str) -> str:
        return name if cell_len(name) <= widths[_NAME] else set_cell_size(name, widths[_NAME] - 1).rstrip() + "…"

    lines = ([shortened(cell) if at == _NAME else cell for at, cell in enumerate(row)] for row in table)
    return "".join(_GAP.join(map(set_cell_size, line, widths)).rstrip() + "\n" for line in lines)


FORMATS: dict[str, Callable[[Iterable[Instance]], str]] = {"table": _as_table, "tsv": _as_tsv, "json": _as_json}


@click.command()
@click.argument("pattern", required=False, shell_complete=complete_instance)
@click.option(
    "--output", type=click.Choice(list(FORMATS)), help="[default: table on a terminal, else tsv (tab-separated)]"
)
@ecs_options
@pass_app
def command(app: App, pattern: str | None, output: str | None, options: EcsOptions) -> None:
    """List instances: id, name, region, state, OS.

    PATTERN is a name, in which * stands for any characters, an id or an IPv4 address. Without --region, or with
    --region all, every region is asked.
    """
    from ecsvnc.console import misses  # noqa: PLC0415  # not for --help

    session = app.session(options._replace(region=None) if options.region == "all" else options)
    session.prepare()
    found = session.consoles.list(session.target(pattern) if pattern else None)
    if output is None:
        output = "table" if sys.stdout.isatty() else "tsv"
    if found.instances:
        click.echo(FORMATS[output](found.instances), nl=False)
    elif not found.failures:
        app.terminal.warn("No instance matches." if pattern else "There are no instances.")
    if found.failures:
        raise misses.incomplete(found.failures)
