"""Which instances match, in one region or in all of them, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from ecsvnc.background import in_background
from ecsvnc.ecs.describe_instances import MAX_IDS, MOST_TAGGED, DescribeInstances, DescribeInstancesDryRun
from ecsvnc.ecs.describe_regions import DescribeRegions, Region
from ecsvnc.ecs.instance import Instance
from ecsvnc.errors import (
    CredentialsError,
    EcsvncError,
    EndpointRegionError,
    NetworkError,
    PermissionDeniedError,
    RegionNotFoundError,
    UnexpectedAnswerError,
)
from ecsvnc.instances.cache import UniqueWithin
from ecsvnc.instances.fan_out import Outcome, fan_out
from ecsvnc.instances.selection import Selection
from ecsvnc.instances.targets import Address, InstanceId, Name
from ecsvnc.openapi.client import Client
from ecsvnc.region_ids import REGION_IDS
from ecsvnc.runtime import Runtime

SEARCH_BUDGET_S = 20.0
"""Time budget of one request to one region while all are asked: an unreachable region must not delay the others."""

MOST_PAGES = 1000
"""Of one region's list: a hundred thousand instances. So a service that always has one more cannot loop for ever."""

MAX_REGIONS = 200
"""Of the answer of DescribeRegions: several times as many as there are. A longer list is not searched."""

CENTRAL_REGION = "cn-hangzhou"
"""The region to ask for what is the same everywhere (DescribeRegions) when no region is set."""


_SHOWN_AFTER_S = 0.15
"""A search of all regions that takes longer than this is shown: it probably takes more than a second."""

_ENOUGH_UNREACHABLE = 8
"""With this many regions unreachable, DescribeRegions failed and no answer, the network is the cause."""

_MOST_QUERIES = 4
"""More requests than this to one region take longer than listing all its instances."""

Q = TypeVar("Q")
V = TypeVar("V")

Query = Callable[[str], DescribeInstances]
"""A request without its region."""


@dataclass(frozen=True, slots=True)
class Matches:
    """The result of a search: the instances, and the errors of the regions that could not be asked.

    `answered` is a region that answered, if any. `scope` is where it is certain that nothing else matches.
    """

    instances: list[Instance]
    failures: dict[str, EcsvncError]
    answered: str | None
    scope: UniqueWithin


class Lookup:
    """Searches for instances. `default_region` is the region of the setting, or None: it is asked first."""

    budget_s = SEARCH_BUDGET_S

    def __init__(self, client: Client, *, runtime: Runtime, default_region: str | None) -> None:
        self._client = client
        self._reporter = runtime.reporter
        self._working = runtime.working
        self._default_region = default_region

    def search(self, selection: Selection, region_id: str | None) -> Matches:
        """Every instance that is selected, in one region or (None) in all."""
        if region_id is None:
            return self.everywhere(selection)
        return Matches(self.in_region(selection, region_id), {}, region_id, UniqueWithin.REGION)

    def in_region(self, selection: Selection, region_id: str) -> list[Instance]:
        """Every instance of a region that is selected, all pages."""
        found: dict[str, Instance] = {}
        for outcome in fan_out(lambda query: self._all_pages(query(region_id)), _queries(selection)):
            if outcome.error is not None:
                raise outcome.error
            found |= {instance.id: instance for instance in outcome.value or [] if selection.matches(instance)}
        return list(found.values())

    def everywhere(self, selection: Selection) -> Matches:
        """Every instance of any region that is selected, all pages.

        Raises what `ask_everywhere` raises.
        """
        instances: dict[str, Instance] = {}
        failures: dict[str, EcsvncError] = {}
        answered = None

        def ask(region_id: str, query: Query) -> list[Instance]:
            return self._all_pages(query(region_id), budget_s=SEARCH_BUDGET_S)

        for outcome in self.ask_everywhere(ask, _queries(selection)):
            region_id, _ = outcome.key
            if outcome.error is None:
                answered = region_id
                instances |= {instance.id: instance for instance in outcome.value or [] if selection.matches(instance)}
            elif not isinstance(outcome.error, RegionNotFoundError | EndpointRegionError):
                failures[region_id] = outcome.error
        return Matches(
            list(instances.values()), failures, answered, UniqueWithin.UNKNOWN if failures else UniqueWithin.ALL_REGIONS
        )

    def ask_everywhere(
        self, ask: Callable[[str, Q], V], questions: Sequence[Q], *, skip: str | None = None
    ) -> Iterator[Outcome[tuple[str, Q], V]]:
        """Ask every region the same questions, and yield the outcomes as they come.

        The built-in regions and DescribeRegions are asked at once; only new regions need another wave. The region
        `skip` is left out. A region that cannot be reached is a failure only if the account has it: a closed region has
        no address. Raises at once for wrong credentials, which every region would refuse, and NetworkError if none can
        be reached.
        """
        self._reporter.info(f"Asking every region except {skip}." if skip else "Asking every region.")
        keys = _keys(_ordered(REGION_IDS, self._default_region), questions, skip)
        answers = 0
        with self._working(
            lambda: f"Asking every region: {answers} of {len(keys)} answers",
            after_s=_SHOWN_AFTER_S,
        ):
            listing = in_background(self._regions)
            unreachable = []
            is_any_reached = False
            for outcome in fan_out(lambda key: ask(*key), keys):
                answers += 1
                if isinstance(outcome.error, CredentialsError) and not isinstance(outcome.error, PermissionDeniedError):
                    raise outcome.error
                if isinstance(outcome.error, NetworkError):
                    unreachable.append(outcome)
                    if not is_any_reached and len(unreachable) >= _ENOUGH_UNREACHABLE and _failed_too(listing):
                        raise outcome.error
                else:
                    is_any_reached = True
                    yield outcome
            regions = self._listed(listing)
            for region in regions:
                self._client.learn_endpoint(region.id, region.endpoint)
            listed = {region.id for region in regions}
            if not is_any_reached and not listed and unreachable and unreachable[0].error is not None:
                raise unreachable[0].error
            yield from (outcome for outcome in unreachable if not listed or outcome.key[0] in listed)
            new = [region.id for region in regions if region.id not in {*REGION_IDS, self._default_region}]
            yield from fan_out(lambda key: ask(*key), _keys(new, questions, skip))

    def check_permitted(self, answered: str | None) -> None:
        """Raise PermissionDeniedError if listing instances is not permitted: ECS answers with an empty list then.

        `answered` is a region that answered with an empty list. Without one, this raises the reason.
        """
        region_id = answered or self._default_region or CENTRAL_REGION
        try:
            self._client.call(DescribeInstancesDryRun(region_id), region_id=region_id)
        except DescribeInstancesDryRun.passed:
            return

    def _all_pages(self, request: DescribeInstances, *, budget_s: float | None = None) -> list[Instance]:
        instances: list[Instance] = []
        tokens = {""}
        for _ in range(MOST_PAGES):
            page = self._client.call(request, region_id=request.region_id, budget_s=budget_s).value
            instances += page.instances
            if page.next_token in tokens:  # none, or a loop
                break
            tokens.add(page.next_token)
            request = request.page_after(page)
        else:
            raise UnexpectedAnswerError(
                f"The list of instances in {request.region_id} did not end after {MOST_PAGES} pages.",
                hint="Check `endpoint` (`ecsvnc config list --show-origin`); `ecsvnc list PATTERN` lists fewer.",
            )
        if request.tags and len(instances) >= MOST_TAGGED:  # there may be more
            return self._all_pages(replace(request, tags=(), next_token=""), budget_s=budget_s)
        return instances

    def _regions(self) -> tuple[Region, ...]:
        region_id = self._default_region or CENTRAL_REGION
        return self._client.call(DescribeRegions(), region_id=region_id, budget_s=SEARCH_BUDGET_S).value

    def _listed(self, listing: Future[tuple[Region, ...]]) -> tuple[Region, ...]:
        try:
            regions = listing.result()
        except EcsvncError as error:
            self._reporter.info(f"DescribeRegions failed, so only the built-in regions were searched: {error.what}")
            return ()
        if len(regions) > MAX_REGIONS:
            self._reporter.warn(
                f"DescribeRegions lists {len(regions)} regions, more than {MAX_REGIONS}. Only the built-in regions "
                "were searched. Name another with --region."
            )
            return ()
        return regions


def _failed_too(listing: Future[tuple[Region, ...]]) -> bool:
    return listing.done() and isinstance(listing.exception(), NetworkError)


def _ordered(region_ids: Sequence[str], first: str | None) -> list[str]:
    """The regions to ask, the user's own first: not all are asked at once."""
    return [
        *([first] if first else []),
        *(region_id for region_id in region_ids if region_id != first),
    ]


def _keys(region_ids: Sequence[str], questions: Sequence[Q], skip: str | None) -> list[tuple[str, Q]]:
    return [(region_id, question) for region_id in region_ids if region_id != skip for question in questions]


def _queries(selection: Selection) -> list[Query]:
    """The requests that together find every instance that is selected."""
    every = partial(
        DescribeInstances,
        status=selection.statuses[0] if len(selection.statuses) == 1 else "",
        tags=tuple((key, value or "") for key, value in selection.tags),
    )
    ids = [target.text for target in selection.targets if isinstance(target, InstanceId)]
    addresses = [target for target in selection.targets if isinstance(target, Address)]
    queries = [
        partial(every, instance_ids=tuple(ids[start : start + MAX_IDS])) for start in range(0, len(ids), MAX_IDS)
    ]
    queries += [partial(every, instance_name=target.text) for target in selection.targets if isinstance(target, Name)]
    if addresses:
        queries += _address_queries(every, addresses)
    return [*queries] if 0 < len(queries) <= _MOST_QUERIES else [every]


def _address_queries(every: partial[DescribeInstances], addresses: list[Address]) -> list[partial[DescribeInstances]]:
    """The requests for addresses: there are three kinds, each with its own filter."""
    private = partial(every, private_addresses=tuple(address.text for address in addresses))
    public = tuple(address.text for address in addresses if not address.is_private)
    if not public:
        return [private]
    # A VPC may use public ranges inside: those are looked for as both.
    return [partial(every, public_addresses=public), partial(every, eip_addresses=public), private]
