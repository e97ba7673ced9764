"""DescribeInstances: which instances there are in a region.

https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinstances
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ecsvnc.ecs.action import EcsAction, instance_arn
from ecsvnc.ecs.instance import Instance
from ecsvnc.errors import EcsvncError, UnexpectedAnswerError
from ecsvnc.openapi.codes import Refusal, denial_error

PAGE_SIZE = 100
"""The largest MaxResults that the action accepts; without it a page holds 10. The pages of a region come one after
another: each request needs the NextToken of the page before. PageNumber is deprecated."""

MAX_IDS = 100
"""How many ids InstanceIds takes."""

MOST_TAGGED = 1000
"""How many instances the service returns at most where Tag.N is given."""

_MAX_TAGS = 20
"""The largest N of Tag.N."""


@dataclass(frozen=True, slots=True)
class InstancePage:
    """One page of instances, and the token of the next one; empty after the last."""

    instances: tuple[Instance, ...]
    next_token: str


@dataclass(frozen=True, slots=True)
class DescribeInstances(EcsAction):
    """Asks for one page of the instances in a region that match every filter given.

    `instance_name` is exact, or a pattern with `*`. `tags` are keys and values, all of which an instance has to have;
    an empty value matches any. Only the first 20 are sent, and at most 1,000 instances with them are returned: then the
    caller has to ask without tags, and filter. A RAM user without permission gets an empty page, not an error:
    `DescribeInstancesDryRun` distinguishes the two.
    """

    name: ClassVar[str] = "DescribeInstances"

    region_id: str
    instance_ids: tuple[str, ...] = ()
    instance_name: str = ""
    private_addresses: tuple[str, ...] = ()
    public_addresses: tuple[str, ...] = ()
    eip_addresses: tuple[str, ...] = ()
    status: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    next_token: str = ""

    def request(self) -> dict[str, str]:
        """The action's parameters; a filter that is not set is not sent: an empty list would match nothing."""
        parameters = {"RegionId": self.region_id, "MaxResults": str(PAGE_SIZE)}
        lists = {
            "InstanceIds": self.instance_ids,
            "PrivateIpAddresses": self.private_addresses,
            "PublicIpAddresses": self.public_addresses,
            "EipAddresses": self.eip_addresses,
        }
        parameters |= {name: json.dumps(values) for name, values in lists.items() if values}
        for number, (key, value) in enumerate(self.tags[:_MAX_TAGS], 1):
            parameters[f"Tag.{number}.Key"] = key
            if value:
                parameters[f"Tag.{number}.Value"] = value
        texts = {"InstanceName": self.instance_name, "Status": self.status, "NextToken": self.next_token}
        return parameters | {name: text for name, text in texts.items() if text}

    def parse(self, body: Mapping[str, Any]) -> InstancePage:
        """The page. Raises UnexpectedAnswerError if the answer has none."""
        container = body.get("Instances")
        items = container.get("Instance") if isinstance(container, Mapping) else None
        if not isinstance(items, list):
            raise UnexpectedAnswerError("The service's answer contains no list of instances.")
        token = body.get("NextToken")
        return InstancePage(tuple(map(Instance.parse, items)), token if isinstance(token, str) else "")

    def page_after(self, page: InstancePage) -> DescribeInstances:
        """The request for the page after this one."""
        return replace(self, next_token=page.next_token)


class _DryRunPassedError(EcsvncError):
    """The service would have carried the action out: DryRun answers success with an error code."""


@dataclass(frozen=True, slots=True)
class DescribeInstancesDryRun(EcsAction):
    """Asks whether DescribeInstances is permitted, and nothing else.

    The service answers every dry run with an error: `DryRunOperation` if the call would have been carried out.
    """

    name: ClassVar[str] = "DescribeInstances"
    passed: ClassVar[type[EcsvncError]] = _DryRunPassedError

    region_id: str

    def request(self) -> dict[str, str]:
        """The action's parameters."""
        return {"RegionId": self.region_id, "DryRun": "true"}

    def parse(self, body: Mapping[str, Any]) -> None:
        """A success, which is not documented: it is permitted then."""

    def error(self, refusal: Refusal) -> EcsvncError | None:
        """`passed` if the dry run succeeded; a denial names the resource."""
        if refusal.code == "DryRunOperation":
            return self.passed("The call would have been carried out.")
        return denial_error(refusal, instance_arn())
