"""ECS's own error codes: what they mean, whatever the action. Dispatch is on `Code`; the HTTP status says little.

Source: the error code tables of DescribeInstanceVncUrl, DescribeInstances and ModifyInstanceVncPasswd, API version
2014-05-26. `IncorrectInstanceStatus` and `InstanceNotReady` are both answered with 403, and neither is about
permissions.
"""

from __future__ import annotations

from ecsvnc.ecs.action import instance_arn
from ecsvnc.errors import (
    EcsvncError,
    InstanceNotFoundError,
    InstanceNotReadyError,
    StateError,
    WrongRegionError,
)
from ecsvnc.openapi.codes import Refusal, denial_error

NOT_READY = frozenset({"InstanceNotReady"})
"""Transient although it is a 403: the service asks to try again later."""


def instance_error(refusal: Refusal, instance_id: str, region_id: str) -> EcsvncError | None:
    """The error of an action on one instance; None if the code is not ECS's own."""
    match refusal.code:
        case "InvalidInstanceId.NotFound":
            return InstanceNotFoundError(
                f"No instance {instance_id} in region {region_id}, or it belongs to another account.",
                hint="Check the id, the region and which account the AccessKey belongs to; "
                "`ecsvnc list` shows what it can see.",
                request_id=refusal.request_id,
                code=refusal.code,
            )
        case "InvalidRegionInstance":
            return WrongRegionError(
                f"Instance {instance_id} exists, but not in region {region_id}.",
                hint="Omit --region: ecsvnc finds the region.",
                request_id=refusal.request_id,
                code=refusal.code,
            )
        case "IncorrectInstanceStatus":
            return StateError(
                f"Instance {instance_id} is not running, which a console needs.",
                hint="Start it in the ECS console, or with "
                f"`aliyun ecs StartInstance --RegionId {region_id} --InstanceId {instance_id}`; "
                "--wait then waits until its console is ready.",
                request_id=refusal.request_id,
                code=refusal.code,
            )
        case "InstanceNotReady":
            return InstanceNotReadyError(
                f"The console of instance {instance_id} is not ready yet.",
                hint="Try again in a minute, or use --wait.",
                request_id=refusal.request_id,
                code=refusal.code,
            )
    return denial_error(refusal, instance_arn(instance_id, region_id))
