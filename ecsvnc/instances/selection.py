"""Which instances to select: by id, name or address, and by their properties. Pure.

The API filters what it can (`lookup`); `Selection.matches` decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ecsvnc.instances.targets import Address, InstanceId, Name, Target

if TYPE_CHECKING:
    from ecsvnc.ecs.instance import Instance


class Selection(NamedTuple):
    """Instances that match any of `targets`, have any of `statuses`, all of `tags`, and `os_type`.

    An empty field selects every instance. A tag is a key and a value; the value None matches any.
    """

    targets: tuple[Target, ...] = ()
    statuses: tuple[str, ...] = ()
    tags: tuple[tuple[str, str | None], ...] = ()
    os_type: str = ""

    @property
    def is_by_name(self) -> bool:
        """Whether only names decide, so that all instances of a selected name are selected."""
        return self == Selection(self.targets) and all(isinstance(target, Name) for target in self.targets)

    def matches(self, instance: Instance) -> bool:
        """Whether an instance is selected."""
        return (
            (not self.targets or any(_is_called(instance, target) for target in self.targets))
            and (not self.statuses or instance.status in self.statuses)
            and (not self.tags or _has_tags(instance, self.tags))
            and self.os_type in ("", instance.os_type)
        )


def _has_tags(instance: Instance, tags: Iterable[tuple[str, str | None]]) -> bool:
    there = dict(instance.tags)
    return all(key in there and value in (None, there[key]) for key, value in tags)


def _is_called(instance: Instance, target: Target) -> bool:
    match target:
        case InstanceId(text):
            return instance.id == text
        case Name():
            return target.matches(instance.name)
        case Address(text):
            return text in instance.addresses


EVERY_INSTANCE = Selection()
