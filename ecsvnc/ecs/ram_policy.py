"""The permissions that ecsvnc needs of RAM, the access control of Alibaba Cloud. Pure.

Actions and resources: the "Authorization information" of the pages of the ECS API reference. DescribeRegions publishes
none, so it is asked for on every resource.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

OPEN_A_CONSOLE = "ecs:DescribeInstanceVncUrl"
FIND_BY_NAME = "ecs:DescribeInstances"
KNOW_THE_REGIONS = "ecs:DescribeRegions"


def instance_arn(instance_id: str = "*", region_id: str = "*") -> str:
    """An instance as RAM names it, of whichever account; `*` for all of them."""
    return f"acs:ecs:{region_id}:*:instance/{instance_id}"


def smallest_policy(instances: Sequence[str] = ()) -> dict[str, Any]:
    """The smallest policy that lets ecsvnc do all it can do, on these instances (as RAM names them), or on all."""
    return {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [OPEN_A_CONSOLE, FIND_BY_NAME],
                "Resource": list(dict.fromkeys(instances)) or [instance_arn()],
            },
            {"Effect": "Allow", "Action": [KNOW_THE_REGIONS], "Resource": ["*"]},
        ],
    }
