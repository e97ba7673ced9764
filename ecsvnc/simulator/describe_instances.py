"""DescribeInstances: filters and pages, by the rules of its page in the ECS API reference."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any, get_args

from ecsvnc.simulator import refusals
from ecsvnc.simulator.actions import MAX_LIST_LENGTH, Call
from ecsvnc.simulator.fleet import Instance, Status
from ecsvnc.simulator.instance_document import INSTANCE_TYPE, NETWORK_TYPE, image_of, instance_document

_SMALLEST_PAGE = 10
_PAGING = {"MaxResults", "NextToken", "PageNumber", "PageSize"}
_PER_REQUEST = {"Signature", "SignatureNonce", "Timestamp", "SecurityToken", "AccessKeyId"}

_Filter = Callable[[Instance], bool]


def describe_instances(call: Call) -> dict[str, Any]:
    """Answer with one page of the region's instances that pass every filter.

    A caller without the permission gets an empty list, and is refused only with DryRun: so the real service does.
    """
    region_id = call.region_id()
    filters = _filters(call)
    if call.flag("DryRun"):
        call.require_permission()
        raise refusals.dry_run()
    found: list[Instance] = []
    if call.is_allowed:
        found = [each for each in call.backend.fleet.in_region(region_id) if all(keep(each) for keep in filters)]
    if call.parameters.get("MaxResults") or call.parameters.get("NextToken"):
        return _page_by_token(call, found)
    return _page_by_number(call, found)


def _filters(call: Call) -> list[_Filter]:
    parameters = call.parameters
    filters = [
        _any_of(_json_list(name, parameters[name]), values_of)
        for name, values_of in _LISTS.items()
        if name in parameters
    ]
    if name_pattern := parameters.get("InstanceName"):
        pattern = name_pattern.replace("[", "[[]").replace("?", "[?]")  # only `*` means something to the API
        filters.append(lambda each: fnmatchcase(each.name, pattern))
    if status := parameters.get("Status"):
        if status not in get_args(Status):
            raise refusals.no_such_status()
        filters.append(lambda each: each.status == status)
    filters += [_exactly(wanted, value_of) for name, value_of in _EXACT.items() if (wanted := parameters.get(name))]
    return filters + _tag_filters(call)


def _any_of(wanted: set[str], values_of: Callable[[Instance], set[str]]) -> _Filter:
    return lambda each: bool(wanted & values_of(each))


def _exactly(wanted: str, value_of: Callable[[Instance], str]) -> _Filter:
    return lambda each: value_of(each) == wanted


_LISTS: dict[str, Callable[[Instance], set[str]]] = {
    "InstanceIds": lambda each: {each.id},
    "PrivateIpAddresses": lambda each: set(each.private_ips),
    "PublicIpAddresses": lambda each: set(each.public_ips),
    "EipAddresses": lambda each: {each.eip} - {""},
    "InnerIpAddresses": lambda each: set(),  # of the classic network, in which no instance here is
}

_EXACT: dict[str, Callable[[Instance], str]] = {
    "VpcId": lambda each: each.vpc_id,
    "ZoneId": lambda each: each.zone_id,
    "ImageId": lambda each: image_of(each).id,
    "InstanceType": lambda each: INSTANCE_TYPE,
    "InstanceNetworkType": lambda each: NETWORK_TYPE,
}


def _tag_filters(call: Call) -> list[_Filter]:
    filters: list[_Filter] = []
    while key := call.parameters.get(f"Tag.{len(filters) + 1}.Key"):
        filters.append(_tagged(key, call.parameters.get(f"Tag.{len(filters) + 1}.Value")))
    return filters


def _tagged(key: str, value: str | None) -> _Filter:
    return lambda each: key in each.tags and (value is None or each.tags[key] == value)


def _json_list(name: str, text: str) -> set[str]:
    """The values of a parameter that is a JSON array. An empty one is a filter too, which nothing passes."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) > MAX_LIST_LENGTH
        or not all(isinstance(value, str) for value in values)
    ):
        raise refusals.malformed_instance_ids() if name == "InstanceIds" else refusals.invalid(name)
    return set(values)


def _page_by_token(call: Call, found: Sequence[Instance]) -> dict[str, Any]:
    size = call.number("MaxResults", default=_SMALLEST_PAGE, lowest=1, highest=MAX_LIST_LENGTH)
    size = max(size, _SMALLEST_PAGE)
    token = call.parameters.get("NextToken", "")
    start = _read_token(call, token) if token else 0
    end = start + size
    # TotalCount means nothing here: whoever relies on it is to notice.
    return _answer(found[start:end], total=0, number=0, size=0, token=_token(call, end) if end < len(found) else "")


def _page_by_number(call: Call, found: Sequence[Instance]) -> dict[str, Any]:
    number = call.number("PageNumber", default=1, lowest=1, highest=10**9)
    size = call.number("PageSize", default=_SMALLEST_PAGE, lowest=1, highest=MAX_LIST_LENGTH)
    start = (number - 1) * size
    return _answer(found[start : start + size], total=len(found), number=number, size=size, token="")


def _answer(page: Sequence[Instance], *, total: int, number: int, size: int, token: str) -> dict[str, Any]:
    return {
        "Instances": {"Instance": [instance_document(each) for each in page]},
        "NextToken": token,
        "TotalCount": total,
        "PageNumber": number,
        "PageSize": size,
    }


def _token(call: Call, start: int) -> str:
    """A token for the page that starts there. It holds for the same caller and filters only."""
    position = start.to_bytes(4)
    return base64.urlsafe_b64encode(position + _token_mac(call, position)).decode().rstrip("=")


def _read_token(call: Call, token: str) -> int:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise refusals.invalid("NextToken") from None
    if not hmac.compare_digest(raw[4:], _token_mac(call, raw[:4])):
        raise refusals.invalid("NextToken")
    return int.from_bytes(raw[:4])


def _token_mac(call: Call, position: bytes) -> bytes:
    filters = sorted((name, value) for name, value in call.parameters.items() if name not in _PAGING | _PER_REQUEST)
    bound_to = json.dumps([call.identity.account_id, filters]).encode()
    return hmac.digest(call.backend.page_key, position + hashlib.sha256(bound_to).digest(), "sha256")[:16]
