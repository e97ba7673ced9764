"""An ECS instance, as DescribeInstances describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ecsvnc.errors import UnexpectedAnswerError
from ecsvnc.region_ids import is_region_id

# Wider than today's ids, but safe in hints, policies and file names.
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")

_NEVER = "2099-12-31T15:59Z"
"""ExpiredTime of an instance that does not expire: pay-as-you-go (API reference, DescribeInstances)."""

_IN_UTC_TO_THE_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z")
"""How the service writes times; a date of this form only needs its seconds."""


class Instance(NamedTuple):
    """What ecsvnc uses of an instance's description. A text is empty, and a tuple too, where the service has no value.

    `status` is Pending, Starting, Running, Stopping or Stopped; `os_type` is `windows` or `linux`; `locks` are the
    reasons of an operation lock (`financial`, `security`, …), which shows as Stopped too. `vpc_id` is empty in the
    classic network. `created_at` and `expires_at` are ISO 8601 in UTC, to the second. Pay-as-you-go instances do not
    expire. Every text is the service's, or its users': it is escaped before it is shown.
    """

    id: str
    name: str
    region_id: str
    status: str
    os_type: str
    locks: tuple[str, ...] = ()
    zone_id: str = ""
    os_name: str = ""
    instance_type: str = ""
    vpc_id: str = ""
    private_ips: tuple[str, ...] = ()
    public_ips: tuple[str, ...] = ()
    eip: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    created_at: str = ""
    expires_at: str = ""

    @classmethod
    def parse(cls, item: object) -> Instance:
        """From one element of `Instances.Instance[]`. Raises UnexpectedAnswerError for anything else."""
        fields = _mapping(item)
        instance_id = _text(fields, "InstanceId")
        region_id = _text(fields, "RegionId")
        if not _ID.fullmatch(instance_id) or not is_region_id(region_id):
            raise UnexpectedAnswerError("The service described an instance without a proper id or region.")
        vpc = _mapping(fields.get("VpcAttributes") or {})
        return cls(
            id=instance_id,
            name=_text(fields, "InstanceName"),
            region_id=region_id,
            status=_text(fields, "Status"),
            os_type=_text(fields, "OSType").lower(),
            locks=_lock_reasons(fields),
            zone_id=_text(fields, "ZoneId"),
            os_name=_text(fields, "OSNameEn") or _text(fields, "OSName"),
            instance_type=_text(fields, "InstanceType"),
            vpc_id=_text(vpc, "VpcId"),
            # The private addresses of the classic network are called inner.
            private_ips=(*_addresses(vpc, "PrivateIpAddress"), *_addresses(fields, "InnerIpAddress")),
            public_ips=_addresses(fields, "PublicIpAddress"),
            eip=_text(_mapping(fields.get("EipAddress") or {}), "IpAddress"),
            tags=_tags(fields),
            created_at=_time(fields, "CreationTime"),
            expires_at="" if fields.get("ExpiredTime") == _NEVER else _time(fields, "ExpiredTime"),
        )

    @property
    def is_windows(self) -> bool | None:
        """Whether it runs Windows; None if the service did not say."""
        return {"windows": True, "linux": False}.get(self.os_type)

    @property
    def addresses(self) -> tuple[str, ...]:
        """All of its IPv4 addresses, the public ones first."""
        return (*self.public_ips, *([self.eip] if self.eip else []), *self.private_ips)


def _addresses(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    addresses = _inner(fields, name, "IpAddress")
    return tuple([address for address in addresses if address and isinstance(address, str)]) if addresses else ()


def _lock_reasons(fields: Mapping[str, Any]) -> tuple[str, ...]:
    locks = _inner(fields, "OperationLocks", "LockReason")
    return tuple(filter(None, (_text(lock, "LockReason") for lock in locks if isinstance(lock, dict)))) if locks else ()


def _tags(fields: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    tags = _inner(fields, "Tags", "Tag")
    return tuple(
        [(key, _text(tag, "TagValue")) for tag in tags if isinstance(tag, dict) and (key := _text(tag, "TagKey"))]
    )


def _inner(fields: Mapping[str, Any], name: str, inner_name: str) -> list[object]:
    """The list in a mapping that contains nothing else; empty if there is none."""
    items = _mapping(fields.get(name) or {}).get(inner_name)
    return items if isinstance(items, list) else []


def _time(fields: Mapping[str, Any], name: str) -> str:
    """A time, which the service writes to the minute; empty if it is not valid."""
    text = _text(fields, name)
    try:
        time = datetime.fromisoformat(text)
        if _IN_UTC_TO_THE_MINUTE.fullmatch(text):
            return f"{text[:-1]}:00Z"
        time = time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):  # faster than Mapping, which matters for 5,000 instances
        raise UnexpectedAnswerError("The service described an instance in a form that ecsvnc does not know.")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
