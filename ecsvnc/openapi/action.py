"""What the client needs of an action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, TypeVar

from ecsvnc.errors import EcsvncError
from ecsvnc.openapi.codes import Refusal

T_co = TypeVar("T_co", covariant=True)


class Action(Protocol[T_co]):
    """One action of a product: its parameters, its answer, and its own error codes."""

    product: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[str]
    transient_codes: ClassVar[frozenset[str]]
    is_repeatable: ClassVar[bool]
    """Whether it may be sent again if the service may have carried it out."""

    def request(self) -> dict[str, str]:
        """The action's parameters, `RegionId` included where the action wants it."""

    def parse(self, body: Mapping[str, Any]) -> T_co:
        """The value of a successful answer. Raises UnexpectedAnswerError if it is missing."""

    def error(self, refusal: Refusal) -> EcsvncError | None:
        """The error of a code that is this action's own; None leaves it to the common table."""
