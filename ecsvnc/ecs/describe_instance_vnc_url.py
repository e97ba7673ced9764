"""DescribeInstanceVncUrl: a one-time console address of one instance.

https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinstancevncurl
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ecsvnc.ecs.action import EcsAction
from ecsvnc.ecs.codes import NOT_READY, instance_error
from ecsvnc.errors import EcsvncError, UnexpectedAnswerError
from ecsvnc.openapi.codes import Refusal


@dataclass(frozen=True, slots=True)
class DescribeInstanceVncUrl(EcsAction):
    """Asks for the `VncUrl` of an instance, exactly as the service wrote it. It is a secret for 15 seconds."""

    name: ClassVar[str] = "DescribeInstanceVncUrl"
    transient_codes: ClassVar[frozenset[str]] = NOT_READY

    region_id: str
    instance_id: str

    def request(self) -> dict[str, str]:
        """The action's parameters."""
        return {"RegionId": self.region_id, "InstanceId": self.instance_id}

    def parse(self, body: Mapping[str, Any]) -> str:
        """The VncUrl. Raises UnexpectedAnswerError if there is none."""
        vnc_url = body.get("VncUrl")
        if not isinstance(vnc_url, str) or not vnc_url:
            raise UnexpectedAnswerError(
                "The service's answer contains no console address: it has no VncUrl.",
                hint="Check `endpoint` (`ecsvnc config list --show-origin`).",
            )
        return vnc_url

    def error(self, refusal: Refusal) -> EcsvncError | None:
        """The error of an ECS code."""
        return instance_error(refusal, self.instance_id, self.region_id)
