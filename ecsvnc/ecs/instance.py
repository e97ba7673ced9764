"""An ECS instance, as DescribeInstances tells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ecsvnc.errors import UnexpectedAnswerError
from ecsvnc.region_ids import is_region_id

# Wider than the ids of today. What is a command or a path cannot get into a hint, a policy or a file name this way.
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class Instance(NamedTuple):
    """What ecsvnc wants to know of an instance.

    `status` is Pending, Starting, Running, Stopping or Stopped; `os_type` is `windows` or `linux`; `locks` are the
    reasons of an operation lock (`financial`, `security`, …), which shows as Stopped too. Every text is the
    service's, or its users': it is sanitised before it is shown.
    """

    id: str
    name: str
    region_id: str
    status: str
    os_type: str
    addresses: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()

    @classmethod
    def parse(cls, item: object) -> Instance:
        """From one element of `Instances.Instance[]`. Raises UnexpectedAnswerError for anything else."""
        fields = _mapping(item)
        instance_id = _text(fields, "InstanceId")
        region_id = _text(fields, "RegionId")
        if not _ID.fullmatch(instance_id) or not is_region_id(region_id):
            raise UnexpectedAnswerError("The service described an instance without a proper id or region.")
        return cls(
            id=instance_id,
            name=_text(fields, "InstanceName"),
            region_id=region_id,
            status=_text(fields, "Status"),
            os_type=_text(fields, "OSType"),
            addresses=_addresses(fields),
            locks=_lock_reasons(fields),
        )

    @property
    def is_windows(self) -> bool | None:
        """Whether it runs Windows; None if the service did not say."""
        return {"windows": True, "linux": False}.get(self.os_type.lower())


def _addresses(fields: Mapping[str, Any]) -> tuple[str, ...]:
    vpc = _mapping(fields.get("VpcAttributes") or {})
    candidates = [
        *_texts(_mapping(vpc.get("PrivateIpAddress") or {}).get("IpAddress")),
        *_texts(_mapping(fields.get("PublicIpAddress") or {}).get("IpAddress")),
        *_texts(_mapping(fields.get("InnerIpAddress") or {}).get("IpAddress")),
        _text(_mapping(fields.get("EipAddress") or {}), "IpAddress"),
    ]
    return tuple(address for address in candidates if address)


def _lock_reasons(fields: Mapping[str, Any]) -> tuple[str, ...]:
    locks = _mapping(fields.get("OperationLocks") or {}).get("LockReason")
    items = locks if isinstance(locks, list) else []
    return tuple(reason for item in items if isinstance(item, Mapping) and (reason := _text(item, "LockReason")))


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UnexpectedAnswerError("The service described an instance in a form that ecsvnc does not know.")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
