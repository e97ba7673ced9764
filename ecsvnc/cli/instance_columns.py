"""The columns of `ecsvnc list`, and sorting by them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ecsvnc.ecs.instance import Instance


def address(instance: Instance) -> str:
    """The address to reach an instance at: a public one if it has one, else a private one."""
    return next(iter(instance.addresses), "")


class InstanceColumn(NamedTuple):
    """What a column is, and its text for an instance."""

    meaning: str
    text: Callable[[Instance], str]


COLUMNS = {
    "id": InstanceColumn("instance id", lambda instance: instance.id),
    "name": InstanceColumn("name; shortened where the terminal is too narrow", lambda instance: instance.name),
    "region": InstanceColumn("region id", lambda instance: instance.region_id),
    "zone": InstanceColumn("zone id", lambda instance: instance.zone_id),
    "status": InstanceColumn("Pending, Starting, Running, Stopping or Stopped", lambda instance: instance.status),
    "os": InstanceColumn("linux or windows", lambda instance: instance.os_type),
    "os-name": InstanceColumn("the OS with its version", lambda instance: instance.os_name),
    "type": InstanceColumn("instance type", lambda instance: instance.instance_type),
    "vpc": InstanceColumn("VPC id; empty in the classic network", lambda instance: instance.vpc_id),
    "address": InstanceColumn("a public address if it has one, else a private one", address),
    "private-ips": InstanceColumn("all private addresses", lambda instance: ",".join(instance.private_ips)),
    "public-ips": InstanceColumn(
        "public addresses, but for the Elastic IP", lambda instance: ",".join(instance.public_ips)
    ),
    "eip": InstanceColumn("Elastic IP address", lambda instance: instance.eip),
    "tags": InstanceColumn(
        "KEY=VALUE of each tag",
        lambda instance: ",".join(f"{key}={value}" if value else key for key, value in instance.tags),
    ),
    "created": InstanceColumn("when it was created (UTC)", lambda instance: instance.created_at),
    "expires": InstanceColumn("when its subscription ends (UTC)", lambda instance: instance.expires_at),
}

DEFAULT_COLUMNS = ("id", "name", "region", "status", "os", "address")


def parse_columns(text: str) -> tuple[str, ...]:
    """The names of columns, separated by commas. Raises ValueError, whose text ends a sentence about the option."""
    names = tuple(name.strip() for name in text.split(","))
    if not set(names) <= set(COLUMNS):
        raise ValueError(f"must be names of columns, separated by commas: {', '.join(COLUMNS)}")
    return names


def parse_order(text: str) -> tuple[str, ...]:
    """As `parse_columns`; a `-` before a name stays."""
    names = tuple(name.strip() for name in text.split(","))
    parse_columns(",".join(name.removeprefix("-") for name in names))
    return names


def in_order(instances: Sequence[Instance], order: Sequence[str]) -> list[Instance]:
    """The instances sorted by columns, a `-` before a name for the reverse. Those without a value come last."""
    instances = list(instances)
    for name in reversed(order):  # sorting keeps the order of equals, which an earlier round made
        text = COLUMNS[name.removeprefix("-")].text
        without = [instance for instance in instances if not text(instance)]
        instances = sorted(
            (instance for instance in instances if text(instance)),
            key=lambda instance: _natural(text(instance)),
            reverse=name.startswith("-"),
        )
        instances += without
    return instances


def _natural(text: str) -> list[tuple[int, str]]:
    """A sort key in which digits are numbers: web-9 comes before web-10, and 10.0.0.9 before 10.0.0.10."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in re.split(r"([0-9]+)", text)]
