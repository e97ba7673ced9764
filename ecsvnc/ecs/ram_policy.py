"""The permissions that ecsvnc needs of RAM, the access control of Alibaba Cloud. Pure.

Actions and resources: the "Authorization information" of the pages of the ECS API reference. DescribeRegions has none,
so it is requested for every resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ecsvnc.ecs.action import EcsAction, instance_arn
from ecsvnc.ecs.describe_instance_vnc_url import DescribeInstanceVncUrl
from ecsvnc.ecs.describe_instances import DescribeInstances
from ecsvnc.ecs.describe_regions import DescribeRegions
from ecsvnc.ecs.get_instance_console_output import GetInstanceConsoleOutput
from ecsvnc.ecs.get_instance_screenshot import GetInstanceScreenshot
from ecsvnc.ecs.reboot_instance import RebootInstance
from ecsvnc.ecs.start_instance import StartInstance

ACTIONS: tuple[type[EcsAction], ...] = (DescribeInstanceVncUrl, DescribeInstances, DescribeRegions)
"""What finding an instance and opening its console need."""

FURTHER_ACTIONS: dict[str, type[EcsAction]] = {
    "screen": GetInstanceScreenshot,
    "log": GetInstanceConsoleOutput,
    "start": StartInstance,
    "reboot": RebootInstance,
}
"""What `screen --snapshot`, `log`, `--start` and `reboot` need in addition, by the name of the purpose."""


def smallest_policy(instances: Sequence[str] = (), purposes: Iterable[str] = ()) -> dict[str, Any]:
    """The smallest policy that permits every action on these instances (as RAM names them), or on all.

    `purposes` are keys of FURTHER_ACTIONS: their actions are permitted too.
    """
    resources = list(dict.fromkeys(instances)) or [instance_arn()]
    actions = [*ACTIONS, *(FURTHER_ACTIONS[each] for each in dict.fromkeys(purposes))]
    on_instances = [action.ram_action() for action in actions if action.is_on_instances]
    on_everything = [action.ram_action() for action in actions if not action.is_on_instances]
    return {
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": on_instances, "Resource": resources},
            {"Effect": "Allow", "Action": on_everything, "Resource": ["*"]},
        ],
    }
