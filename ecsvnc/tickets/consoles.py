"""From what the user calls an instance to a console: found, verified, with a fresh ticket.

Every answer is the API's of this run. What the cache or the id itself say only decides where is asked first:

    id       → the likeliest region alone (cache, id, setting) → all regions at once; the first ticket wins
    name     → cached id: ticket and description side by side, the name compared → else searched for
    address  → searched for
    search   → the region set by the user → all other regions at once, all pages; two matches are ambiguous

A cached id stands for a name only where a search would end at it: a search that asked everyone who comes before found
no other instance of that name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ecsvnc.background import in_background
from ecsvnc.errors import EcsvncError, NotFoundError, PermissionDeniedError, StateError
from ecsvnc.instances import lookup_errors
from ecsvnc.instances.cache import InstanceCache, KnownInstance, SoleIn
from ecsvnc.instances.id_regions import region_of_id
from ecsvnc.instances.targets import InstanceId, Name, Target
from ecsvnc.openapi.client import Client
from ecsvnc.runtime import Runtime
from ecsvnc.tickets.console import Console, Wishes
from ecsvnc.tickets.issuer import Taking
from ecsvnc.tickets.ticket import Ticket

if TYPE_CHECKING:
    from ecsvnc.ecs.instance import Instance
    from ecsvnc.instances.lookup import Found, Lookup

Choose = Callable[[Sequence["Instance"]], "Instance"]
"""Lets the user choose one of several instances, on a terminal."""


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
        self._taking = Taking(client, cache, wishes, self._describe, runtime=runtime)

    @cached_property
    def _lookup(self) -> Lookup:
        from ecsvnc.instances.lookup import Lookup  # noqa: PLC0415  # 10 ms that a ticket for a known id does not need

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
        return self._taking.take(instance.id, instance.region_id, known=instance, budget_s=budget_s)

    def find(self, target: Target) -> Instance | None:
        """The one instance that is meant, without a ticket. None for an id that the user may not ask about."""
        if not isinstance(target, InstanceId):
            return self._search(target)
        try:
            return self._find_by_id(target)
        except PermissionDeniedError as error:  # it takes another permission to open a console than to list instances
            self._runtime.reporter.info(f"Whether there is {target.text} could not be asked: {error.what}")
            return None

    def renew(self, console: Console) -> Console:
        """The same console with a fresh ticket: one request."""
        return console._replace(ticket=self.ticket(console.instance_id, console.region_id))

    def ticket(self, instance_id: str, region_id: str) -> Ticket:
        """A fresh ticket of an instance that was found: one request. A StateError names the instance's state."""
        try:
            return self._taking.ticket(instance_id, region_id)
        except StateError as error:
            raise self._taking.explained(error, instance_id, region_id) from error

    def list(self, target: Target | None) -> Found:
        """Every instance that matches (None: all), by region and name. Raises PermissionDeniedError, not "none"."""
        found = self._lookup.search(target, self._wishes.region)
        self._remember_found(target, found)
        if not found.instances and not found.failures:
            self._lookup.check_permitted(found.answered)
        found.instances.sort(key=lambda instance: (instance.region_id, instance.name, instance.id))
        return found

    # By id

    def _take_by_id(self, instance_id: str, budget_s: float | None) -> Console:
        if self._wishes.region is not None:
            try:
                return self._taking.take(instance_id, self._wishes.region, budget_s=budget_s)
            except NotFoundError as error:
                raise lookup_errors.in_asked_region(error, instance_id, self._wishes.region) from error
        likeliest = self._likeliest_region(instance_id)
        if likeliest is not None:
            try:
                return self._taking.take(instance_id, likeliest, budget_s=budget_s)
            except NotFoundError as error:
                self._runtime.reporter.info(f"{error.what} It may be elsewhere.")
        return self._open_anywhere(instance_id, but=likeliest)

    def _find_by_id(self, target: InstanceId) -> Instance:
        region = self._wishes.region or self._likeliest_region(target.text)
        if region is not None and (instance := self._describe(target.text, region)) is not None:
            return instance
        found = self.list(target)  # raises PermissionDeniedError rather than finding nothing
        if not found.instances:
            raise lookup_errors.nowhere(target, found.failures, region=self._wishes.region)
        return found.instances[0]

    def _likeliest_region(self, instance_id: str) -> str | None:
        cached = self._cache.get(instance_id)
        return (cached.region_id if cached else None) or region_of_id(instance_id) or self._wishes.home

    def _open_anywhere(self, instance_id: str, *, but: str | None) -> Console:
        def ask(region_id: str, _: None) -> Ticket:
            return self._taking.ticket(instance_id, region_id, self._lookup.budget_s)

        failures: dict[str, EcsvncError] = {}
        is_any_asked = but is not None
        for outcome in self._lookup.ask_everywhere(ask, [None], but=but):
            region_id, _ = outcome.key
            if outcome.value is not None:
                return self._taking.described(instance_id, region_id, outcome.value)
            if isinstance(outcome.error, StateError):  # found, though it has no console now
                self._cache.remember([KnownInstance(instance_id, region_id)])
                raise self._taking.explained(outcome.error, instance_id, region_id)
            if isinstance(outcome.error, NotFoundError):
                is_any_asked = True
            elif outcome.error is not None:
                failures[region_id] = outcome.error
        raise lookup_errors.nowhere(InstanceId(instance_id), failures, is_any_asked=is_any_asked)

    # By name or address

    def _take_by_cached_name(self, name: Name, budget_s: float | None) -> Console | None:
        """The console of the instance that last had the name, if the API confirms that it still has it.

        The confirmation is asked for beside the ticket. Without it the ticket is thrown away.
        """
        cached = self._cached(name)
        if cached is None:
            return None
        instance_id, region_id = cached.id, cached.region_id
        description = in_background(self._describe, instance_id, region_id)
        try:
            ticket: Ticket | EcsvncError = self._taking.ticket(instance_id, region_id, budget_s)
        except EcsvncError as error:
            ticket = error
        instance = description.result()
        if instance is None or not name.matches(instance.name):
            self._runtime.reporter.info(f"{name.text} is not {instance_id} any more. Looking it up anew.")
            return None
        if isinstance(ticket, NotFoundError):
            return None
        if isinstance(ticket, StateError):
            raise lookup_errors.with_state(ticket, instance)
        if isinstance(ticket, EcsvncError):
            raise ticket
        return self._taking.console(instance_id, region_id, ticket, instance)

    def _cached(self, name: Name) -> KnownInstance | None:
        """The instance at which a search for the name would end, as far as the cache can tell."""
        known = self._cache.named(name.text)
        first = self._wishes.region or self._wishes.home
        there = [one for one in known if one.region_id == first]
        if there or self._wishes.region is not None:
            return there[0] if len(there) == 1 and there[0].sole_in is not SoleIn.NOWHERE else None
        return known[0] if len(known) == 1 and known[0].sole_in is SoleIn.ALL_REGIONS else None

    def _search(self, target: Target) -> Instance:
        """The one instance that matches. Raises AmbiguousNameError, NotFoundError, or why it cannot be known."""
        region = self._wishes.region
        found = self._lookup.search(target, region) if region is not None else self._lookup.first_found(target)
        self._remember_found(target, found)
        instances, failures = found.instances, found.failures
        if not instances:
            if not failures:
                self._lookup.check_permitted(found.answered)
            raise lookup_errors.nowhere(target, failures, region=region, is_any_asked=found.answered is not None)
        if failures:
            self._runtime.reporter.warn(lookup_errors.not_asked(failures))
        if len(instances) == 1:
            return instances[0]
        instances.sort(key=lambda instance: (instance.region_id, instance.id))
        if self._choose is None:
            raise lookup_errors.ambiguous(target, instances)
        return self._choose(instances)

    # What is remembered

    def _describe(self, instance_id: str, region_id: str) -> Instance | None:
        instance = next(iter(self._lookup.in_region(InstanceId(instance_id), region_id)), None)
        if instance is None:
            self._cache.forget(instance_id)
        else:
            self._cache.remember([_known(instance)])
        return instance

    def _remember_found(self, target: Target | None, found: Found) -> None:
        """Note what a search brought, and of which names there was no other."""
        named = [instance.name for instance in found.instances]
        # Who looks for an address is not told of others with the same name.
        is_by_name = target is None or isinstance(target, Name)
        scope = found.scope if is_by_name else SoleIn.NOWHERE
        if isinstance(target, Name) and not target.is_pattern and scope is SoleIn.ALL_REGIONS:
            there = {instance.id for instance in found.instances}
            self._cache.forget(*(known.id for known in self._cache.named(target.text) if known.id not in there))
        self._cache.remember(
            _known(instance, scope if named.count(instance.name) == 1 else SoleIn.NOWHERE)
            for instance in found.instances
        )


def _known(instance: Instance, sole_in: SoleIn = SoleIn.NOWHERE) -> KnownInstance:
    return KnownInstance(instance.id, instance.region_id, instance.name, instance.os_type, sole_in=sole_in)
