"""RebootInstance: restart a running instance.

https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-rebootinstance
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
class RebootInstance(EcsAction):
    """Restarts an instance: it is Starting, then Running again. `force` cuts its power: unwritten data is lost.

    It is not repeated if it may have been carried out: that could reboot twice.
    """

    name: ClassVar[str] = "RebootInstance"
    is_repeatable: ClassVar[bool] = False

    region_id: str
    instance_id: str
    force: bool = False

    def request(self) -> dict[str, str]:
        """The action's parameters."""
        return {
            "RegionId": self.region_id,
            "InstanceId": self.instance_id,
            "ForceStop": str(self.force).lower(),
        }

    def parse(self, body: Mapping[str, Any]) -> None:
        """The answer has only a request id."""

    def error(self, refusal: Refusal) -> EcsvncError | None:
        """The error of an ECS code."""
        return power_error(refusal, self.instance_id, self.region_id, verb="reboot")
