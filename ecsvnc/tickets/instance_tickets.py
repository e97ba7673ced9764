"""Fresh tickets of one instance, and its places in the budget of consoles a minute.

Everything that shows a console uses this, and knows neither how an instance is found nor how a ticket is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from ecsvnc.ecs.codes import START_IT
from ecsvnc.errors import StateError
from ecsvnc.instances import lookup_errors
from ecsvnc.instances.finder import InstanceFinder
from ecsvnc.instances.targets import InstanceId, Target
from ecsvnc.runtime import Runtime
from ecsvnc.tickets.budget import Budget
from ecsvnc.tickets.console import Console
from ecsvnc.tickets.issuer import TicketIssuer
from ecsvnc.tickets.ticket import Ticket


class InstanceTickets:
    """Tickets of one instance. Safe for threads.

    `region_id`, `name` and `os_type` (`windows` or `linux`) are None while they are not known.
    """

    def __init__(
        self,
        issuer: TicketIssuer,
        budget: Budget,
        instance_id: str,
        *,
        region_id: str | None = None,
        name: str | None = None,
        os_type: str | None = None,
        first: Ticket | None = None,
        runtime: Runtime,
    ) -> None:
        self.instance_id = instance_id
        self.region_id = region_id
        self.name = name
        self.os_type = os_type
        self.first = first
        """The ticket that was taken to find the instance, until `take` was called; it may be too old by now."""
        self._issuer = issuer
        self._budget = budget
        self._runtime = runtime

    @property
    def label(self) -> str:
        """Name, id and region of the instance, as far as they are known."""
        place = ", ".join(part for part in (self.instance_id, self.region_id) if part)
        return f"{self.name} ({place})" if self.name else place

    @property
    def is_windows(self) -> bool:
        """Whether the instance is known to run Windows."""
        return self.os_type == "windows"

    @classmethod
    def of(cls, console: Console, issuer: TicketIssuer, budget: Budget, runtime: Runtime) -> Self:
        """The console's own ticket while it is fresh, and further ones of its instance."""
        return cls(
            issuer,
            budget,
            console.instance_id,
            region_id=console.region_id,
            name=console.name,
            os_type=console.os_type,
            first=console.ticket,
            runtime=runtime,
        )

    @classmethod
    def find(
        cls, target: Target, finder: InstanceFinder, issuer: TicketIssuer, budget: Budget, runtime: Runtime
    ) -> Self:
        """Find the instance. Its id is used from then on, so that all tickets are of the same instance.

        Raises StateError for a stopped instance, and what finding an instance raises.
        """
        instance = finder.find(target)
        if instance is None:  # an id, and DescribeInstances is not permitted
            return cls(issuer, budget, target.text, runtime=runtime)
        if instance.status == "Stopped":
            raise lookup_errors.with_state(StateError("", hint=START_IT), instance)
        return cls(
            issuer,
            budget,
            instance.id,
            region_id=instance.region_id,
            name=instance.name or None,
            os_type=instance.os_type or None,
            runtime=runtime,
        )

    def claim(self, is_cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Wait for a place among the consoles that the instance may have in a minute, and count it.

        False, and nothing counted, once `is_cancelled`.
        """
        return self._budget.claim(self.instance_id, is_cancelled)

    def take(self) -> Ticket:
        """A fresh ticket: one request, once the region is known. Raises from the error tree."""
        first, self.first = self.first, None
        if first is not None and first.is_fresh(self._runtime):
            return first
        if self.region_id is None:
            console = self._issuer.open(InstanceId(self.instance_id))
            self.region_id = console.region_id
            return console.ticket
        return self._issuer.ticket(self.instance_id, self.region_id)
