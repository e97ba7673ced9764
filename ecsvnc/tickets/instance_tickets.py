"""Fresh tickets of one instance that was found, and its places in the budget of consoles a minute.

This is what the ways to show a console are given: they know neither how an instance is found nor how a ticket is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from ecsvnc.errors import StateError
from ecsvnc.instances import lookup_errors
from ecsvnc.instances.finder import InstanceFinder
from ecsvnc.instances.targets import InstanceId, Target
from ecsvnc.runtime import Runtime
from ecsvnc.tickets.budget import Budget
from ecsvnc.tickets.console import Console
from ecsvnc.tickets.issuer import TicketIssuer
from ecsvnc.tickets.ticket import Ticket
from ecsvnc.tickets.waiting import wait_for

_START_IT = "Use --start to start it."


class InstanceTickets:
    """Tickets of one instance. Safe for threads.

    `region_id` and `name` are None while they are not known; `is_windows` is False unless it is known to be true.
    """

    def __init__(
        self,
        issuer: TicketIssuer,
        budget: Budget,
        instance_id: str,
        *,
        region_id: str | None = None,
        name: str | None = None,
        is_windows: bool = False,
    ) -> None:
        self.instance_id = instance_id
        self.region_id = region_id
        self.name = name
        self.is_windows = is_windows
        self._issuer = issuer
        self._budget = budget

    @classmethod
    def of(cls, console: Console, issuer: TicketIssuer, budget: Budget) -> Self:
        """Further tickets of the instance whose console this is."""
        return cls(
            issuer,
            budget,
            console.instance_id,
            region_id=console.region_id,
            name=console.name,
            is_windows=console.is_windows,
        )

    @classmethod
    def find(
        cls,
        target: Target,
        finder: InstanceFinder,
        issuer: TicketIssuer,
        budget: Budget,
        *,
        runtime: Runtime,
        wait_timeout_s: float | None,
    ) -> Self:
        """Find the instance; from then on it is known by its id, so that no other can take its place.

        A stopped instance is an error at once. With `wait_timeout_s` the instance is waited for until its console is
        ready: only a ticket shows that, and this one is not used, since it would expire before anyone connects.
        Raises what finding an instance and taking a ticket can raise.
        """
        if wait_timeout_s is not None:
            console = wait_for(
                lambda left_s: issuer.open(target, budget_s=left_s), timeout_s=wait_timeout_s, runtime=runtime
            )
            return cls.of(console, issuer, budget)
        instance = finder.find(target)
        if instance is None:  # an id, and DescribeInstances is not permitted
            return cls(issuer, budget, target.text)
        if instance.status == "Stopped":
            raise lookup_errors.with_state(StateError("", hint=_START_IT), instance)
        return cls(
            issuer,
            budget,
            instance.id,
            region_id=instance.region_id,
            name=instance.name or None,
            is_windows=bool(instance.is_windows),
        )

    def claim(self, is_cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Wait for a place among the consoles that the instance may have in a minute, and count it.

        False, and nothing counted, once `is_cancelled`.
        """
        return self._budget.claim(self.instance_id, is_cancelled)

    def take(self) -> Ticket:
        """A fresh ticket: one request, once the region is known. Raises from the error tree."""
        if self.region_id is None:
            console = self._issuer.open(InstanceId(self.instance_id))
            self.region_id = console.region_id
            return console.ticket
        return self._issuer.ticket(self.instance_id, self.region_id)
