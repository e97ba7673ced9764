"""ECS's own error codes: what they mean for every action. Decided by `Code`, not by the HTTP status.

Source: the error code tables of DescribeInstanceVncUrl, DescribeInstances, ModifyInstanceVncPasswd, StartInstance,
RebootInstance, GetInstanceScreenshot and GetInstanceConsoleOutput, API version 2014-05-26. `IncorrectInstanceStatus`
and `InstanceNotReady` are both answered with 403 or 405, and neither is about permissions.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from ecsvnc.ecs.action import instance_arn
from ecsvnc.errors import (
    EcsvncError,
    InstanceNotFoundError,
    InstanceNotReadyError,
    ServiceError,
    StateError,
    UnexpectedAnswerError,
    WrongRegionError,
)
from ecsvnc.openapi.codes import Refusal, denial_error

NOT_READY = frozenset({"InstanceNotReady"})
"""Transient although it is a 403: the service asks to try again later."""


_CANNOT_START = {
    "InstanceLockedForSecurity": "it is locked for security reasons",
    "InstanceExpired*": "it has expired, or its account has a payment overdue",
    "InsufficientBalance": "the account's balance is too low",
    "DiskInArrears": "a payment for one of its disks is overdue",
    "DiskError": "one of its disks is not in a state that allows it",
    "InvalidInstance.NotFoundSystemDisk": "it has no system disk",
}
"""What prevents a start or reboot until the owner acts."""

_NO_CAPACITY = ("OperationDenied.*", "LackResource", "QuotaExceed.*", "*.NotEnoughResource", "*.NoStock")
"""What prevents it until the service has capacity again."""

START_IT = "Use --start to start it."
"""What to do about an instance that is stopped."""


def instance_error(
    refusal: Refusal, instance_id: str, region_id: str, *, needed_by: str = "a console"
) -> EcsvncError | None:
    """The error of an action on a running instance, which `needed_by` needs; None if the code is not ECS's own."""
    match refusal.code:
        case "InvalidInstanceId.NotFound":
            return _no_such_instance(refusal, instance_id, region_id)
        case "InvalidRegionInstance":
            return WrongRegionError(
                f"Instance {instance_id} exists, but not in region {region_id}.",
                hint="Omit --region: ecsvnc finds the region.",
                request_id=refusal.request_id,
                code=refusal.code,
            )
        case "IncorrectInstanceStatus":
            return StateError(
                f"Instance {instance_id} is not running, which {needed_by} needs.",
                hint=START_IT,
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


def capture_error(
    refusal: Refusal, instance_id: str, region_id: str, *, needed_by: str, not_supported: str, instead: str
) -> EcsvncError | None:
    """The error of an action that reads `needed_by` off one instance.

    Such actions answer `InvalidParameter` for an instance that they do not find.
    """
    match refusal.code:
        case "InvalidParameter":
            return _no_such_instance(refusal, instance_id, region_id)
        case "NotSupported":
            return StateError(
                not_supported,
                hint=instead,
                request_id=refusal.request_id,
                code=refusal.code,
            )
    return instance_error(refusal, instance_id, region_id, needed_by=needed_by)


def power_error(refusal: Refusal, instance_id: str, region_id: str, *, verb: str) -> EcsvncError | None:
    """The error of an action that starts or reboots (`verb`) one instance."""
    cannot = f"ECS cannot {verb} instance {instance_id}"
    for codes, reason in _CANNOT_START.items():
        if fnmatchcase(refusal.code, codes):
            return StateError(
                f"{cannot}: {reason}.",
                hint="See the instance in the ECS console.",
                request_id=refusal.request_id,
                code=refusal.code,
            )
    if any(fnmatchcase(refusal.code, codes) for codes in _NO_CAPACITY):
        return ServiceError(
            f"{cannot} now: {refusal.message or refusal.code}",
            hint="Try again later, or see the instance in the ECS console.",
            request_id=refusal.request_id,
            code=refusal.code,
        )
    if refusal.code == "IncorrectInstanceStatus":
        return StateError(
            f"{cannot} in its present state.",
            hint="`ecsvnc list` shows the state.",
            request_id=refusal.request_id,
            code=refusal.code,
        )
    return instance_error(refusal, instance_id, region_id)


def base64_field(body: Mapping[str, Any], name: str) -> bytes:
    """A field of a good answer, decoded. Raises UnexpectedAnswerError if it is missing, or not base64."""
    value = body.get(name)
    try:
        return base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        raise UnexpectedAnswerError(f"The service's answer has no {name} in base64.") from None


def _no_such_instance(refusal: Refusal, instance_id: str, region_id: str) -> InstanceNotFoundError:
    return InstanceNotFoundError(
        f"No instance {instance_id} in region {region_id}, or it belongs to another account.",
        hint="Check the id, the region and which account the AccessKey belongs to; "
        "`ecsvnc list` shows what it can see.",
        request_id=refusal.request_id,
        code=refusal.code,
    )
