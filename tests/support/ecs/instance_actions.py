"""Actions that no command of ecsvnc calls: DescribeInstanceStatus, ModifyInstanceVncPasswd and StartInstance.

Sources: their pages in the ECS API reference.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from string import ascii_lowercase
from typing import Any

from ecsvnc.simulator.call import MAX_LIST_LENGTH, Call
from ecsvnc.simulator.fleet import Fleet
from ecsvnc.simulator.refusals import ApiError, refused
from ecsvnc.simulator.regions import zone_id

_INSTANCE_ID = re.compile(r"(i-|AY)[A-Za-z0-9]+")
_VNC_PASSWORD = re.compile(r"[A-Za-z0-9]{6}")
_BOOT_S = 10.0
_LOCKED = {
    "security": (
        "InstanceLockedForSecurity",
        "The specified operation is denied as your instance is locked for security reasons.",
    ),
    "financial": (
        "InstanceExpired",
        "The postPaid instance has been expired.Please ensure your account have enough balance.",
    ),
}


def modify_instance_vnc_passwd(call: Call) -> dict[str, Any]:
    """Set the instance's VNC password, at once: every instance here is I/O optimised."""
    region_id = call.region_id()
    call.require("InstanceId", "VncPassword")
    call.require_permission(call.instance_arn(call.parameters["InstanceId"]))
    instance = call.instance(region_id)
    if not _VNC_PASSWORD.fullmatch(call.parameters["VncPassword"]):
        raise ApiError(
            400,
            "IncorrectVncPassword.Malformed",
            "The specified parameter VncPassword must be 6 characters, including uppercase characters, "
            "lowercase characters and numbers.",
        )
    instance.vnc_password = call.parameters["VncPassword"]
    return {}


class Starting:
    """StartInstance, and the instances that it started: each runs some seconds later."""

    def __init__(self, fleet: Fleet, monotonic: Callable[[], float]) -> None:
        self._fleet = fleet
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._running_at_s: dict[str, float] = {}

    def start_instance(self, call: Call) -> dict[str, Any]:
        """Start a stopped instance.

        The action has no RegionId of its own: the endpoint says where the instance is. This endpoint is all regions',
        so the RegionId that clients send by habit stands for it.
        """
        call.require("InstanceId")
        is_dry_run = call.flag("DryRun")
        call.flag("InitLocalDisk")  # no instance here has one
        call.require_permission(call.instance_arn(call.parameters["InstanceId"]))
        if is_dry_run:
            raise refused("DryRunOperation")
        instance = call.instance(call.parameters.get("RegionId", ""))
        for reason, error in _LOCKED.items():
            if reason in instance.lock_reasons:
                raise ApiError(403, *error)
        with self._lock:
            if instance.status != "Stopped":
                raise refused("IncorrectInstanceStatus")
            instance.status = "Starting"
            self._running_at_s[instance.id] = self._monotonic() + _BOOT_S
        return {}

    def boot(self) -> None:
        """Set those to Running whose time has come."""
        with self._lock:
            now_s = self._monotonic()
            for instance_id in [each for each, at_s in self._running_at_s.items() if at_s <= now_s]:
                del self._running_at_s[instance_id]
                instance = self._fleet.get(instance_id)
                if instance is not None and instance.status == "Starting":
                    instance.status = "Running"


def describe_instance_status(call: Call) -> dict[str, Any]:
    """Answer with one page of ids and states. Unlike DescribeInstances, it takes ids as `InstanceId.N`."""
    region_id = call.region_id()
    numbered = call.repeated("InstanceId")
    if max(numbered, default=0) > MAX_LIST_LENGTH:
        raise ApiError(403, "InvalidParameter.TooManyInstanceIds", "Instance ids cannot be more than 100.")
    wanted = set(numbered.values())
    # Without a number it is not the parameter that it looks like, and would let everything through.
    if 0 in numbered or "InstanceId" in call.parameters or not all(map(_INSTANCE_ID.fullmatch, wanted)):
        raise ApiError(403, "Abs.InvalidInstanceIds.MalFormed", "The specified instanceIds is not valid.")
    number = call.number("PageNumber", default=1, lowest=1, highest=10**9)
    size = call.number("PageSize", default=10, lowest=1, highest=50)
    zone = call.parameters.get("ZoneId")
    cluster_id = call.parameters.get("ClusterId")  # no instance here is in one
    if zone and not is_zone(region_id, zone):
        raise ApiError(404, "InvalidZoneId.NotFound", "The ZoneId provided does not exist in our records.")
    call.require_permission(call.instance_arn())
    found = [
        each
        for each in call.fleet.in_region(region_id)
        if (not wanted or each.id in wanted) and zone in (None, "", each.zone_id) and not cluster_id
    ]
    page = found[(number - 1) * size : number * size]
    return {
        "InstanceStatuses": {"InstanceStatus": [{"InstanceId": each.id, "Status": each.status} for each in page]},
        "TotalCount": len(found),
        "PageNumber": number,
        "PageSize": size,
    }


def is_zone(region_id: str, zone: str) -> bool:
    """Whether this is a zone of the region: each has one for every letter here."""
    return zone[-1:] in set(ascii_lowercase) and zone == zone_id(region_id, zone[-1])
