"""Which of several instances is meant: asked on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ecsvnc.cli.terminal import escape_control
from ecsvnc.ecs.instance import Instance


def choose_instance(instances: Sequence[Instance]) -> Instance:
    """List the instances on stderr, and ask for a number. Ctrl-C and end of input abort."""
    for number, instance in enumerate(instances, 1):
        row = f"{instance.id}  {instance.name}  {instance.region_id}  {instance.status}"
        click.echo(f"{number:3}  {escape_control(row)}", err=True)
    chosen = click.prompt("Which one", type=click.IntRange(1, len(instances)), err=True)
    return instances[int(chosen) - 1]
