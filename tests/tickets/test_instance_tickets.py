"""Fresh tickets of one found instance, against the embedded ECS."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.ecs.extended import ExtendedEcs
from support.scene import Scene

from ecsvnc.errors import StateError
from ecsvnc.http.transport import Transport
from ecsvnc.instances.cache import InstanceCache
from ecsvnc.instances.finder import InstanceFinder
from ecsvnc.instances.targets import parse_target
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.openapi.client import Client
from ecsvnc.openapi.endpoints import Endpoints
from ecsvnc.runtime import Runtime
from ecsvnc.simulator.accounts import Identity
from ecsvnc.tickets.budget import CONSOLES, Budget
from ecsvnc.tickets.console import Console
from ecsvnc.tickets.instance_tickets import InstanceTickets
from ecsvnc.tickets.issuer import TicketIssuer


@pytest.fixture
def ecs():
    with ExtendedEcs(Runtime({}, Path("/nowhere"))) as ecs:
        yield ecs


@pytest.fixture
def find(ecs, tmp_path):
    """Finds an instance, on a clock that only moves while somebody waits."""

    def find(text, *, identity=None, scene=None):
        scene = scene or Scene()
        who = identity or ecs.identity
        client = Client(
            runtime=Runtime({}, Path("/nowhere")),
            transport=Transport(Runtime({}, Path("/nowhere"))),
            access_key=lambda: AccessKey(who.access_key_id, who.access_key_secret),
            endpoints=Endpoints(override=ecs.origin),
            budget_s=30,
        )
        cache = InstanceCache(tmp_path / "instances.json", scene.runtime)
        finder = InstanceFinder(client, cache, runtime=scene.runtime)
        return InstanceTickets.find(
            parse_target(text),
            finder,
            TicketIssuer(client, finder, needs_os=False, runtime=scene.runtime),
            Budget(tmp_path, runtime=scene.runtime),
            scene.runtime,
        )

    return find


@pytest.fixture
def opening(find):
    """The tickets of a console that was just opened on this clock."""

    def opening(text, scene):
        found = find(text, scene=scene)
        issued = replace(found.take(), issued_monotonic_s=scene.at_s)
        console = Console(found.instance_id, "cn-hangzhou", found.name, found.os_type, issued)
        return issued, InstanceTickets.of(console, found._issuer, found._budget, scene.runtime)

    return opening


def actions(ecs):
    return [call.action for call in ecs.calls]


def test_an_instance_is_found_once_and_each_ticket_is_one_request(ecs, find):
    web = ecs.fleet.named("web-1")

    tickets = find("web-1")
    before = len(ecs.calls)
    first, second = tickets.take(), tickets.take()

    assert (tickets.instance_id, tickets.region_id, tickets.name) == (web.id, "cn-hangzhou", "web-1")
    assert not tickets.is_windows
    assert first.vnc_url != second.vnc_url
    assert actions(ecs)[before:] == ["DescribeInstanceVncUrl"] * 2


@pytest.mark.parametrize(("after_s", "is_used"), [(0, True), (7.9, True), (8.1, False)])
def test_a_console_s_own_ticket_is_the_first_while_it_is_fresh(opening, scene, after_s, is_used):
    issued, tickets = opening("web-1", scene)
    scene.sleep(after_s)
    assert (tickets.take() is issued) == is_used
    assert tickets.take() is not issued


def test_windows_is_known_from_finding_the_instance(find):
    assert find("win-1").is_windows


def test_a_stopped_instance_is_an_error_before_a_ticket_is_taken(ecs, find):
    with pytest.raises(StateError) as raised:
        find("db-1")

    assert "db-1" in raised.value.what
    assert "Stopped" in raised.value.what
    assert "--start" in raised.value.hint
    assert "DescribeInstanceVncUrl" not in actions(ecs)


def test_an_instance_that_stops_later_is_an_error_that_names_its_state(ecs, find):
    tickets = find("web-1")
    ecs.fleet.named("web-1").status = "Stopped"

    with pytest.raises(StateError) as raised:
        tickets.take()

    assert "web-1" in raised.value.what
    assert "Stopped" in raised.value.what


def test_an_id_that_may_not_be_described_is_found_by_its_first_ticket(ecs, find):
    web = ecs.fleet.named("web-1")
    identity = Identity.with_new_key(
        Runtime({}, Path()).random_bytes, allowed_actions=frozenset({"ecs:DescribeInstanceVncUrl"})
    )
    ecs.accounts.add(identity)

    tickets = find(web.id, identity=identity)
    assert tickets.region_id is None
    tickets.take()

    assert tickets.region_id == "cn-hangzhou"


def test_places_in_the_budget_are_those_of_this_instance(find):
    scene = Scene()
    web, win = find("web-1", scene=scene), find("win-1", scene=scene)
    for _ in range(CONSOLES):
        assert web.claim()

    assert win.claim()
    assert not web.claim(lambda: scene.at_s > Scene.at_s + 1)
    assert web.claim()
    assert scene.at_s >= Scene.at_s + 60
