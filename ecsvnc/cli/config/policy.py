"""`config policy`: the permissions that ecsvnc needs, as a RAM policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.options import ecs_options, option

if TYPE_CHECKING:
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.instances.targets import Target


def _purposes(text: str) -> list[str]:
    """The purposes in a list with commas. Raises ValueError for an unknown one."""
    from ecsvnc.ecs.ram_policy import FURTHER_ACTIONS

    purposes = [each.strip() for each in text.split(",")]
    for purpose in purposes:
        if purpose not in FURTHER_ACTIONS:
            known = ", ".join(FURTHER_ACTIONS)
            raise ValueError(f"must be a list of {known}, with commas: {purpose!r} is not one of them")
    return purposes


@click.command("policy", cls=Command)
@click.argument("instances", metavar="[INSTANCE...]", nargs=-1, shell_complete=complete_instance)
@option(
    "--for",
    "purposes",
    metavar="LIST",
    parse=_purposes,
    help="Allow also what these need, in a list with commas: screen (screen --snapshot), log, start (--start), reboot.",
)
@ecs_options
@click.pass_obj
def policy_command(app: App, instances: tuple[str, ...], purposes: list[str] | None) -> None:
    """Print the smallest RAM policy that ecsvnc needs, as JSON.

    It allows finding an instance and opening its console; --for adds what other commands need.

    With INSTANCE it allows these alone. An id is not looked up, and needs no credentials: its region is that of
    --region, where it was last seen, the one encoded in the id, or else `*`. Names and addresses are looked up.

    Examples:
      ecsvnc config policy
      # For one instance only
      ecsvnc config policy web-1
      # With what screen --snapshot, log, reboot and --start need
      ecsvnc config policy --for screen,log,start,reboot
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.ecs.ram_policy import smallest_policy
    from ecsvnc.instances.targets import parse_target

    access = EcsAccess(app, os_matters=False)
    targets = [parse_target(text) for text in instances]
    policy = smallest_policy([_arn(access, target) for target in targets], purposes or ())
    click.echo(json.dumps(policy, indent=2))


def _arn(access: EcsAccess, target: Target) -> str:
    from ecsvnc.ecs.action import instance_arn
    from ecsvnc.instances.targets import InstanceId

    if isinstance(target, InstanceId):
        return instance_arn(target.text, access.region_known_offline(target) or "*")
    instance = access.finder.locate(target)
    return instance_arn(instance.id, instance.region_id)
