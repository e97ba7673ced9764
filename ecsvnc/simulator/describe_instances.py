"""DescribeInstances: its paging, by the ECS API reference. Its filters are in `instance_filters`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from ecsvnc.simulator.call import MAX_LIST_LENGTH, Call
from ecsvnc.simulator.fleet import Instance
from ecsvnc.simulator.instance_document import instance_document
from ecsvnc.simulator.instance_filters import instance_filters
from ecsvnc.simulator.refusals import invalid, refused

_SMALLEST_PAGE = 10
_MOST_TAGGED = 1000
"""The most instances that a search by tags returns."""
_PAGING = {"MaxResults", "NextToken", "PageNumber", "PageSize"}
_COMMON = {
    "Action",
    "Version",
    "Format",
    "AccessKeyId",
    "SecurityToken",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureType",
    "SignatureNonce",
    "Timestamp",
    "Signature",
}
"""The older scheme's own parameters: no part of the query."""


def describe_instances(call: Call, *, page_key: bytes) -> dict[str, Any]:
    """Answer with one page of the region's instances that pass every filter.

    As in the real service, a caller without the permission gets an empty list, and an error only with DryRun. A caller
    who has it for some instances gets those.
    """
    region_id = call.region_id()
    filters = instance_filters(call)
    if call.flag("DryRun"):
        call.require_permission(call.instance_arn())
        raise refused("DryRunOperation")
    found = [
        each
        for each in call.fleet.in_region(region_id)
        if all(keep(each) for keep in filters) and call.is_allowed(call.instance_arn(each.id))
    ]
    if call.repeated("Tag", "Key"):
        found = found[:_MOST_TAGGED]
    if call.parameters.get("MaxResults") or call.parameters.get("NextToken"):
        return _page_by_token(call, found, page_key)
    return _page_by_number(call, found)


def _page_by_token(call: Call, found: Sequence[Instance], page_key: bytes) -> dict[str, Any]:
    size = call.number("MaxResults", default=_SMALLEST_PAGE, lowest=1, highest=MAX_LIST_LENGTH)
    size = max(size, _SMALLEST_PAGE)
    token = call.parameters.get("NextToken", "")
    start = _read_token(call, page_key, token) if token else 0
    end = start + size
    next_token = _token(call, page_key, end) if end < len(found) else ""
    # TotalCount is not documented for this paging: 0 shows a client that relies on it.
    return _answer(found[start:end], total=0, number=0, size=0, token=next_token)


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


def _token(call: Call, page_key: bytes, start: int) -> str:
    """A token for the page that starts there, valid for the same account and filters."""
    position = start.to_bytes(4)
    return base64.urlsafe_b64encode(position + _token_mac(call, page_key, position)).decode().rstrip("=")


def _read_token(call: Call, page_key: bytes, token: str) -> int:
    try:
        start = int.from_bytes(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[:4])
    except (binascii.Error, ValueError):
        raise invalid("NextToken") from None
    # Compared as it was issued: decoding ignores invalid characters.
    if not hmac.compare_digest(token.encode(), _token(call, page_key, start).encode()):
        raise invalid("NextToken")
    return start


def _token_mac(call: Call, page_key: bytes, position: bytes) -> bytes:
    filters = sorted((name, value) for name, value in call.parameters.items() if name not in _PAGING | _COMMON)
    bound_to = json.dumps([call.identity.account_id, filters]).encode()
    return hmac.digest(page_key, position + hashlib.sha256(bound_to).digest(), "sha256")[:16]
