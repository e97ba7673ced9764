"""Actions that no command of ecsvnc calls: DescribeInstanceStatus and ModifyInstanceVncPasswd.

Sources: their pages in the ECS API reference.
"""

from __future__ import annotations

import re
from string import ascii_lowercase
from typing import Any

from ecsvnc.simulator.call import MAX_LIST_LENGTH, Call
from ecsvnc.simulator.refusals import ApiError
from ecsvnc.simulator.regions import zone_id

_INSTANCE_ID = re.compile(r"(i-|AY)[A-Za-z0-9]+")
_VNC_PASSWORD = re.compile(r"[A-Za-z0-9]{6}")


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
