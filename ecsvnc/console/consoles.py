"""From what the user calls an instance to a console: found, verified, with a fresh ticket.

Every answer is the API's of this run. What the cache or the id itself say only decides where is asked first:

    id       → the likeliest region alone (cache, id, setting) → all regions at once; the first ticket wins
    name     → cached id: ticket and description side by side, the name compared → else searched for
    address  → searched for
    search   → the region set by the user → all regions at once, all pages; two matches are ambiguous

Whether it runs Windows is asked beside the ticket, and waited for only briefly after it: a ticket dies in 15 seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ecsvnc.background import in_background
from ecsvnc.console import misses
from ecsvnc.console.id_regions import region_of_id
from ecsvnc.console.targets import InstanceId, Name, Target
from ecsvnc.console.ticket import Ticket, VncUrl
from ecsvnc.ecs.describe_instance_vnc_url import DescribeInstanceVncUrl
from ecsvnc.errors import EcsvncError, NotFoundError, PermissionDeniedError, StateError
from ecsvnc.openapi.client import Client
from ecsvnc.runtime import Runtime
from ecsvnc.settings.instance_cache import InstanceCache, KnownInstance

if TYPE_CHECKING:
    from ecsvnc.console.lookup import Found, Lookup
    from ecsvnc.ecs.instance import Instance

DESCRIPTION_PATIENCE_S = 2.0
"""How long the answer to "which OS?" is waited for once the ticket is there."""

Choose = Callable[[Sequence["Instance"]], "Instance"]
"""Lets the user choose one of several instances, on a terminal."""


class Console(NamedTuple):
    """One instance's console, ready to be opened while its ticket lives. `name` is None if it was not learned."""

    instance_id: str
    region_id: str
    name: str | None
    is_windows: bool
    ticket: Ticket


class Wishes(NamedTuple):
    """What the user said about where and how: `region` is never overruled, `home` is only where to look first.

    `is_windows` None asks ECS, unless `os_matters` is False.
    """

    region: str | None = None
    home: str | None = None
    is_windows: bool | None = None
    os_matters: bool = True


class Consoles:
    """Takes consoles. Safe for several threads at a time."""

    def __init__(
        self, client: Client, cache: InstanceCache, wishes: Wishes, *, runtime: Runtime, choose: Choose | None = None
    ) -> None:
        self._client = client
        self._cache = cache
        self._wishes = wishes
        self._runtime = runtime
        self._choose = choose

    @cached_property
    def _lookup(self) -> Lookup:
        from ecsvnc.console.lookup import Lookup  # noqa: PLC0415  # 10 ms that a ticket for a known id does not need

        return Lookup(self._client, runtime=self._runtime, home=self._wishes.home)

    def take(self, target: Target, *, budget_s: float | None = None) -> Console:
        """Find the instance and take a ticket for it. Raises what can go wrong, from the whole error tree."""
        if isinstance(target, InstanceId):
            return self._take_by_id(target.text, budget_s)
        if isinstance(target, Name) and not target.is_pattern:
            console = self._take_by_cached_name(target, budget_s)
            if console is not None:
                return console
        instance = self._search(target)
        return self._open(instance.id, instance.region_id, known=instance, budget_s=budget_s)

    def find(self, target: Target) -> Instance | None:
        """The one instance that is meant, without a ticket. None for an id that the user may not ask about."""
        if not isinstance(target, InstanceId):
            return self._search(target)
        try:
            return self._find_by_id(target)
        except PermissionDeniedError as error:  # it takes another permission to open a console than to list instances
            self._runtime.talk.detail(f"Whether there is {target.text} could not be asked: {error.what}")
            return None

    def renew(self, console: Console) -> Console:
        """The same console with a fresh ticket: one request."""
        return console._replace(ticket=self._ticket(console.instance_id, console.region_id))

    def list(self, target: Target | None) -> Found:
        """Every instance that matches (None: all), by region and name. Raises PermissionDeniedError, not "none"."""
        found = self._lookup.search(target, self._wishes.region)
        self._remember(found.instances)
        if not found.instances and not found.failures:
            self._lookup.check_permitted()
        found.instances.sort(key=lambda instance: (instance.region_id, instance.name, instance.id))
        return found

    # By id

    def _take_by_id(self, instance_id: str, budget_s: float | None) -> Console:
        if self._wishes.region is not None:
            try:
                return self._open(instance_id, self._wishes.region, budget_s=budget_s)
            except NotFoundError as error:
                raise misses.in_asked_region(error, instance_id, self._wishes.region) from error
        likeliest = self._likeliest_region(instance_id)
        if likeliest is not None:
            try:
                return self._open(instance_id, likeliest, budget_s=budget_s)
            except NotFoundError as error:
                self._runtime.talk.detail(f"{error.what} It may be elsewhere.")
        return self._open_anywhere(instance_id, but=likeliest)

    def _find_by_id(self, target: InstanceId) -> Instance:
        region = self._wishes.region or self._likeliest_region(target.text)
        if region is not None and (instance := self._describe(target.text, region)) is not None:
            return instance
        found = self.list(target)  # raises PermissionDeniedError rather than finding nothing
        if not found.instances:
            raise misses.nowhere(target, found.failures, region=self._wishes.region)
        return found.instances[0]

    def _likeliest_region(self, instance_id: str) -> str | None:
        cached = self._cache.get(instance_id)
        return (cached.region_id if cached else None) or region_of_id(instance_id) or self._wishes.home

    def _open_anywhere(self, instance_id: str, *, but: str | None) -> Console:
        def ask(region_id: str, _: None) -> Ticket:
            return self._ticket(instance_id, region_id, self._lookup.budget_s)

        failures: dict[str, EcsvncError] = {}
        for outcome in self._lookup.ask_everywhere(ask, [None], but=but):
            region_id, _ = outcome.key
            if outcome.value is not None:
                description = self._ask_description(instance_id, region_id)
                return self._console(instance_id, region_id, outcome.value, self._await_description(description))
            if isinstance(outcome.error, StateError):  # found, though it has no console now
                self._cache.remember([KnownInstance(instance_id, region_id)])
                raise self._explained(outcome.error, self._ask_description(instance_id, region_id, always=True))
            if outcome.error is not None and not isinstance(outcome.error, NotFoundError):
                failures[region_id] = outcome.error
        raise misses.nowhere(InstanceId(instance_id), failures)

    # By name or address

    def _take_by_cached_name(self, name: Name, budget_s: float | None) -> Console | None:
        """The console of the instance that last had the name, if the API confirms that it still has it.

        The confirmation is asked for beside the ticket. Without it the ticket is thrown away.
        """
        region = self._wishes.region
        candidates = [known for known in self._cache.named(name.text) if region in (None, known.region_id)]
        if len(candidates) != 1:
            return None
        instance_id, region_id = candidates[0].id, candidates[0].region_id
        description = in_background(self._describe, instance_id, region_id)
        try:
            ticket: Ticket | EcsvncError = self._ticket(instance_id, region_id, budget_s)
        except EcsvncError as error:
            ticket = error
        instance = description.result()
        if instance is None or not name.matches(instance.name):
            self._runtime.talk.detail(f"{name.text} is not {instance_id} any more. Looking it up anew.")
            return None
        if isinstance(ticket, NotFoundError):
            return None
        if isinstance(ticket, StateError):
            raise self._explained(ticket, description)
        if isinstance(ticket, EcsvncError):
            raise ticket
        return self._console(instance_id, region_id, ticket, instance)

    def _search(self, target: Target) -> Instance:
        """The one instance that matches. Raises AmbiguousNameError, NotFoundError, or why it cannot be known."""
        region = self._wishes.region
        instances = self._lookup.in_region(target, region) if region is not None else self._lookup.at_home(target)
        failures: dict[str, EcsvncError] = {}
        if not instances and region is None:
            found = self._lookup.everywhere(target)
            instances, failures = found.instances, found.failures
        self._remember(instances)
        if not instances:
            if not failures:
                self._lookup.check_permitted()
            raise misses.nowhere(target, failures, region=region)
        if failures:
            self._runtime.talk.warn(misses.not_asked(failures))
        if len(instances) == 1:
            return instances[0]
        instances.sort(key=lambda instance: (instance.region_id, instance.id))
        if self._choose is None:
            raise misses.ambiguous(target, instances)
        return self._choose(instances)

    # Ticket and description

    def _open(
        self, instance_id: str, region_id: str, *, known: Instance | None = None, budget_s: float | None = None
    ) -> Console:
        """Take the ticket in this region, and ask beside it what is not known yet."""
        description = None if known is not None else self._ask_description(instance_id, region_id)
        try:
            ticket = self._ticket(instance_id, region_id, budget_s)
        except StateError as error:
            if known is None and description is None:
                description = self._ask_description(instance_id, region_id, always=True)
            raise self._explained(error, description, known) from error
        return self._console(instance_id, region_id, ticket, known or self._await_description(description))

    def _ticket(self, instance_id: str, region_id: str, budget_s: float | None = None) -> Ticket:
        action = DescribeInstanceVncUrl(region_id, instance_id)
        answer = self._client.call(action, region_id=region_id, budget_s=budget_s)
        vnc_url = VncUrl.parse(answer.value, request_id=answer.request_id)
        return Ticket(vnc_url, answer.received_at, answer.received_monotonic_s, answer.request_id)

    def _describe(self, instance_id: str, region_id: str) -> Instance | None:
        """What ECS says of the instance; None if nothing: it is not there, or listing is not permitted."""
        instance = next(iter(self._lookup.in_region(InstanceId(instance_id), region_id)), None)
        if instance is None:
            self._cache.forget(instance_id)
        else:
            self._remember([instance])
        return instance

    def _ask_description(
        self, instance_id: str, region_id: str, *, always: bool = False
    ) -> Future[Instance | None] | None:
        """Start asking what the instance is, if it has to be asked."""
        if not always:
            cached = self._cache.get(instance_id)
            is_known = self._wishes.is_windows is not None or (cached is not None and cached.os_type)
            if is_known or not self._wishes.os_matters:
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
            self._runtime.talk.detail(f"What the instance is could not be asked: {error.what}")
            return None

    def _console(self, instance_id: str, region_id: str, ticket: Ticket, instance: Instance | None) -> Console:
        self._runtime.talk.detail(f"Took a ticket of {instance_id} in {region_id}.")
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

    def _is_windows(self, instance_id: str, instance: Instance | None, cached: KnownInstance | None) -> bool:
        if self._wishes.is_windows is not None or not self._wishes.os_matters:
            return bool(self._wishes.is_windows)
        if instance is not None and instance.is_windows is not None:
            return instance.is_windows
        if cached is not None and cached.os_type:
            return cached.os_type.lower() == "windows"
        self._runtime.talk.warn(
            f"Which OS {instance_id} runs could not be learned (is ecs:DescribeInstances permitted?): "
            "isWindows is false. --os windows or --os linux says it."
        )
        return False

    def _remember(self, instances: Sequence[Instance]) -> None:
        self._cache.remember(KnownInstance(i.id, i.region_id, i.name, i.os_type) for i in instances)

    def _explained(
        self, error: StateError, description: Future[Instance | None] | None, known: Instance | None = None
    ) -> StateError:
        return misses.with_state(error, known or self._await_description(description))
