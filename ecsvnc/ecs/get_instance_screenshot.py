"""GetInstanceScreenshot: a picture of an instance's screen, without a console session.

https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-getinstancescreenshot
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ecsvnc.ecs.action import EcsAction
from ecsvnc.ecs.codes import base64_field, capture_error
from ecsvnc.errors import EcsvncError
from ecsvnc.openapi.codes import Refusal

INTERVAL_S = 10.0
"""The interval between two screenshots of one instance; an earlier one is refused with `Throttling`."""


@dataclass(frozen=True, slots=True)
class GetInstanceScreenshot(EcsAction):
    """Asks for the picture of the screen. The instance must be running."""

    name: ClassVar[str] = "GetInstanceScreenshot"

    region_id: str
    instance_id: str

    def request(self) -> dict[str, str]:
        """The action's parameters. `WakeUp` is not sent: it would change the state of the machine."""
        return {"RegionId": self.region_id, "InstanceId": self.instance_id}

    def parse(self, body: Mapping[str, Any]) -> bytes:
        """The picture: a JPEG file by the documentation, a PNG file by its sample.

        Raises UnexpectedAnswerError if there is none.
        """
        return base64_field(body, "Screenshot")

    def error(self, refusal: Refusal) -> EcsvncError | None:
        """The error of an ECS code."""
        return capture_error(
            refusal,
            self.instance_id,
            self.region_id,
            needed_by="a screenshot",
            not_supported=f"ECS has no screenshots of instance {self.instance_id}: its type has none.",
            instead=f"Omit --snapshot: `ecsvnc screen {self.instance_id}` reads the console itself.",
        )
