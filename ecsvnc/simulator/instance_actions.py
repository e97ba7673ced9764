"""DescribeInstanceVncUrl, DescribeInstanceStatus, DescribeRegions and ModifyInstanceVncPasswd."""

from __future__ import annotations

import re
from typing import Any

from ecsvnc.openapi.endpoints import endpoint_host
from ecsvnc.simulator import refusals
from ecsvnc.simulator.actions import MAX_LIST_LENGTH, Call
from ecsvnc.simulator.fleet import WITH_CONSOLE
from ecsvnc.simulator.regions import REGIONS

_LANGUAGES = frozenset({"zh-CN", "zh-TW", "en-US", "ja", "fr", "de", "pt"})
_VNC_PASSWORD = re.compile(r"[A-Za-z0-9]{6}")


def describe_instance_vnc_url(call: Call) -> dict[str, Any]:
    """Answer with a ticket: VncUrl, and nothing else."""
    call.region_id()
    call.mandatory("InstanceId")
    call.require_permission()
    instance = call.instance()
    if instance.status not in WITH_CONSOLE:
        raise refusals.instance_status()
    if call.backend.fleet.take_not_ready(instance):
        raise refusals.instance_not_ready()
    return {"VncUrl": call.backend.issue_vnc_url(instance.id)}


def modify_instance_vnc_passwd(call: Call) -> dict[str, Any]:
    """Set the instance's VNC password, at once: every instance here is I/O optimised."""
    call.region_id()
    call.mandatory("InstanceId", "VncPassword")
    call.require_permission()
    instance = call.instance()
    if not _VNC_PASSWORD.fullmatch(call.parameters["VncPassword"]):
        raise refusals.vnc_password_malformed()
    instance.vnc_password = call.parameters["VncPassword"]
    return {}


def describe_instance_status(call: Call) -> dict[str, Any]:
    """Answer with one page of ids and states. Unlike DescribeInstances, it takes ids as `InstanceId.N`."""
    region_id = call.region_id()
    wanted = call.repeated("InstanceId")
    if len(wanted) > MAX_LIST_LENGTH:
        raise refusals.too_many_instance_ids()
    number = call.number("PageNumber", default=1, lowest=1, highest=10**9)
    size = call.number("PageSize", default=10, lowest=1, highest=50)
    zone_id = call.parameters.get("ZoneId")
    if zone_id and not zone_id.startswith(region_id):
        raise refusals.no_such_zone()
    call.require_permission()
    found = [
        each
        for each in call.backend.fleet.in_region(region_id)
        if (not wanted or each.id in wanted) and (not zone_id or each.zone_id == zone_id)
    ]
    page = found[(number - 1) * size : number * size]
    return {
        "InstanceStatuses": {"InstanceStatus": [{"InstanceId": each.id, "Status": each.status} for each in page]},
        "TotalCount": len(found),
        "PageNumber": number,
        "PageSize": size,
    }


def describe_regions(call: Call) -> dict[str, Any]:
    """Answer with every region and its endpoint. Needs no permission: the API reference publishes none for it."""
    language = call.parameters.get("AcceptLanguage") or "zh-CN"
    if language not in _LANGUAGES:
        raise refusals.no_such_language()
    is_chinese = language.startswith("zh")
    return {
        "Regions": {
            "Region": [
                {
                    "RegionId": region.id,
                    "LocalName": region.name_zh if is_chinese else region.name_en,
                    "RegionEndpoint": endpoint_host("ecs", region.id),
                    "Status": "available",
                }
                for region in REGIONS.values()
            ]
        }
    }
