"""DescribeRegions: which regions an account can use, and their endpoints.

https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeregions
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ecsvnc.ecs.codes import API_VERSION
from ecsvnc.errors import EcsvncError, UnexpectedAnswerError
from ecsvnc.openapi.codes import Refusal
from ecsvnc.openapi.endpoints import is_region_id


@dataclass(frozen=True, slots=True)
class Region:
    """A region's id, and the host name of its endpoint (empty if the service did not say)."""

    id: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class DescribeRegions:
    """Asks for every region. Any endpoint answers it."""

    product: ClassVar[str] = "ecs"
    name: ClassVar[str] = "DescribeRegions"
    version: ClassVar[str] = API_VERSION
    transient_codes: ClassVar[frozenset[str]] = frozenset()

    def request(self) -> dict[str, str]:
        """The action's parameters: none are needed."""
        return {}

    def parse(self, body: Mapping[str, Any]) -> tuple[Region, ...]:
        """The regions. Raises UnexpectedAnswerError if the answer is no list of them; what can be none is left out."""
        container = body.get("Regions")
        items = container.get("Region") if isinstance(container, Mapping) else None
        if not isinstance(items, list):
            raise UnexpectedAnswerError("The service's answer holds no list of regions.")
        return tuple(
            Region(region_id, endpoint if isinstance(endpoint := item.get("RegionEndpoint"), str) else "")
            for item in items
            if isinstance(item, Mapping)
            and isinstance(region_id := item.get("RegionId"), str)
            and is_region_id(region_id)
        )

    def error(self, refusal: Refusal) -> EcsvncError | None:
        """Nothing of its own."""
        return None
