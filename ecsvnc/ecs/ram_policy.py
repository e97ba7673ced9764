"""The permissions that ecsvnc needs of RAM, the access control of Alibaba Cloud. Pure.

Actions and resources: the "Authorization information" of the pages of the ECS API reference. DescribeRegions publishes
none, so it is asked for on every resource.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ecsvnc.ecs.action import EcsAction, instance_arn
from ecsvnc.ecs.describe_instance_vnc_url import DescribeInstanceVncUrl
from ecsvnc.ecs.describe_instances import DescribeInstances
from ecsvnc.ecs.describe_regions import DescribeRegions

ACTIONS: tuple[type[EcsAction], ...] = (DescribeInstanceVncUrl, DescribeInstances, DescribeRegions)


def smallest_policy(instances: Sequence[str] = ()) -> dict[str, Any]:
    """The smallest policy that permits every action on these instances (as RAM names them), or on all."""
    resources = list(dict.fromkeys(instances)) or [instance_arn()]
    on_instances = [action.ram_action() for action in ACTIONS if action.is_on_instances]
    on_everything = [action.ram_action() for action in ACTIONS if not action.is_on_instances]
    return {
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": on_instances, "Resource": resources},
            {"Effect": "Allow", "Action": on_everything, "Resource": ["*"]},
        ],
    }
