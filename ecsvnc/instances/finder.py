"""Finds the instance that is meant: in the cache, in the region of --region, or in all regions.

    id             → the likeliest region (cache, id, setting)
    name, address  → the region of --region alone, else all regions at once, all pages; two matches are ambiguous

A region of a variable or setting never decides which instance a name means. The cache only tells where an instance
probably is: the API confirms it in the same run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ecsvnc.errors import EcsvncError, NotFoundError, PermissionDeniedError, StateError
from ecsvnc.instances import lookup_errors
from ecsvnc.instances.cache import InstanceCache, KnownInstance, UniqueWithin
from ecsvnc.instances.id_regions import region_of_id
from ecsvnc.instances.selection import EVERY_INSTANCE, Selection
from ecsvnc.instances.targets import InstanceId, Name, Target
from ecsvnc.openapi.client import Client
from ecsvnc.runtime import Runtime

if TYPE_CHECKING:
    from ecsvnc.ecs.instance import Instance
    from ecsvnc.instances.lookup import Lookup, Matches

Choose = Callable[[Sequence["Instance"]], "Instance"]
"""Lets the user choose one of several instances, on a terminal."""


class InstanceFinder:
    """Finds instances, and stores them in the cache. Safe for several threads at a time.

    `region` is that of --region: no other is searched. `default_region` is where an id is looked for first, if neither
    the cache nor the id has a region. `account_id` returns the account for messages, "" if it is not known.
    """

    def __init__(
        self,
        client: Client,
        cache: InstanceCache,
        *,
        region: str | None = None,
        default_region: str | None = None,
        account_id: Callable[[], str] = str,
        choose: Choose | None = None,
        runtime: Runtime,
    ) -> None:
        self.region = region
        self.cache = cache
        self._default_region = default_region
        self._client = client
        self._account_id = account_id
        self._choose = choose
        self._runtime = runtime

    @cached_property
    def lookup(self) -> Lookup:
        """The searches. Loaded when first used: it takes 10 ms, and a ticket for a known id needs none."""
        from ecsvnc.instances.lookup import Lookup

        return Lookup(self._client, runtime=self._runtime, default_region=self._default_region)

    def find(self, target: Target) -> Instance | None:
        """The one instance that is meant, as the API describes it now. None for an id that the user may not describe.

        What acts on an instance (opens it, types, starts or reboots it) uses this or `TicketIssuer.open`: both confirm
        a name in this run, and use the id from then on. Raises AmbiguousNameError, NotFoundError, or the reason why it
        is not known.
        """
        with self._runtime.working(f"Looking for {target.text}"):
            if not isinstance(target, InstanceId):
                return self._find_cached(target) or self.search(target)
            try:
                return self._find_by_id(target)
            except PermissionDeniedError as error:  # opening a console is another permission than listing instances
                self._runtime.reporter.info(f"Cannot check whether {target.text} exists: {error.what}")
                return None

    def locate(self, target: Target) -> Instance:
        """The one instance that is meant; only its id and region if the user may not describe it.

        Raises what `find` raises, and NotFoundError if the region of such an id is not known.
        """
        instance = self.find(target)
        if instance is not None:
            return instance
        region = self.region or self.likeliest_region(target.text)
        if region is None:
            raise NotFoundError(
                f"The region of {target.text} is not known.", hint="Name it: add --region, for example cn-hangzhou."
            )
        from ecsvnc.ecs.instance import Instance  # only needed here

        return Instance(target.text, name="", region_id=region, status="", os_type="")

    def search(self, target: Target) -> Instance:
        """The one instance that matches. Raises what `find` raises."""
        selection = Selection((target,))
        matches = self.lookup.search(selection, self.region)
        self._remember(selection, matches)
        instances, failures = matches.instances, matches.failures
        if not instances:
            if not failures:
                self.lookup.check_permitted(matches.answered)
            raise self.not_found(target, failures, is_any_asked=matches.answered is not None)
        if failures:
            self._runtime.reporter.warn(lookup_errors.not_asked(failures))
        if len(instances) == 1:
            return instances[0]
        instances.sort(key=lambda instance: (instance.region_id, instance.id))
        if self._choose is None:
            raise lookup_errors.ambiguous(target, instances)
        return self._choose(instances)

    def list(self, selection: Selection = EVERY_INSTANCE) -> Matches:
        """Every instance that is selected, by region and name. Raises PermissionDeniedError."""
        matches = self.lookup.search(selection, self.region)
        self._remember(selection, matches)
        if not matches.instances and not matches.failures:
            self.lookup.check_permitted(matches.answered)
        matches.instances.sort(key=lambda instance: (instance.region_id, instance.name, instance.id))
        return matches

    def describe(self, instance_id: str, region_id: str) -> Instance | None:
        """An instance's description; None if it does not exist, or DescribeInstances is not permitted."""
        instance = next(iter(self.lookup.in_region(Selection((InstanceId(instance_id),)), region_id)), None)
        if instance is None:
            self.cache.forget(instance_id)
        else:
            self.cache.remember([_known(instance)])
        return instance

    def with_state(self, error: StateError, instance: Instance, *, needed_by: str) -> StateError:
        """The error with the instance's current state, if the state is the reason and can be looked up."""
        if error.code != "IncorrectInstanceStatus":
            return error
        try:
            now = self.describe(instance.id, instance.region_id)
        except EcsvncError as unknown:
            self._runtime.reporter.info(f"Cannot look up the state of {instance.id}: {unknown.what}")
            return error
        return lookup_errors.with_state(error, now, needed_by=needed_by)

    def not_found(
        self, target: Target, failures: Mapping[str, EcsvncError], *, is_any_asked: bool = True
    ) -> EcsvncError:
        """The error for a target that was not found: see `lookup_errors.not_found`."""
        return lookup_errors.not_found(
            target, failures, region=self.region, account_id=self._account_id(), is_any_asked=is_any_asked
        )

    def likeliest_region(self, instance_id: str) -> str | None:
        """The region to look in first: where the id was seen last, else the one in the id, else the setting."""
        cached = self.cache.get(instance_id)
        return (cached.region_id if cached else None) or region_of_id(instance_id) or self._default_region

    def cached(self, name: Name) -> KnownInstance | None:
        """The instance of this name, if an earlier search found no other in the regions of this run."""
        known = self.cache.named(name.text)
        scope = UniqueWithin.ALL_REGIONS
        if self.region is not None:
            known = [one for one in known if one.region_id == self.region]
            scope = UniqueWithin.REGION
        return known[0] if len(known) == 1 and known[0].unique_within >= scope else None

    def _find_cached(self, target: Target) -> Instance | None:
        """The instance that last had this name, if the API confirms it; one request."""
        known = self.cached(target) if isinstance(target, Name) and not target.is_pattern else None
        instance = None if known is None else self.describe(known.id, known.region_id)
        return instance if known and instance and instance.name == known.name else None

    def _find_by_id(self, target: InstanceId) -> Instance:
        region = self.region or self.likeliest_region(target.text)
        if region is not None and (instance := self.describe(target.text, region)) is not None:
            return instance
        matches = self.list(Selection((target,)))  # raises PermissionDeniedError if listing is not permitted
        if not matches.instances:
            raise self.not_found(target, matches.failures)
        return matches.instances[0]

    def _remember(self, selection: Selection, matches: Matches) -> None:
        """Store what a search found, and which names are unique there."""
        counts = Counter(instance.name for instance in matches.instances)
        # A search by address does not find others with the same name.
        scope = matches.scope if selection.is_by_name else UniqueWithin.UNKNOWN
        if scope is UniqueWithin.ALL_REGIONS:
            there = {instance.id for instance in matches.instances}
            names = (target for target in selection.targets if isinstance(target, Name) and not target.is_pattern)
            self.cache.forget(
                *(known.id for name in names for known in self.cache.named(name.text) if known.id not in there)
            )
        self.cache.remember(
            _known(instance, scope if counts[instance.name] == 1 else UniqueWithin.UNKNOWN)
            for instance in matches.instances
        )


def _known(instance: Instance, unique_within: UniqueWithin = UniqueWithin.UNKNOWN) -> KnownInstance:
    return KnownInstance(instance.id, instance.region_id, instance.name, instance.os_type, unique_within=unique_within)
