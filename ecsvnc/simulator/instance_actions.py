"""DescribeInstanceVncUrl, DescribeInstanceStatus, DescribeRegions, ModifyInstanceVncPasswd and StartInstance."""

from __future__ import annotations

import re
from typing import Any

from ecsvnc.openapi.endpoints import endpoint_host
from ecsvnc.simulator import refusals, value_refusals
from ecsvnc.simulator.actions import MAX_LIST_LENGTH, Call
from ecsvnc.simulator.fleet import WITH_CONSOLE
from ecsvnc.simulator.regions import REGIONS, is_zone

_LANGUAGES = frozenset({"zh-CN", "zh-TW", "en-US", "ja", "fr", "de", "ko"})
_CHARGE_TYPES = frozenset({"PrePaid", "PostPaid", "SpotWithPriceLimit", "SpotAsPriceGo"})
_RESOURCE_TYPES = frozenset({"instance", "disk", "reservedinstance", "scu"})
_INSTANCE_ID = re.compile(r"(i-|AY)[A-Za-z0-9]+")
_VNC_PASSWORD = re.compile(r"[A-Za-z0-9]{6}")
_BOOT_S = 10.0


def describe_instance_vnc_url(call: Call) -> dict[str, Any]:
    """Answer with a ticket: VncUrl, and nothing else."""
    region_id = call.region_id()
    call.mandatory("InstanceId")
    call.require_permission(call.instance_arn(call.parameters["InstanceId"]))
    instance = call.instance()
    if instance.region_id != region_id:
        raise refusals.instance_of_another_region()
    if instance.status not in WITH_CONSOLE:
        raise refusals.instance_status()
    if call.backend.fleet.take_not_ready(instance):
        raise refusals.instance_not_ready()
    return {"VncUrl": call.backend.issue_vnc_url(instance.id)}


def modify_instance_vnc_passwd(call: Call) -> dict[str, Any]:
    """Set the instance's VNC password, at once: every instance here is I/O optimised."""
    region_id = call.region_id()
    call.mandatory("InstanceId", "VncPassword")
    call.require_permission(call.instance_arn(call.parameters["InstanceId"]))
    instance = call.instance(region_id)
    if not _VNC_PASSWORD.fullmatch(call.parameters["VncPassword"]):
        raise refusals.vnc_password_malformed()
    instance.vnc_password = call.parameters["VncPassword"]
    return {}


def start_instance(call: Call) -> dict[str, Any]:
    """Let a stopped instance start; it runs some seconds later.

    The action has no RegionId of its own: the endpoint says where the instance is. This endpoint is all regions', so
    the RegionId that clients send by habit stands for it.
    """
    call.mandatory("InstanceId")
    is_dry_run = call.flag("DryRun")
    call.flag("InitLocalDisk")  # no instance here has one
    call.require_permission(call.instance_arn(call.parameters["InstanceId"]))
    if is_dry_run:
        raise refusals.dry_run()
    instance = call.instance(call.parameters.get("RegionId", ""))
    if "security" in instance.lock_reasons:
        raise refusals.instance_locked_for_security()
    if "financial" in instance.lock_reasons:
        raise refusals.instance_expired()
    if not call.backend.fleet.start(instance, running_at_s=call.backend.monotonic() + _BOOT_S):
        raise refusals.instance_status()
    return {}


def describe_instance_status(call: Call) -> dict[str, Any]:
    """Answer with one page of ids and states. Unlike DescribeInstances, it takes ids as `InstanceId.N`."""
    region_id = call.region_id()
    numbered = call.repeated("InstanceId")
    if max(numbered, default=0) > MAX_LIST_LENGTH:
        raise value_refusals.too_many_instance_ids()
    wanted = set(numbered.values())
    # Without a number it is not the parameter that it looks like, and would let everything through.
    if 0 in numbered or "InstanceId" in call.parameters or not all(map(_INSTANCE_ID.fullmatch, wanted)):
        raise value_refusals.malformed_numbered_instance_ids()
    number = call.number("PageNumber", default=1, lowest=1, highest=10**9)
    size = call.number("PageSize", default=10, lowest=1, highest=50)
    zone_id = call.parameters.get("ZoneId")
    cluster_id = call.parameters.get("ClusterId")  # no instance here is in one
    if zone_id and not is_zone(region_id, zone_id):
        raise value_refusals.no_such_zone()
    call.require_permission(call.instance_arn())
    found = [
        each
        for each in call.backend.fleet.in_region(region_id)
        if (not wanted or each.id in wanted) and zone_id in (None, "", each.zone_id) and not cluster_id
    ]
    page = found[(number - 1) * size : number * size]
    return {
        "InstanceStatuses": {"InstanceStatus": [{"InstanceId": each.id, "Status": each.status} for each in page]},
        "TotalCount": len(found),
        "PageNumber": number,
        "PageSize": size,
    }


def describe_regions(call: Call) -> dict[str, Any]:
    """Answer with every region and its endpoint: each has every kind of resource, however it is paid for.

    Needs no permission: the API reference publishes none for it.
    """
    language = call.parameters.get("AcceptLanguage") or "zh-CN"
    if language not in _LANGUAGES:
        raise value_refusals.no_such_language()
    if call.parameters.get("InstanceChargeType", "") not in _CHARGE_TYPES | {""}:
        raise value_refusals.no_such_charge_type_of_region()
    if call.parameters.get("ResourceType", "").lower() not in _RESOURCE_TYPES | {""}:  # a sample has a capital in it
        raise value_refusals.no_such_resource_type()
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
