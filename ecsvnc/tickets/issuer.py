"""Takes a ticket for an instance that it finds, and looks up its OS at the same time.

    id       → the likeliest region alone → all regions at once; the first ticket wins
    name     → cached id: ticket and description side by side, the name compared → else searched for
    address  → searched for

Whether it runs Windows is asked at the same time as the ticket, with a short limit after it, since a ticket expires
after 15 seconds.
"""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING

from ecsvnc.background import in_background
from ecsvnc.ecs.describe_instance_vnc_url import DescribeInstanceVncUrl
from ecsvnc.errors import EcsvncError, NotFoundError, StateError
from ecsvnc.instances import lookup_errors
from ecsvnc.instances.cache import KnownInstance
from ecsvnc.instances.finder import InstanceFinder
from ecsvnc.instances.targets import InstanceId, Name, Target
from ecsvnc.openapi.client import Client
from ecsvnc.runtime import Runtime
from ecsvnc.tickets.console import Console
from ecsvnc.tickets.ticket import Ticket, VncUrl

if TYPE_CHECKING:
    from ecsvnc.ecs.instance import Instance

DESCRIPTION_TIMEOUT_S = 2.0
"""How long to wait for the OS after the ticket was received."""


class TicketIssuer:
    """Takes tickets. Safe for several threads at a time.

    `os_type` (`windows` or `linux`) None looks it up, unless `needs_os` is False. With `needs_name`, an instance
    that is given by its id is described all the same.
    """

    def __init__(
        self,
        client: Client,
        finder: InstanceFinder,
        *,
        os_type: str | None = None,
        needs_os: bool = True,
        needs_name: bool = False,
        runtime: Runtime,
    ) -> None:
        self._client = client
        self._finder = finder
        self._os_type_given = os_type
        self._looks_up_os = needs_os and os_type is None
        self._describes = self._looks_up_os or needs_name
        self._reporter = runtime.reporter
        self._working = runtime.working

    def open(self, target: Target, *, budget_s: float | None = None) -> Console:
        """Find the instance and take a ticket for it: `budget_s` bounds that request, None is the client's.

        Raises any error of the tree.
        """
        with self._working(f"Taking a ticket for {target.text}"):
            if isinstance(target, InstanceId):
                region = self._finder.region or self._finder.likeliest_region(target.text)
                if region is None:
                    return self._open_anywhere(target.text, skip=None)
                try:
                    return self._open_in(target.text, region, budget_s=budget_s)
                except NotFoundError as error:
                    if self._finder.region is not None:
                        raise lookup_errors.not_in_region(error, target.text, region) from error
                    self._reporter.info(f"{error.what} Looking in the other regions.")
                    return self._open_anywhere(target.text, skip=region)
            if isinstance(target, Name) and not target.is_pattern:
                console = self._open_cached(target, budget_s)
                if console is not None:
                    return console
            instance = self._finder.search(target)
            return self._open_in(instance.id, instance.region_id, known=instance, budget_s=budget_s)

    def ticket(self, instance_id: str, region_id: str) -> Ticket:
        """A fresh ticket of an instance that was found: one request. A StateError names the instance's state."""
        try:
            return self._take(instance_id, region_id)
        except StateError as error:
            raise self._with_state(error, instance_id, region_id) from error

    def _take(self, instance_id: str, region_id: str, budget_s: float | None = None) -> Ticket:
        action = DescribeInstanceVncUrl(region_id, instance_id)
        answer = self._client.call(action, region_id=region_id, budget_s=budget_s)
        vnc_url = VncUrl.parse(answer.value, request_id=answer.request_id)
        cached = self._finder.cache.get(instance_id)
        called = lookup_errors.label_of(instance_id, cached.name if cached is not None else "", region_id)
        self._reporter.info(f"Took a ticket for {called}.")
        return Ticket(vnc_url, answer.received_at, answer.received_monotonic_s, answer.request_id)

    def _open_in(
        self, instance_id: str, region_id: str, *, known: Instance | None = None, budget_s: float | None = None
    ) -> Console:
        """The console of an instance in this region, looked up at the same time unless it is `known`."""
        description = None if known is not None else self._ask_description(instance_id, region_id)
        try:
            ticket = self._take(instance_id, region_id, budget_s)
        except StateError as error:
            raise self._with_state(error, instance_id, region_id, known or description) from error
        return self._console(instance_id, region_id, ticket, known or self._await_description(description))

    def _open_cached(self, name: Name, budget_s: float | None) -> Console | None:
        """The console of the instance that last had this name, if the API confirms it.

        The name is looked up at the same time as the ticket. If it differs, the ticket is not used.
        """
        cached = self._finder.cached(name)
        if cached is None:
            return None
        description = in_background(self._finder.describe, cached.id, cached.region_id)
        failure: EcsvncError | None = None
        try:
            ticket = self._take(cached.id, cached.region_id, budget_s)
        except EcsvncError as error:
            failure = error
        instance = description.result()
        if instance is None or not name.matches(instance.name):
            self._reporter.info(f"{cached.id} is no longer named {name.text}. Searching for the name.")
            return None
        if isinstance(failure, NotFoundError):
            return None
        if isinstance(failure, StateError):
            raise lookup_errors.with_state(failure, instance)
        if failure is not None:
            raise failure
        return self._console(cached.id, cached.region_id, ticket, instance)

    def _open_anywhere(self, instance_id: str, *, skip: str | None) -> Console:
        lookup = self._finder.lookup

        def ask(region_id: str, _: None) -> Ticket:
            return self._take(instance_id, region_id, lookup.budget_s)

        failures: dict[str, EcsvncError] = {}
        is_any_asked = skip is not None
        for outcome in lookup.ask_everywhere(ask, [None], skip=skip):
            region_id, _ = outcome.key
            if outcome.value is not None:
                description = self._ask_description(instance_id, region_id)
                return self._console(instance_id, region_id, outcome.value, self._await_description(description))
            if isinstance(outcome.error, StateError):  # found, but it has no console now
                self._finder.cache.remember([KnownInstance(instance_id, region_id)])
                raise self._with_state(outcome.error, instance_id, region_id)
            if isinstance(outcome.error, NotFoundError):
                is_any_asked = True
            elif outcome.error is not None:
                failures[region_id] = outcome.error
        raise self._finder.not_found(InstanceId(instance_id), failures, is_any_asked=is_any_asked)

    def _console(self, instance_id: str, region_id: str, ticket: Ticket, instance: Instance | None) -> Console:
        """The console with everything that is known; its region goes to the cache."""
        cached = self._finder.cache.get(instance_id)
        if cached is None or cached.region_id != region_id:
            self._finder.cache.remember([KnownInstance(instance_id, region_id)])
        return Console(
            instance_id,
            region_id,
            name=instance.name or None if instance else None,
            os_type=self._os_type(instance_id, instance, cached),
            ticket=ticket,
        )

    def _with_state(
        self,
        error: StateError,
        instance_id: str,
        region_id: str,
        description: Instance | Future[Instance | None] | None = None,
    ) -> StateError:
        """The error with the instance's state, which is looked up if it is not known."""
        if description is None:
            description = in_background(self._finder.describe, instance_id, region_id)
        if isinstance(description, Future):
            description = self._await_description(description)
        return lookup_errors.with_state(error, description)

    def _ask_description(self, instance_id: str, region_id: str) -> Future[Instance | None] | None:
        """Start to look up the instance, if its OS or name is needed."""
        return in_background(self._finder.describe, instance_id, region_id) if self._describes else None

    def _await_description(self, description: Future[Instance | None] | None) -> Instance | None:
        """The description, if it arrives soon: a slow or failing answer must not cost the ticket."""
        if description is None:
            return None
        try:
            return description.result(timeout=DESCRIPTION_TIMEOUT_S)
        except FutureTimeoutError:
            return None
        except EcsvncError as error:
            self._reporter.info(f"Cannot look up what the instance is: {error.what}")
            return None

    def _os_type(self, instance_id: str, instance: Instance | None, cached: KnownInstance | None) -> str | None:
        if not self._looks_up_os:
            return self._os_type_given
        if instance is not None and instance.is_windows is not None:
            return instance.os_type
        if cached is not None and cached.os_type:
            return cached.os_type
        self._reporter.warn(
            f"The OS of {instance_id} is not known (is ecs:DescribeInstances permitted?), so isWindows is false. "
            "Set it with --os windows or --os linux."
        )
        return None
