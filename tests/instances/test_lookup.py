"""Searching, where the embedded ECS is too well-behaved."""

import itertools

import pytest
from support.scene import Scene

from ecsvnc.ecs.describe_instances import InstancePage
from ecsvnc.ecs.describe_regions import DescribeRegions, Region
from ecsvnc.ecs.instance import Instance
from ecsvnc.errors import UnexpectedAnswerError
from ecsvnc.instances.lookup import MAX_REGIONS, MOST_PAGES, Lookup
from ecsvnc.openapi.client import Answer
from ecsvnc.openapi.endpoints import REGION_IDS


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
    found = Lookup(CirclingClient(), runtime=Scene().runtime, default_region=None).in_region(None, "cn-hangzhou")
    assert sorted(instance.id for instance in found) == ["i-a", "i-b"]


def test_a_list_without_end_is_ended():
    client = EndlessClient()
    with pytest.raises(UnexpectedAnswerError, match="did not end"):
        Lookup(client, runtime=Scene().runtime, default_region=None).in_region(None, "cn-hangzhou")
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


def test_a_list_of_thousands_of_regions_is_told_and_not_searched():
    client, scene = ManyRegionsClient(5000), Scene()

    Lookup(client, runtime=scene.runtime, default_region=None).everywhere(None)

    assert sorted(client.asked) == sorted(REGION_IDS)
    assert "5000 regions" in scene.warnings[0]


def test_as_many_regions_as_there_may_be_are_searched():
    client, scene = ManyRegionsClient(MAX_REGIONS), Scene()

    Lookup(client, runtime=scene.runtime, default_region=None).everywhere(None)

    assert len(client.asked) == len(REGION_IDS) + MAX_REGIONS
    assert not scene.warnings
