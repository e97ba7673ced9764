"""StartInstance: start a stopped instance.

https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-startinstance
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ecsvnc.ecs.action import EcsAction
from ecsvnc.ecs.codes import power_error
from ecsvnc.errors import EcsvncError
from ecsvnc.openapi.codes import Refusal


@dataclass(frozen=True, slots=True)
class StartInstance(EcsAction):
    """Starts an instance. The answer comes before it runs: it is Starting first.

    `region_id` is not a documented parameter of the action; clients send it with every action.
    """

    name: ClassVar[str] = "StartInstance"

    region_id: str
    instance_id: str

    def request(self) -> dict[str, str]:
        """The action's parameters."""
        return {"RegionId": self.region_id, "InstanceId": self.instance_id}

    def parse(self, body: Mapping[str, Any]) -> None:
        """The answer has only a request id."""

    def error(self, refusal: Refusal) -> EcsvncError | None:
        """The error of an ECS code."""
        return power_error(refusal, self.instance_id, self.region_id, verb="start")
