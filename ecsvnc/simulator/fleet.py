"""The instances of the embedded ECS."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from ecsvnc.simulator.regions import REGIONS, zone_id

Status = Literal["Pending", "Starting", "Running", "Stopping", "Stopped"]
OsType = Literal["linux", "windows"]

WITH_CONSOLE: frozenset[Status] = frozenset({"Running", "Stopping"})
"""The states with a console. The API reference does not list them; a public client names these two."""

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class Instance:
    """One instance, with the fields of DescribeInstances. They may be changed while the embedded ECS runs.

    `public_ips` are addresses assigned at its creation, `eip` is one bound later: two fields of the API. In the
    classic network (`is_classic`) there is no VPC, and the API calls the private addresses inner.
    A console with a `vnc_password` requires it (VNC authentication). `created_at` and `expires_at` are ISO 8601 in
    UTC, to the minute, as the API writes them; only a subscription expires. `lock_reasons` say why it cannot be
    started (`financial`, `security`, …). `screenshot_format` is what GetInstanceScreenshot answers: the documentation
    names JPEG, and shows PNG.
    """

    id: str
    name: str
    region_id: str
    os_type: OsType = "linux"
    status: Status = "Running"
    private_ips: tuple[str, ...] = ()
    public_ips: tuple[str, ...] = ()
    eip: str = ""
    is_classic: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    created_at: str = "2025-03-14T09:26Z"
    expires_at: str = ""
    vnc_password: str | None = field(default=None, repr=False)
    lock_reasons: tuple[str, ...] = ()
    screenshot_format: Literal["PNG", "JPEG"] = "PNG"

    @property
    def zone_id(self) -> str:
        """A zone of its region."""
        return zone_id(self.region_id, "a" if self.region_id[-1].isdigit() else "h")

    @property
    def vpc_id(self) -> str:
        """The VPC that all instances of the region share; empty in the classic network."""
        return "" if self.is_classic else _vpc_id(self.region_id)


class Fleet:
    """All instances, by id and by region. Safe for several threads."""

    def __init__(self, instances: Iterable[Instance] = ()) -> None:
        self._lock = threading.Lock()
        self._by_id: dict[str, Instance] = {}
        self._by_region: dict[str, list[Instance]] = {region_id: [] for region_id in REGIONS}
        for instance in instances:
            self.add(instance)

    @classmethod
    def demo(cls) -> Fleet:
        """The five instances of `ecsvnc demo`."""
        return cls(_demo_instances())

    @classmethod
    def generate(cls, count: int, *, regions: int = 30) -> Fleet:
        """`count` generated instances in `regions` regions: always the same, each with its own name and address."""
        return cls(_generated_instances(count, regions))

    def add(self, instance: Instance) -> None:
        """Add an instance. Raises ValueError if its id is taken."""
        with self._lock:
            if instance.id in self._by_id:
                raise ValueError(f"There is an instance {instance.id} already.")
            self._by_id[instance.id] = instance
            self._by_region[instance.region_id].append(instance)

    def remove(self, instance_id: str) -> None:
        """Release an instance. Raises KeyError if it does not exist."""
        with self._lock:
            instance = self._by_id.pop(instance_id)
            self._by_region[instance.region_id].remove(instance)

    def get(self, instance_id: str) -> Instance | None:
        """The instance with this id, in any region."""
        return self._by_id.get(instance_id)

    def named(self, name: str) -> Instance:
        """The first instance with this name. Raises LookupError if there is none."""
        for instance in self:
            if instance.name == name:
                return instance
        raise LookupError(f"There is no instance named {name}.")

    def in_region(self, region_id: str) -> list[Instance]:
        """The instances of one region, oldest first."""
        with self._lock:
            return list(self._by_region[region_id])

    def __iter__(self) -> Iterator[Instance]:
        with self._lock:
            return iter(list(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)


def instance_id(region_id: str, *, seed: str) -> str:
    """An id in the real format: `i-`, the region's three characters, 17 more. The same seed makes the same id."""
    return _id_of_region("i-", region_id, seed=seed)


@cache  # used several times for each instance
def _vpc_id(region_id: str) -> str:
    return _id_of_region("vpc-", region_id, seed="vpc")


def _id_of_region(prefix: str, region_id: str, *, seed: str) -> str:
    number = int.from_bytes(hashlib.sha256(f"{region_id}/{seed}".encode()).digest())
    tail = ""
    while len(tail) < 17:
        number, digit = divmod(number, 36)
        tail += _BASE36[digit]
    return f"{prefix}{REGIONS[region_id].id_code or '000'}{tail}"


def _demo_instances() -> list[Instance]:
    web = Instance(
        instance_id("cn-hangzhou", seed="web-1"),
        "web-1",
        "cn-hangzhou",
        private_ips=("172.16.0.10",),
        public_ips=("203.0.113.10",),
        tags={"env": "demo", "role": "web"},
    )
    win = Instance(
        instance_id("cn-beijing", seed="win-1"),
        "win-1",
        "cn-beijing",
        os_type="windows",
        private_ips=("172.17.0.20",),
        eip="203.0.113.20",
        tags={"env": "demo"},
        screenshot_format="JPEG",
    )
    db = Instance(
        instance_id("cn-shanghai", seed="db-1"),
        "db-1",
        "cn-shanghai",
        status="Stopped",
        private_ips=("172.18.0.30",),
        tags={"env": "demo", "role": "db"},
    )
    dup = Instance(instance_id("cn-shenzhen", seed="dup"), "dup", "cn-shenzhen", private_ips=("172.19.0.40",))
    other_dup = Instance(
        instance_id("eu-central-1", seed="dup"),
        "dup",
        "eu-central-1",
        private_ips=("172.20.0.40",),
        eip="198.51.100.40",
        screenshot_format="JPEG",
    )
    return [web, win, db, dup, other_dup]


_ROLES = ("web", "api", "db", "cache", "queue", "build", "cron", "mail", "gate", "log")
_STAGES = ("prod", "stage", "test", "dev")


def _generated_instances(count: int, regions: int) -> Iterator[Instance]:
    region_ids = [region.id for region in REGIONS.values() if region.id_code][:regions]
    for number in range(count):
        # Each property repeats at its own interval, coprime to the number of regions: every region has all kinds.
        region_id = region_ids[number % len(region_ids)]
        role = _ROLES[number // len(region_ids) % len(_ROLES)]
        stage = _STAGES[number // 7 % len(_STAGES)]
        host = number + 1
        # 198.18.0.0/15 is reserved for tests (RFC 2544).
        public_ip = f"198.{18 + (host >> 16 & 1)}.{host >> 8 & 255}.{host & 255}"
        yield Instance(
            instance_id(region_id, seed=f"generated-{number}"),
            f"{role}-{stage}-{number + 1:05}",
            region_id,
            os_type="windows" if number % 11 == 4 else "linux",
            status="Stopped" if number % 13 == 6 else "Running",
            private_ips=(f"10.{host >> 16 & 255}.{host >> 8 & 255}.{host & 255}",),
            public_ips=(public_ip,) if number % 17 < 6 else (),
            eip=public_ip if number % 17 > 13 else "",
            is_classic=number % 29 == 28,
            tags={"role": role, "env": stage},
            expires_at="2027-06-30T16:00Z" if number % 7 == 3 else "",
        )
