"""The actions of the embedded API: those that a command of ecsvnc calls.

Sources: the pages DescribeInstanceVncUrl and DescribeRegions of the ECS API reference, and GetCallerIdentity of STS's.
The other actions are in files of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ecsvnc.openapi.endpoints import endpoint_host
from ecsvnc.simulator.call import Action, Call
from ecsvnc.simulator.captures import Captures
from ecsvnc.simulator.describe_instances import describe_instances
from ecsvnc.simulator.fleet import WITH_CONSOLE
from ecsvnc.simulator.power import Power
from ecsvnc.simulator.refusals import refused
from ecsvnc.simulator.regions import REGIONS

_LANGUAGES = frozenset({"zh-CN", "zh-TW", "en-US", "ja", "fr", "de", "ko"})
_CHARGE_TYPES = frozenset({"PrePaid", "PostPaid", "SpotWithPriceLimit", "SpotAsPriceGo"})
_RESOURCE_TYPES = frozenset({"instance", "disk", "reservedinstance", "scu"})


def actions(*, issue_vnc_url: Callable[[str], str], page_key: bytes, power: Power, captures: Captures) -> list[Action]:
    """Every action. `issue_vnc_url` returns a VncUrl for an instance id; `page_key` signs page tokens."""
    return [
        Action("DescribeInstanceVncUrl", partial(describe_instance_vnc_url, issue_vnc_url=issue_vnc_url)),
        Action("DescribeInstances", partial(describe_instances, page_key=page_key)),
        Action("DescribeRegions", describe_regions),
        Action("GetInstanceScreenshot", captures.get_instance_screenshot),
        Action("GetInstanceConsoleOutput", captures.get_instance_console_output),
        Action("StartInstance", power.start_instance),
        Action("RebootInstance", power.reboot_instance),
        Action("GetCallerIdentity", get_caller_identity, product="sts"),
    ]


def describe_instance_vnc_url(call: Call, *, issue_vnc_url: Callable[[str], str]) -> dict[str, Any]:
    """Answer with a ticket: VncUrl, and nothing else."""
    region_id = call.region_id()
    call.require("InstanceId")
    call.require_permission(call.instance_arn(call.parameters["InstanceId"]))
    instance = call.instance()
    if instance.region_id != region_id:
        raise refused("InvalidRegionInstance")
    if instance.status not in WITH_CONSOLE:
        raise refused("IncorrectInstanceStatus")
    return {"VncUrl": issue_vnc_url(instance.id)}


def describe_regions(call: Call) -> dict[str, Any]:
    """Answer with every region and its endpoint: all have every kind of resource and payment.

    Needs no permission: the API reference publishes none for it.
    """
    language = call.parameters.get("AcceptLanguage") or "zh-CN"
    if language not in _LANGUAGES:
        raise refused("InvalidAcceptLanguage.NotFound")
    if call.parameters.get("InstanceChargeType", "") not in _CHARGE_TYPES | {""}:
        raise refused("Invalid.InstanceChargeType")
    if call.parameters.get("ResourceType", "").lower() not in _RESOURCE_TYPES | {""}:  # a sample has a capital
        raise refused("InvalidResourceType.NotFound")
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


def get_caller_identity(call: Call) -> dict[str, Any]:
    """Answer with who signed the request. Needs no permission."""
    identity = call.identity
    kinds = {
        "Root": ("Account", "root"),
        "SubUser": ("RAMUser", f"user/{identity.name}"),
        "AssumedRoleUser": ("AssumedRoleUser", f"assumed-role/{identity.name}"),
    }
    kind, path = kinds[identity.principal_type]
    return {
        "AccountId": identity.account_id,
        "IdentityType": kind,
        "PrincipalId": identity.access_key_id[-16:],
        "Arn": f"acs:ram::{identity.account_id}:{path}",
    }
