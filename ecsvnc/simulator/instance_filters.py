"""The filters of DescribeInstances: every one that its page in the ECS API reference documents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, get_args

from ecsvnc.simulator.call import MAX_LIST_LENGTH, Call
from ecsvnc.simulator.fleet import Instance, Status
from ecsvnc.simulator.instance_document import instance_document
from ecsvnc.simulator.refusals import invalid, refused

Filter = Callable[[Instance], bool]

_MAX_TAGS = 20
_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z")


def instance_filters(call: Call) -> list[Filter]:
    """The filters that an instance has to pass. Raises ApiError for invalid ones."""
    parameters = call.parameters
    filters = [
        _any_of(_json_list(name, parameters[name]), values_of)
        for name, values_of in _LISTS.items()
        if name in parameters
    ]
    if addresses := call.repeated("Ipv6Address"):
        filters.append(_any_of(addresses.values(), lambda each: ()))  # no instance here has one
    if name_pattern := parameters.get("InstanceName"):
        pattern = name_pattern.replace("[", "[[]").replace("?", "[?]")  # the API only knows `*`
        filters.append(lambda each: fnmatchcase(each.name, pattern))
    if parameters.get("HpcClusterId"):
        raise refused("InvalidHpcClusterId.NotFound")
    for name, (values, code) in _VALUES.items():
        if parameters.get(name) and parameters[name] not in values:
            raise refused(code) if code else invalid(name)
    filters += [_exactly(wanted, value_of) for name, value_of in _EXACT.items() if (wanted := parameters.get(name))]
    filters += [_exactly(call.flag(name), value_of) for name, value_of in _FLAGS.items() if parameters.get(name)]
    if lock_reason := parameters.get("LockReason"):
        filters.append(_any_of([lock_reason.lower()], lambda each: [reason.lower() for reason in each.lock_reasons]))
    return filters + _tag_filters(call) + _time_filters(call)


def _any_of(wanted: Iterable[str], values_of: Callable[[Instance], Iterable[str]]) -> Filter:
    wanted = set(wanted)
    return lambda each: not wanted.isdisjoint(values_of(each))


def _exactly(wanted: object, value_of: Callable[[Instance], object]) -> Filter:
    return lambda each: value_of(each) == wanted


def _field(*names: str) -> Callable[[Instance], Any]:
    """A field of what DescribeInstances answers."""

    def value_of(instance: Instance) -> Any:
        value: Any = instance_document(instance)
        for name in names:
            value = value[name]
        return value

    return value_of


_LISTS: Mapping[str, Callable[[Instance], Iterable[str]]] = {
    "InstanceIds": lambda each: [each.id],
    "PrivateIpAddresses": lambda each: () if each.is_classic else each.private_ips,
    "PublicIpAddresses": lambda each: each.public_ips,
    "EipAddresses": lambda each: [each.eip] if each.eip else [],
    "InnerIpAddresses": lambda each: each.private_ips if each.is_classic else (),
}

_EXACT: Mapping[str, Callable[[Instance], str]] = {
    "Status": lambda each: each.status,
    "VpcId": lambda each: each.vpc_id,
    "VSwitchId": _field("VpcAttributes", "VSwitchId"),
    "SecurityGroupId": lambda each: _field("SecurityGroupIds", "SecurityGroupId")(each)[0],
    "ZoneId": lambda each: each.zone_id,
    "ImageId": _field("ImageId"),
    "InstanceType": _field("InstanceType"),
    "InstanceTypeFamily": _field("InstanceTypeFamily"),
    "InstanceNetworkType": _field("InstanceNetworkType"),
    "InstanceChargeType": _field("InstanceChargeType"),
    "InternetChargeType": _field("InternetChargeType"),
    "KeyPairName": _field("KeyPairName"),
    "ResourceGroupId": _field("ResourceGroupId"),
    "RdmaIpAddresses": lambda each: "",  # of HPC clusters
    "HttpEndpoint": lambda each: "enabled",  # the defaults of these two
    "HttpTokens": lambda each: "optional",
}

_FLAGS: Mapping[str, Callable[[Instance], bool]] = {
    "IoOptimized": _field("IoOptimized"),
    "DeviceAvailable": _field("DeviceAvailable"),
}

_LOCK_REASONS = ("financial", "security", "Recycling", "recycling", "dedicatedhostfinancial", "refunded")
"""Two pages of the reference differ in one of them."""

_VALUES: Mapping[str, tuple[Iterable[str], str]] = {
    "Status": (get_args(Status), "InvalidStatus.NotFound"),
    "InstanceNetworkType": (("vpc", "classic"), "InvalidNetworkType.NotFound"),
    "InstanceChargeType": (("PostPaid", "PrePaid"), "InvalidInstanceChargeType.NotFound"),
    "InternetChargeType": (("PayByTraffic", "PayByBandwidth"), "InvalidInternetChargeType.ValueNotSupported"),
    "LockReason": (_LOCK_REASONS, "InvalidLockReason.NotFound"),
    "HttpEndpoint": (("enabled", "disabled"), ""),
    "HttpTokens": (("optional", "required"), ""),
}


def _json_list(name: str, text: str) -> list[str]:
    """The values of a parameter that is a JSON array. An empty one is a filter that no instance passes."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) > MAX_LIST_LENGTH
        or not all(isinstance(value, str) for value in values)
    ):
        raise refused("InvalidInstanceIds.Malformed") if name == "InstanceIds" else invalid(name)
    return values


def _tag_filters(call: Call) -> list[Filter]:
    keys, values = call.repeated("Tag", "Key"), call.repeated("Tag", "Value")
    if not all(1 <= number <= _MAX_TAGS for number in [*keys, *values]):
        raise refused("InvalidTagCount")
    if "" in keys.values() or values.keys() - keys.keys():
        raise refused("InvalidTag.Mismatch")
    return [_tagged(key, values.get(number)) for number, key in keys.items()]


def _tagged(key: str, value: str | None) -> Filter:
    return lambda each: key in each.tags and (value is None or each.tags[key] == value)


def _time_filters(call: Call) -> list[Filter]:
    keys, values = call.repeated("Filter", "Key"), call.repeated("Filter", "Value")
    if keys.keys() != values.keys():
        raise refused("InvalidFilterKey.NotFound")
    return [_in_time(key, values[number]) for number, key in keys.items()]


def _in_time(key: str, limit: str) -> Filter:
    """A filter by time. Times to the minute, in UTC, sort like their text."""
    if key not in _TIMES or not _MINUTE.fullmatch(limit):
        raise refused("InvalidFilterKey.NotFound")
    time_of, is_earliest = _TIMES[key]
    return lambda each: limit <= time_of(each) if is_earliest else time_of(each) <= limit


_TIMES: Mapping[str, tuple[Callable[[Instance], str], bool]] = {
    "CreationStartTime": (_field("CreationTime"), True),
    "CreationEndTime": (_field("CreationTime"), False),
    "ExpiredStartTime": (_field("ExpiredTime"), True),
    "ExpiredEndTime": (_field("ExpiredTime"), False),
}
