"""One authenticated call of the embedded API, and what an action is."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ecsvnc.simulator.accounts import Identity
from ecsvnc.simulator.fleet import Fleet, Instance
from ecsvnc.simulator.refusals import denied, invalid, missing, refused
from ecsvnc.simulator.regions import REGIONS, serves

MAX_LIST_LENGTH = 100

VERSIONS = {"ecs": "2014-05-26", "sts": "2015-04-01"}
"""The API version of each product."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action of one product. `answer` returns the answer's values, or raises ApiError."""

    name: str
    answer: Callable[[Call], dict[str, Any]]
    product: Literal["ecs", "sts"] = "ecs"

    @property
    def ram_name(self) -> str:
        """Its name in RAM policies."""
        return f"{self.product}:{self.name}"


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated call. `host` is the host name that the client used."""

    action: Action
    host: str
    parameters: Mapping[str, str] = field(repr=False)
    identity: Identity
    fleet: Fleet
    random_bytes: Callable[[int], bytes]

    def instance_arn(self, instance_id: str = "*") -> str:
        """An instance as RAM names it; `*` for all of the region."""
        instance = self.fleet.get(instance_id)
        region_id = instance.region_id if instance else self.parameters.get("RegionId") or "*"
        return f"acs:ecs:{region_id}:{self.identity.account_id}:instance/{instance_id}"

    def is_allowed(self, resource: str) -> bool:
        """Whether RAM allows the caller this action on a resource, by its ARN."""
        return self.identity.may(self.action.ram_name, resource)

    def require_permission(self, resource: str) -> None:
        """Raise Forbidden.RAM, with AccessDeniedDetail, unless RAM allows it."""
        if not self.is_allowed(resource):
            raise denied(self.denial())

    def denial(self, policy_type: str = "AccountLevelIdentityBasedPolicy") -> dict[str, str]:
        """AccessDeniedDetail for an action that no policy of this type allows."""
        return {
            "AuthAction": self.action.ram_name,
            "AuthPrincipalType": self.identity.principal_type,
            "AuthPrincipalDisplayName": self.identity.name,
            "AuthPrincipalOwnerId": self.identity.account_id,
            "NoPermissionType": "ImplicitDeny",
            "PolicyType": policy_type,
            "EncodedDiagnosticMessage": base64.b64encode(self.random_bytes(48)).decode(),
        }

    def require(self, *names: str) -> None:
        """Raise Missing… for the first of these parameters that was not sent, or is empty."""
        for name in names:
            if not self.parameters.get(name):
                raise missing(name)

    def region_id(self) -> str:
        """The call's RegionId. Raises ApiError if it is missing or unknown, or if the endpoint does not serve it."""
        self.require("RegionId")
        region_id = self.parameters["RegionId"]
        if region_id not in REGIONS:
            raise refused("InvalidRegionId.NotFound")
        if not serves(self.host, region_id):
            raise refused("InvalidOperation.NotSupportedEndpoint")
        return region_id

    def instance(self, region_id: str = "") -> Instance:
        """The instance of InstanceId, in this region if one is given. Raises ApiError if it does not exist."""
        instance = self.fleet.get(self.parameters["InstanceId"])
        if instance is None or region_id not in ("", instance.region_id):
            raise refused("InvalidInstanceId.NotFound")
        return instance

    def flag(self, name: str) -> bool:
        """A boolean parameter; absent means false. Raises ApiError unless it is `true` or `false`."""
        text = self.parameters.get(name, "false").lower()
        if text not in {"true", "false"}:
            raise invalid(name)
        return text == "true"

    def number(self, name: str, *, default: int, lowest: int, highest: int) -> int:
        """An integer parameter. Raises ApiError if it is not an integer, or out of bounds."""
        text = self.parameters.get(name) or str(default)
        if not (text.isascii() and text.isdigit() and len(text) < 10 and lowest <= int(text) <= highest):
            raise invalid(name)
        return int(text)

    def repeated(self, name: str, part: str = "") -> dict[int, str]:
        """The values of `NAME.N`, or `NAME.N.PART`, by N and in order. Numbers may be missing."""
        form = re.compile(rf"{name}\.(0|[1-9][0-9]{{0,3}})" + (rf"\.{part}" if part else ""))
        numbered = ((form.fullmatch(each), value) for each, value in self.parameters.items())
        return dict(sorted((int(match[1]), value) for match, value in numbered if match))
