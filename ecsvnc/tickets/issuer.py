"""Taking the ticket of an instance whose region is known, and learning beside it what the instance is.

Whether it runs Windows is asked at the same time as the ticket, and waited for only briefly after it: a ticket dies in
15 seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING

from ecsvnc.background import in_background
from ecsvnc.ecs.describe_instance_vnc_url import DescribeInstanceVncUrl
from ecsvnc.errors import EcsvncError, StateError
from ecsvnc.instances import lookup_errors
from ecsvnc.instances.cache import InstanceCache, KnownInstance
from ecsvnc.openapi.client import Client
from ecsvnc.runtime import Runtime
from ecsvnc.tickets.console import Console, Wishes
from ecsvnc.tickets.ticket import Ticket, VncUrl

if TYPE_CHECKING:
    from ecsvnc.ecs.instance import Instance

DESCRIPTION_PATIENCE_S = 2.0
"""How long the answer to "which OS?" is waited for once the ticket is there."""

Describe = Callable[[str, str], "Instance | None"]
"""What ECS says of an instance (its id, its region); None if nothing: it is not there, or listing is not permitted."""


class Taking:
    """Takes consoles where they are. Safe for several threads at a time."""

    def __init__(
        self, client: Client, cache: InstanceCache, wishes: Wishes, describe: Describe, *, runtime: Runtime
    ) -> None:
        self._client = client
        self._cache = cache
        self._wishes = wishes
        self._describe = describe
        self._reporter = runtime.reporter

    def take(
        self, instance_id: str, region_id: str, *, known: Instance | None = None, budget_s: float | None = None
    ) -> Console:
        """The console of an instance in this region. What it is is asked beside the ticket, unless it is `known`."""
        description = None if known is not None else self._ask_description(instance_id, region_id)
        try:
            ticket = self.ticket(instance_id, region_id, budget_s)
        except StateError as error:
            raise self.explained(error, instance_id, region_id, known or description) from error
        return self.console(instance_id, region_id, ticket, known or self._await_description(description))

    def ticket(self, instance_id: str, region_id: str, budget_s: float | None = None) -> Ticket:
        """A fresh ticket: one request. `budget_s` None is the client's own budget."""
        action = DescribeInstanceVncUrl(region_id, instance_id)
        answer = self._client.call(action, region_id=region_id, budget_s=budget_s)
        vnc_url = VncUrl.parse(answer.value, request_id=answer.request_id)
        return Ticket(vnc_url, answer.received_at, answer.received_monotonic_s, answer.request_id)

    def described(self, instance_id: str, region_id: str, ticket: Ticket) -> Console:
        """The console of a ticket that is there already: what the instance is is asked only now."""
        description = self._ask_description(instance_id, region_id)
        return self.console(instance_id, region_id, ticket, self._await_description(description))

    def console(self, instance_id: str, region_id: str, ticket: Ticket, instance: Instance | None) -> Console:
        """Put together what was learned, and note where the instance is."""
        self._reporter.info(f"Took a ticket of {instance_id} in {region_id}.")
        cached = self._cache.get(instance_id)
        if cached is None or cached.region_id != region_id:
            self._cache.remember([KnownInstance(instance_id, region_id)])
        return Console(
            instance_id,
            region_id,
            name=instance.name or None if instance else None,
            is_windows=self._is_windows(instance_id, instance, cached),
            ticket=ticket,
        )

    def explained(
        self,
        error: StateError,
        instance_id: str,
        region_id: str,
        description: Instance | Future[Instance | None] | None = None,
    ) -> StateError:
        """The error with the state that the instance is in: asked for now, if it was not before."""
        if description is None:
            description = in_background(self._describe, instance_id, region_id)
        if isinstance(description, Future):
            description = self._await_description(description)
        return lookup_errors.with_state(error, description)

    def _ask_description(self, instance_id: str, region_id: str) -> Future[Instance | None] | None:
        """Start asking what the instance is, if that matters."""
        if self._wishes.is_windows is not None or not self._wishes.os_matters:
            return None
        return in_background(self._describe, instance_id, region_id)

    def _await_description(self, description: Future[Instance | None] | None) -> Instance | None:
        """What the description said, if it comes soon. A slow or failing answer never kills a ticket."""
        if description is None:
            return None
        try:
            return description.result(timeout=DESCRIPTION_PATIENCE_S)
        except FutureTimeoutError:
            return None
        except EcsvncError as error:
            self._reporter.info(f"What the instance is could not be asked: {error.what}")
            return None

    def _is_windows(self, instance_id: str, instance: Instance | None, cached: KnownInstance | None) -> bool:
        if self._wishes.is_windows is not None or not self._wishes.os_matters:
            return bool(self._wishes.is_windows)
        if instance is not None and instance.is_windows is not None:
            return instance.is_windows
        if cached is not None and cached.os_type:
            return cached.os_type.lower() == "windows"
        self._reporter.warn(
            f"Which OS {instance_id} runs could not be learned (is ecs:DescribeInstances permitted?): "
            "isWindows is false. --os windows or --os linux says it."
        )
        return False
