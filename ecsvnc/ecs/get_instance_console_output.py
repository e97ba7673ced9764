"""GetInstanceConsoleOutput: what an instance wrote to its serial console since it was started last.

https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-getinstanceconsoleoutput
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar, NamedTuple

from ecsvnc.ecs.action import EcsAction
from ecsvnc.ecs.codes import base64_field, capture_error
from ecsvnc.errors import EcsvncError
from ecsvnc.openapi.codes import Refusal

_CHINA_TIME = timezone(timedelta(hours=8))


class ConsoleOutput(NamedTuple):
    """The serial console's output: `text` with the line ends and control characters of the machine.

    `updated_at` is when its last line was written, in UTC; None if the service did not say.
    """

    text: str
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class GetInstanceConsoleOutput(EcsAction):
    """Asks for the output. The instance must be running, and must not run Windows."""

    name: ClassVar[str] = "GetInstanceConsoleOutput"

    region_id: str
    instance_id: str

    def request(self) -> dict[str, str]:
        """The action's parameters. `RemoveSymbols` is not sent: which symbols it removes is not documented."""
        return {"RegionId": self.region_id, "InstanceId": self.instance_id}

    def parse(self, body: Mapping[str, Any]) -> ConsoleOutput:
        """The output. Bytes that are not UTF-8 become U+FFFD. Raises UnexpectedAnswerError if there is none."""
        text = base64_field(body, "ConsoleOutput").decode("utf-8", errors="replace")
        return ConsoleOutput(text, _utc(body.get("LastUpdateTime")))

    def error(self, refusal: Refusal) -> EcsvncError | None:
        """The error of an ECS code."""
        return capture_error(
            refusal,
            self.instance_id,
            self.region_id,
            needed_by="reading its serial console",
            not_supported=f"ECS keeps no serial console output of instance {self.instance_id}: Windows and retired "
            "instance types have none.",
            instead=f"`ecsvnc screen {self.instance_id}` prints what is on its screen.",
        )


def _utc(value: object) -> datetime | None:
    """`2018-03-22 10:04:57`, which is in UTC+8, or ISO 8601 in UTC, which is what an older page announces."""
    if not isinstance(value, str):
        return None
    for form, zone in (("%Y-%m-%d %H:%M:%S", _CHINA_TIME), ("%Y-%m-%dT%H:%M:%SZ", UTC)):
        try:
            return datetime.strptime(value, form).replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None
