"""DescribeRegions: which regions an account can use, and their endpoints.

https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeregions
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ecsvnc.ecs.action import EcsAction
from ecsvnc.errors import UnexpectedAnswerError
from ecsvnc.region_ids import is_region_id


@dataclass(frozen=True, slots=True)
class Region:
    """A region's id, and the host name of its endpoint (empty if the service did not say)."""

    id: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class DescribeRegions(EcsAction):
    """Asks for every region. Any endpoint answers it."""

    name: ClassVar[str] = "DescribeRegions"
    is_on_instances: ClassVar[bool] = False

    def request(self) -> dict[str, str]:
        """The action's parameters: none are needed."""
        return {}

    def parse(self, body: Mapping[str, Any]) -> tuple[Region, ...]:
        """The regions. Raises UnexpectedAnswerError if there is no list; invalid ids are left out."""
        container = body.get("Regions")
        items = container.get("Region") if isinstance(container, Mapping) else None
        if not isinstance(items, list):
            raise UnexpectedAnswerError("The service's answer contains no list of regions.")
        return tuple(
            Region(region_id, endpoint if isinstance(endpoint := item.get("RegionEndpoint"), str) else "")
            for item in items
            if isinstance(item, Mapping)
            and isinstance(region_id := item.get("RegionId"), str)
            and is_region_id(region_id)
        )
