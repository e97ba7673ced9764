"""What the actions of ECS have in common. Pure."""

from __future__ import annotations

from typing import ClassVar

from ecsvnc.errors import EcsvncError
from ecsvnc.openapi.codes import Refusal


class EcsAction:
    """An action of ECS. Each is a frozen dataclass in a file of its own, and is listed in `ram_policy.ACTIONS`.

    `is_on_instances`: RAM permits it for single instances, not only for all resources. `is_repeatable`: it may be sent
    again if the service may have carried it out.
    """

    __slots__ = ()

    product: ClassVar[str] = "ecs"
    version: ClassVar[str] = "2014-05-26"
    name: ClassVar[str]
    transient_codes: ClassVar[frozenset[str]] = frozenset()
    is_on_instances: ClassVar[bool] = True
    is_repeatable: ClassVar[bool] = True

    @classmethod
    def ram_action(cls) -> str:
        """The action as RAM names it: `ecs:DescribeInstances`."""
        return f"{cls.product}:{cls.name}"

    def error(self, refusal: Refusal) -> EcsvncError | None:
        """The error of a code that is this action's own; None leaves it to the codes that all products share."""
        return None


def instance_arn(instance_id: str = "*", region_id: str = "*") -> str:
    """An instance as RAM names it, in any account; `*` for all of them."""
    return f"acs:ecs:{region_id}:*:instance/{instance_id}"
