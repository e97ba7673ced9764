"""Searching, where the embedded ECS is too well-behaved."""

import itertools

import pytest
from support.scene import Scene

from ecsvnc.ecs.describe_instances import DescribeInstances, InstancePage
from ecsvnc.ecs.describe_regions import DescribeRegions, Region
from ecsvnc.ecs.instance import Instance
from ecsvnc.errors import UnexpectedAnswerError
from ecsvnc.instances.lookup import MAX_REGIONS, MOST_PAGES, Lookup
from ecsvnc.instances.selection import EVERY_INSTANCE, Selection
from ecsvnc.instances.targets import Address, InstanceId, Name
from ecsvnc.openapi.client import Answer
from ecsvnc.region_ids import REGION_IDS


class RecordingClient:
    """Has the same instances for every question, all on one page, and notes what it was asked."""

    def __init__(self, instances):
        self.instances = tuple(instances)
        self.asked = []

    def call(self, action, *, region_id, budget_s=None):
        self.asked.append(action)
        return Answer(InstancePage(self.instances, ""), "R", 0.0, 0.0)

    def search(self, selection):
        lookup = Lookup(self, runtime=Scene().runtime, default_region=None)
        return lookup.in_region(selection, "cn-hangzhou")


def an_instance(number=0, **fields):
    values = {"name": "web", "region_id": "cn-hangzhou", "status": "Running", "os_type": "linux", **fields}
    return Instance(f"i-bp1{number:017}", **values)


@pytest.mark.parametrize(
    ("selection", "requests"),
    [
        (EVERY_INSTANCE, [{}]),
        (Selection((Name("web-*"), Name("db"))), [{"instance_name": "db"}, {"instance_name": "web-*"}]),
        (Selection((InstanceId("i-1"), InstanceId("i-2"))), [{"instance_ids": ("i-1", "i-2")}]),
        (Selection((Address("10.0.0.1"), Address("10.0.0.2"))), [{"private_addresses": ("10.0.0.1", "10.0.0.2")}]),
        (
            Selection((Address("10.0.0.1"), Address("203.0.113.1"))),
            [
                {"eip_addresses": ("203.0.113.1",)},
                {"private_addresses": ("10.0.0.1", "203.0.113.1")},
                {"public_addresses": ("203.0.113.1",)},
            ],
        ),
        (Selection(statuses=("Running",)), [{"status": "Running"}]),
        (Selection(statuses=("Running", "Stopped")), [{}]),
        (Selection(tags=(("env", "prod"), ("idle", None))), [{"tags": (("env", "prod"), ("idle", ""))}]),
        (Selection(os_type="linux"), [{}]),
        (Selection((Name("web"),), ("Stopped",)), [{"instance_name": "web", "status": "Stopped"}]),
        (Selection(tuple(Name(f"web-{number}") for number in range(5))), [{}]),
        (Selection(tuple(InstanceId(f"i-{number}") for number in range(401))), [{}]),
    ],
)
def test_the_service_filters_what_it_can_where_that_takes_few_requests(selection, requests):
    client = RecordingClient([])
    client.search(selection)
    asked = [DescribeInstances("cn-hangzhou", **request) for request in requests]
    assert sorted(client.asked, key=repr) == sorted(asked, key=repr)


def test_hundreds_of_ids_are_asked_for_a_hundred_at_a_time():
    client = RecordingClient([])
    client.search(Selection(tuple(InstanceId(f"i-{number}") for number in range(250))))
    assert sorted(len(action.instance_ids) for action in client.asked) == [50, 100, 100]


def test_what_the_service_did_not_filter_is_filtered_here():
    running, stopped = an_instance(1), an_instance(2, status="Stopped")
    assert RecordingClient([running, stopped]).search(Selection(statuses=("Stopped",))) == [stopped]


@pytest.mark.parametrize(("count", "requests"), [(999, 1), (1000, 2)])
def test_as_many_instances_as_the_service_finds_by_tags_are_looked_for_without(count, requests):
    client = RecordingClient(an_instance(number, tags=(("env", "prod"),)) for number in range(count))
    found = client.search(Selection(tags=(("env", "prod"),)))
    assert len(found) == count
    assert [bool(action.tags) for action in client.asked] == [True, False][:requests]


class EndlessClient:
    """Always has one more page."""

    def __init__(self):
        self.pages = itertools.count(1)

    def call(self, action, *, region_id, budget_s=None):
        return Answer(InstancePage((), str(next(self.pages))), "R", 0.0, 0.0)


class CirclingClient:
    """Has two pages, each of which leads to the other."""

    def __init__(self):
        self.tokens = itertools.cycle(["a", "b"])

    def call(self, action, *, region_id, budget_s=None):
        token = next(self.tokens)
        instance = Instance(f"i-{token}", "web", region_id, "Running", "linux")
        return Answer(InstancePage((instance,), token), "R", 0.0, 0.0)


def test_a_list_that_leads_in_a_circle_ends_where_it_closes():
    found = Lookup(CirclingClient(), runtime=Scene().runtime, default_region=None).in_region(
        EVERY_INSTANCE, "cn-hangzhou"
    )
    assert sorted(instance.id for instance in found) == ["i-a", "i-b"]


def test_a_list_without_end_is_ended():
    client = EndlessClient()
    with pytest.raises(UnexpectedAnswerError, match="did not end"):
        Lookup(client, runtime=Scene().runtime, default_region=None).in_region(EVERY_INSTANCE, "cn-hangzhou")
    assert next(client.pages) == MOST_PAGES + 1


class ManyRegionsClient:
    """Lists that many regions, and has no instance in any."""

    def __init__(self, count):
        self.regions = tuple(Region(f"made-up-{number}", "") for number in range(count))
        self.asked = []

    def call(self, action, *, region_id, budget_s=None):
        if isinstance(action, DescribeRegions):
            return Answer(self.regions, "R", 0.0, 0.0)
        self.asked.append(region_id)
        return Answer(InstancePage((), ""), "R", 0.0, 0.0)

    def learn_endpoint(self, region_id, endpoint):
        pass


def test_a_list_of_thousands_of_regions_is_reported_and_not_searched():
    client, scene = ManyRegionsClient(5000), Scene()

    Lookup(client, runtime=scene.runtime, default_region=None).everywhere(EVERY_INSTANCE)

    assert sorted(client.asked) == sorted(REGION_IDS)
    assert "5000 regions" in scene.warnings[0]


def test_as_many_regions_as_there_may_be_are_searched():
    client, scene = ManyRegionsClient(MAX_REGIONS), Scene()

    Lookup(client, runtime=scene.runtime, default_region=None).everywhere(EVERY_INSTANCE)

    assert len(client.asked) == len(REGION_IDS) + MAX_REGIONS
    assert not scene.warnings
