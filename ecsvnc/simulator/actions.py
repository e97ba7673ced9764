"""What an action of the embedded API is, and what it gets to know of the call."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecsvnc.simulator import refusals
from ecsvnc.simulator.accounts import Identity
from ecsvnc.simulator.regions import REGIONS, serves

if TYPE_CHECKING:
    from ecsvnc.simulator.fleet import Fleet, Instance
    from ecsvnc.simulator.sts import TokenService

ECS_VERSION = "2014-05-26"
MAX_LIST_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Backend:
    """What actions act on. `issue_vnc_url` takes an instance id and returns VncUrl as the API has it."""

    fleet: Fleet
    issue_vnc_url: Callable[[str], str]
    random_bytes: Callable[[int], bytes]
    monotonic: Callable[[], float]
    sts: TokenService
    page_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated call. `host` is the name that the client called the service by."""

    action: Action
    host: str
    parameters: Mapping[str, str] = field(repr=False)
    identity: Identity
    backend: Backend

    def instance_arn(self, instance_id: str = "*") -> str:
        """An instance as RAM names it; `*` for all of the region."""
        instance = self.backend.fleet.get(instance_id)
        region_id = instance.region_id if instance else self.parameters.get("RegionId") or "*"
        return f"acs:ecs:{region_id}:{self.identity.account_id}:instance/{instance_id}"

    def is_allowed(self, resource: str) -> bool:
        """Whether RAM allows the caller this action on a resource, by its ARN."""
        return self.identity.may(self.action.ram_name, resource)

    def require_permission(self, resource: str) -> None:
        """Raise Forbidden.RAM, with who was refused what, unless RAM allows it."""
        if not self.is_allowed(resource):
            raise refusals.forbidden(self.denial())

    def denial(self, policy_type: str = "AccountLevelIdentityBasedPolicy") -> dict[str, str]:
        """AccessDeniedDetail: who was refused what, for want of a policy of which kind."""
        return {
            "AuthAction": self.action.ram_name,
            "AuthPrincipalType": self.identity.principal_type,
            "AuthPrincipalDisplayName": self.identity.name,
            "AuthPrincipalOwnerId": self.identity.account_id,
            "NoPermissionType": "ImplicitDeny",
            "PolicyType": policy_type,
            "EncodedDiagnosticMessage": base64.b64encode(self.backend.random_bytes(48)).decode(),
        }

    def mandatory(self, *names: str) -> None:
        """Raise Missing… for the first of these parameters that was not sent, or is empty."""
        for name in names:
            if not self.parameters.get(name):
                raise refusals.missing(name)

    def region_id(self) -> str:
        """The RegionId of the call. Raises ApiError if it is missing, no region's, or none that the endpoint serves."""
        self.mandatory("RegionId")
        region_id = self.parameters["RegionId"]
        if region_id not in REGIONS:
            raise refusals.no_such_region()
        if not serves(self.host, region_id):
            raise refusals.unsupported_endpoint()
        return region_id

    def instance(self, region_id: str = "") -> Instance:
        """The instance that InstanceId names. Raises ApiError if there is none; `region_id` says where it has to be."""
        instance = self.backend.fleet.get(self.parameters["InstanceId"])
        if instance is None or region_id not in ("", instance.region_id):
            raise refusals.no_such_instance()
        return instance

    def flag(self, name: str) -> bool:
        """A boolean parameter; absent means false. Raises ApiError for what is neither `true` nor `false`."""
        text = self.parameters.get(name, "false").lower()
        if text not in {"true", "false"}:
            raise refusals.invalid(name)
        return text == "true"

    def number(self, name: str, *, default: int, lowest: int, highest: int) -> int:
        """An integer parameter. Raises ApiError for what is none, or out of bounds."""
        text = self.parameters.get(name) or str(default)
        if not (text.isascii() and text.isdigit() and len(text) < 10 and lowest <= int(text) <= highest):
            raise refusals.invalid(name)
        return int(text)

    def repeated(self, name: str, part: str = "") -> dict[int, str]:
        """The values of `NAME.N`, or `NAME.N.PART`, by N and in its order. There may be gaps between them."""
        form = re.compile(rf"{name}\.(0|[1-9][0-9]{{0,3}})" + (rf"\.{part}" if part else ""))
        numbered = ((form.fullmatch(each), value) for each, value in self.parameters.items())
        return dict(sorted((int(match[1]), value) for match, value in numbered if match))


@dataclass(frozen=True, slots=True)
class Action:
    """One action of one product: what `answer` returns becomes the answer, what it raises the refusal.

    `is_unsigned` lets calls without any signature in: what they present is the proof.
    """

    name: str
    ram_name: str
    answer: Callable[[Call], dict[str, Any]]
    version: str = ECS_VERSION
    is_unsigned: bool = False
