"""Searching, where the embedded ECS is too well-behaved."""

import itertools

import pytest
from support.scene import Scene

from ecsvnc.ecs.describe_instances import InstancePage
from ecsvnc.ecs.instance import Instance
from ecsvnc.errors import UnexpectedAnswerError
from ecsvnc.instances.lookup import MOST_PAGES, Lookup
from ecsvnc.openapi.client import Answer


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
    found = Lookup(CirclingClient(), runtime=Scene().runtime, home=None).in_region(None, "cn-hangzhou")
    assert sorted(instance.id for instance in found) == ["i-a", "i-b"]


def test_a_list_without_end_is_ended():
    client = EndlessClient()
    with pytest.raises(UnexpectedAnswerError, match="did not end"):
        Lookup(client, runtime=Scene().runtime, home=None).in_region(None, "cn-hangzhou")
    assert next(client.pages) == MOST_PAGES + 1
