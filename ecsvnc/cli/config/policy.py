"""`config policy`: the permissions that ecsvnc needs, as a RAM policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.options import ecs_options

if TYPE_CHECKING:
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.instances.targets import Target


@click.command("policy", cls=Command)
@click.argument("instances", metavar="[INSTANCE...]", nargs=-1, shell_complete=complete_instance)
@ecs_options
@click.pass_obj
def policy_command(app: App, instances: tuple[str, ...]) -> None:
    """Print the smallest RAM policy that ecsvnc needs, as JSON.

    With INSTANCE it allows these alone. An id is not looked up, and needs no credentials: its region is that of
    --region, where it was last seen, the one encoded in the id, or else `*`. Names and addresses are looked up.

    Examples:
      ecsvnc config policy
      # For one instance only
      ecsvnc config policy web-1
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.ecs.ram_policy import smallest_policy
    from ecsvnc.instances.targets import parse_target

    access = EcsAccess(app, os_matters=False)
    targets = [parse_target(text) for text in instances]
    click.echo(json.dumps(smallest_policy([_arn(access, target) for target in targets]), indent=2))


def _arn(access: EcsAccess, target: Target) -> str:
    from ecsvnc.ecs.action import instance_arn
    from ecsvnc.instances.targets import InstanceId

    if isinstance(target, InstanceId):
        return instance_arn(target.text, access.region_known_offline(target) or "*")
    instance = access.finder.find(target)
    assert instance is not None  # noqa: S101  # only an id is found without being known
    return instance_arn(instance.id, instance.region_id)
