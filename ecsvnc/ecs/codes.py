"""ECS's own error codes: what they mean, whatever the action. Dispatch is on `Code`; the HTTP status says little.

Source: the error code tables of DescribeInstanceVncUrl, DescribeInstances and ModifyInstanceVncPasswd, API version
2014-05-26. `IncorrectInstanceStatus` and `InstanceNotReady` are both answered with 403, and neither is about
permissions.
"""

from __future__ import annotations

from ecsvnc.ecs.ram_policy import instance_arn
from ecsvnc.errors import (
    EcsvncError,
    InstanceNotFoundError,
    InstanceNotReadyError,
    StateError,
    WrongRegionError,
)
from ecsvnc.openapi.codes import Refusal, denial_error

API_VERSION = "2014-05-26"

NOT_READY = frozenset({"InstanceNotReady"})
"""Transient although it is a 403: the service says to try again later."""


def instance_error(refusal: Refusal, instance_id: str, region_id: str) -> EcsvncError | None:
    """The error of an action on one instance; None if the code is not ECS's own."""
    match refusal.code:
        case "InvalidInstanceId.NotFound":
            return InstanceNotFoundError(
                f"There is no instance {instance_id} in region {region_id}, or it belongs to another account.",
                hint="Check the id, the region and which account the AccessKey belongs to; "
                "`ecsvnc list` shows what it can see.",
                request_id=refusal.request_id,
                code=refusal.code,
            )
        case "InvalidRegionInstance":
            return WrongRegionError(
                f"Instance {instance_id} exists, but not in region {region_id}.",
                hint="Leave --region out: ecsvnc finds the instance by itself.",
                request_id=refusal.request_id,
                code=refusal.code,
            )
        case "IncorrectInstanceStatus":
            return StateError(
                f"Instance {instance_id} is not in a state that allows a console: it has to be running.",
                hint="Start it in the ECS console, or with "
                f"`aliyun ecs StartInstance --RegionId {region_id} --InstanceId {instance_id}`; "
                "--wait then waits until its console is ready.",
                request_id=refusal.request_id,
                code=refusal.code,
            )
        case "InstanceNotReady":
            return InstanceNotReadyError(
                f"The console of instance {instance_id} is not ready yet.",
                hint="Try again in a minute, or let --wait do so.",
                request_id=refusal.request_id,
                code=refusal.code,
            )
    return denial_error(refusal, instance_arn(instance_id, region_id))
