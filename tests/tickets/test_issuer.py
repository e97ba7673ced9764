"""Finding and taking consoles, through the real client and transport, against the embedded ECS."""

import json
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from support.ecs.extended import ExtendedEcs
from support.ecs.faults import Fault

from ecsvnc.errors import (
    AmbiguousNameError,
    CredentialsError,
    InstanceNotFoundError,
    NetworkError,
    PermissionDeniedError,
    RegionNotFoundError,
    StateError,
    ThrottledError,
    UnexpectedAnswerError,
    WrongRegionError,
)
from ecsvnc.http.transport import Transport
from ecsvnc.instances.cache import InstanceCache, KnownInstance
from ecsvnc.instances.finder import InstanceFinder
from ecsvnc.instances.targets import parse_target
from ecsvnc.loopback.server import ServerResponse
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.openapi.client import Client
from ecsvnc.openapi.endpoints import Endpoints
from ecsvnc.runtime import Runtime
from ecsvnc.simulator.accounts import Identity
from ecsvnc.simulator.fleet import Fleet, Instance, instance_id
from ecsvnc.simulator.refusals import ApiError
from ecsvnc.tickets.issuer import TicketIssuer

LATENCY_S = 0.5
"""Of an embedded ECS far away: requests that a run sends at once are all on their way before the first is answered."""


class Said:
    def __init__(self):
        self.warnings, self.details = [], []

    def warn(self, text):
        self.warnings.append(text)

    def info(self, text):
        self.details.append(text)

    debug = info


@pytest.fixture
def said():
    return Said()


@pytest.fixture
def ecs():
    with ExtendedEcs(Runtime({}, Path("/nowhere"))) as ecs:
        yield ecs


class FarEcs:
    """An embedded ECS of 5000 instances, far away."""

    def __init__(self):
        self._on_the_way = []
        runtime = Runtime({}, Path("/nowhere"), sleep=self._travel)
        self.ecs = ExtendedEcs(runtime, fleet=Fleet.generate(5000), latency_s=LATENCY_S)

    def _travel(self, seconds):
        began_s = time.monotonic()
        time.sleep(seconds)
        self._on_the_way.append((time.monotonic(), began_s))

    def round_trips(self, work):
        """How many requests of `work` follow each other, each sent after the one before it was answered."""
        self._on_the_way.clear()
        work()
        trips, answered_s = 0, 0.0
        for ended_s, began_s in sorted(self._on_the_way):
            if began_s >= answered_s:
                trips, answered_s = trips + 1, ended_s
        return trips


@pytest.fixture
def far():
    far = FarEcs()
    with far.ecs:
        yield far


@pytest.fixture
def cache(tmp_path):
    return InstanceCache(tmp_path / "instances.json", Runtime({}, None, now=lambda: 0.0))


@pytest.fixture
def consoles(ecs, consoles_of):
    return partial(consoles_of, ecs)


@pytest.fixture
def consoles_of(cache, said):
    def make(ecs, identity=None, *, choose=None, budget_s=30.0, region=None, default_region=None, **os):
        runtime = Runtime({}, Path("/nowhere"), reporter=said)
        who = identity or ecs.identity
        client = Client(
            runtime=runtime,
            transport=Transport(runtime),
            access_key=lambda: AccessKey(who.access_key_id, who.access_key_secret),
            endpoints=Endpoints(override=ecs.origin),
            budget_s=budget_s,
        )
        finder = InstanceFinder(
            client, cache, region=region, default_region=default_region, choose=choose, runtime=runtime
        )
        return TicketIssuer(client, finder, **os, runtime=runtime)

    return make


def take(consoles, text):
    return consoles.open(parse_target(text))


def asked(ecs):
    return [(call.action, call.region_id) for call in ecs.calls]


def someone_allowed(ecs, *actions):
    identity = Identity.with_new_key(Runtime({}, Path()).random_bytes, allowed_actions=frozenset(actions))
    ecs.accounts.add(identity)
    return identity


# By id


def test_an_id_costs_one_request_when_the_os_is_given(ecs, consoles):
    web = ecs.fleet.named("web-1")

    console = take(consoles(os_type="windows"), web.id)

    assert (console.instance_id, console.region_id, console.is_windows) == (web.id, "cn-hangzhou", True)
    assert console.name is None
    assert asked(ecs) == [("DescribeInstanceVncUrl", "cn-hangzhou")]


def test_the_os_is_asked_beside_the_ticket_each_time_since_a_new_one_may_have_been_installed(ecs, consoles):
    win = ecs.fleet.named("win-1")
    requests = [("DescribeInstanceVncUrl", "cn-beijing"), ("DescribeInstances", "cn-beijing")]

    assert take(consoles(), win.id).is_windows
    assert sorted(asked(ecs)) == requests
    win.os_type = "linux"
    assert not take(consoles(), win.id).is_windows
    assert sorted(asked(ecs)) == sorted(requests * 2)


def test_the_os_that_was_learned_before_stands_in_for_an_answer_that_does_not_come(ecs, consoles, said):
    win = ecs.fleet.named("win-1")
    take(consoles(), win.id)
    ecs.faults.add(Fault(ServerResponse(200, [], b"<html>"), action="DescribeInstances", times=None))

    assert take(consoles(), win.id).is_windows
    assert said.warnings == []


def test_an_id_costs_one_request_where_the_os_does_not_matter(ecs, consoles):
    take(consoles(needs_os=False), ecs.fleet.named("web-1").id)

    assert asked(ecs) == [("DescribeInstanceVncUrl", "cn-hangzhou")]


def test_an_explicit_region_is_never_overruled_and_the_miss_names_the_region_of_the_id(ecs, consoles):
    web = ecs.fleet.named("web-1")

    with pytest.raises(WrongRegionError) as caught:
        take(consoles(region="cn-beijing"), web.id)
    assert "cn-hangzhou" in caught.value.hint
    assert {region for _, region in asked(ecs)} == {"cn-beijing"}

    with pytest.raises(RegionNotFoundError, match="cn-nowhere"):
        take(consoles(region="cn-nowhere"), web.id)


def test_an_id_whose_code_misleads_is_found_in_the_region_where_it_is(ecs, consoles, cache):
    moved = Instance(instance_id("cn-hangzhou", seed="moved"), "moved", "ap-southeast-1", os_type="windows")
    ecs.fleet.add(moved)

    console = take(consoles(), moved.id)

    assert (console.region_id, console.is_windows) == ("ap-southeast-1", True)
    assert asked(ecs)[0][1] == "cn-hangzhou"  # and only then all; its description may still be on the way
    assert cache.get(moved.id).region_id == "ap-southeast-1"


def test_with_verbose_it_is_reported_where_was_asked(ecs, consoles, said):
    moved = Instance(instance_id("cn-hangzhou", seed="moved"), "moved", "ap-southeast-1")
    ecs.fleet.add(moved)

    take(consoles(os_type="linux"), moved.id)

    assert "Asking every region except cn-hangzhou." in said.details
    assert f"Took a ticket for {moved.id} (ap-southeast-1)." in said.details


def test_a_legacy_id_is_asked_for_in_the_set_region_first(ecs, consoles):
    legacy = Instance("AY121018033933eae8689", "old", "cn-qingdao")
    ecs.fleet.add(legacy)

    assert take(consoles(default_region="cn-qingdao", os_type="linux"), legacy.id).region_id == "cn-qingdao"
    assert asked(ecs) == [("DescribeInstanceVncUrl", "cn-qingdao")]


def test_a_stale_cache_is_noticed_and_repaired_in_the_same_run(ecs, consoles, cache):
    web = ecs.fleet.named("web-1")
    cache.remember([KnownInstance(web.id, "us-west-1", "web-1", "linux")])

    assert take(consoles(), web.id).region_id == "cn-hangzhou"
    assert cache.get(web.id).region_id == "cn-hangzhou"


def test_an_id_that_is_in_no_region_is_an_error(consoles):
    with pytest.raises(InstanceNotFoundError, match="i-bp100000000000000000 in any region"):
        take(consoles(), "i-bp100000000000000000")


def test_a_region_that_fails_makes_not_found_unsure(ecs, consoles):
    fault = ApiError(400, "Throttling.User", "Request was denied due to user flow control.")
    ecs.faults.add(Fault(fault, region_id="eu-west-1", times=None))

    with pytest.raises(ThrottledError, match="eu-west-1"):
        take(consoles(budget_s=1.0), "i-bp100000000000000000")


def test_a_console_by_id_needs_no_other_permission(ecs, consoles, said):
    identity = someone_allowed(ecs, "ecs:DescribeInstanceVncUrl")

    console = take(consoles(identity), ecs.fleet.named("win-1").id)

    assert not console.is_windows
    assert "ecs:DescribeInstances" in said.warnings[0]
    assert "--os" in said.warnings[0]


def test_a_slow_or_failing_answer_about_the_os_never_kills_a_ticket(ecs, consoles, said):
    ecs.faults.add(Fault(ApiError(500, "InternalError", "x"), action="DescribeInstances", times=None))

    console = take(consoles(), ecs.fleet.named("win-1").id)

    assert 7.0 < console.ticket.seconds_left(Runtime({}, Path())) <= 15.0
    assert said.warnings


def test_wrong_credentials_fail_at_once_and_not_once_a_region(ecs, consoles):
    stranger = replace(ecs.identity, access_key_secret="wrong")

    with pytest.raises(CredentialsError):
        take(consoles(stranger), "no-such-name")
    assert len(ecs.calls) < 45


def test_a_further_ticket_costs_one_request(ecs, consoles):
    those = consoles()
    console = take(those, ecs.fleet.named("web-1").id)
    before = len(ecs.calls)

    fresh = those.ticket(console.instance_id, console.region_id)

    assert len(ecs.calls) == before + 1
    assert fresh.vnc_url != console.ticket.vnc_url


# States


def test_a_stopped_instance_is_a_state_error_that_names_it_and_its_state(ecs, consoles):
    with pytest.raises(StateError, match=r"db-1 \(i-uf6.*\) is Stopped"):
        take(consoles(), "db-1")
    with pytest.raises(StateError, match="is Stopped"):
        take(consoles(), ecs.fleet.named("db-1").id)


def test_a_lock_is_named_since_starting_would_not_help(ecs, consoles):
    ecs.fleet.named("db-1").lock_reasons = ("financial",)

    with pytest.raises(StateError, match=r"locked \(financial\)"):
        take(consoles(), "db-1")


def test_a_stopped_instance_of_unknown_region_is_found_as_stopped(ecs, consoles):
    ecs.fleet.add(Instance(instance_id("cn-hangzhou", seed="x"), "x", "eu-west-1", status="Stopped"))

    with pytest.raises(StateError, match="is Stopped"):
        take(consoles(), instance_id("cn-hangzhou", seed="x"))


def test_with_verbose_every_ticket_is_reported(ecs, consoles, said):
    issuer = consoles(os_type="linux")
    web = ecs.fleet.named("web-1")
    for _ in range(3):
        issuer.ticket(web.id, "cn-hangzhou")
    assert said.details.count(f"Took a ticket for {web.id} (cn-hangzhou).") == 3
    take(consoles(os_type="linux"), "web-1")
    assert f"Took a ticket for web-1 ({web.id}, cn-hangzhou)." in said.details


# By name and address


def test_a_name_is_found_wherever_it_is_and_verified_beside_the_ticket_the_next_time(ecs, consoles):
    assert take(consoles(), "win-1").region_id == "cn-beijing"
    first = len(ecs.calls)
    console = take(consoles(), "win-1")

    assert console.name == "win-1"
    assert sorted(asked(ecs)[first:]) == [("DescribeInstanceVncUrl", "cn-beijing"), ("DescribeInstances", "cn-beijing")]


def test_two_instances_that_took_each_other_s_names_are_never_confused(ecs, consoles):
    web, win = ecs.fleet.named("web-1"), ecs.fleet.named("win-1")
    take(consoles(), "web-1")
    take(consoles(), "win-1")
    web.name, win.name = "win-1", "web-1"

    assert take(consoles(), "web-1").instance_id == win.id
    assert take(consoles(), "win-1").instance_id == web.id


def test_a_cached_name_whose_instance_is_stopped_and_renamed_leads_to_the_new_holder(ecs, consoles):
    web = ecs.fleet.named("web-1")
    take(consoles(), "web-1")
    web.name, web.status = "retired", "Stopped"
    ecs.fleet.add(Instance(instance_id("cn-shanghai", seed="new"), "web-1", "cn-shanghai"))

    assert take(consoles(), "web-1").instance_id == instance_id("cn-shanghai", seed="new")


def test_a_cached_name_whose_instance_is_gone_is_looked_up_again(ecs, consoles):
    take(consoles(), "web-1")
    ecs.fleet.remove(ecs.fleet.named("web-1").id)

    with pytest.raises(InstanceNotFoundError):
        take(consoles(), "web-1")


def test_a_cached_name_that_cannot_be_verified_opens_nothing(ecs, consoles):
    take(consoles(), "web-1")
    ecs.faults.add(Fault(ServerResponse(200, [], b"<html>"), action="DescribeInstances", times=None))

    with pytest.raises(UnexpectedAnswerError):
        take(consoles(), "web-1")


def test_an_ambiguous_name_lists_every_candidate(ecs, consoles):
    with pytest.raises(AmbiguousNameError) as caught:
        take(consoles(), "dup")
    for instance in (i for i in ecs.fleet if i.name == "dup"):
        assert instance.id in caught.value.what
        assert instance.region_id in caught.value.what


def ids_named_dup(ecs):
    return {instance.region_id: instance.id for instance in ecs.fleet if instance.name == "dup"}


@pytest.mark.parametrize(
    "before",
    [
        lambda make, dup: take(make(region="eu-central-1"), "dup"),
        lambda make, dup: make(default_region="eu-central-1")._finder.list(),
        lambda make, dup: take(make(), dup["eu-central-1"]),
        lambda make, dup: make(region="eu-central-1")._finder.list(),
        lambda make, dup: make()._finder.list(),
    ],
)
def test_what_was_seen_before_never_makes_an_ambiguous_name_mean_one(ecs, consoles, before):
    before(consoles, ids_named_dup(ecs))

    with pytest.raises(AmbiguousNameError):
        take(consoles(), "dup")
    with pytest.raises(AmbiguousNameError):
        take(consoles(default_region="cn-shenzhen"), "dup")
    assert take(consoles(region="eu-central-1"), "dup").region_id == "eu-central-1"


def test_another_instance_of_the_name_in_the_same_region_is_not_overlooked_for_a_visited_one(ecs, consoles):
    ecs.fleet.add(Instance(instance_id("cn-hangzhou", seed="twin"), "web-1", "cn-hangzhou"))
    take(consoles(), ecs.fleet.named("web-1").id)

    for options in ({}, {"default_region": "cn-hangzhou"}, {"region": "cn-hangzhou"}):
        with pytest.raises(AmbiguousNameError):
            take(consoles(**options), "web-1")


@pytest.mark.parametrize("before", [lambda one: take(one, "win-1"), lambda one: one._finder.list()])
@pytest.mark.parametrize(
    "options", [{}, {"default_region": "cn-beijing"}, {"default_region": "us-west-1"}, {"region": "cn-beijing"}]
)
def test_a_name_of_which_a_search_found_one_costs_one_round_trip(ecs, consoles, before, options):
    before(consoles())
    first = len(ecs.calls)

    assert take(consoles(**options), "win-1").region_id == "cn-beijing"
    assert sorted(asked(ecs)[first:]) == [("DescribeInstanceVncUrl", "cn-beijing"), ("DescribeInstances", "cn-beijing")]


def test_finding_it_without_a_ticket_costs_one_request_too_and_confirms_the_name(ecs, consoles):
    finder = consoles()._finder
    web, win = ecs.fleet.named("web-1"), ecs.fleet.named("win-1")
    assert finder.find(parse_target("web-1")).id == web.id
    first = len(ecs.calls)
    assert finder.find(parse_target("web-1")).id == web.id
    assert asked(ecs)[first:] == [("DescribeInstances", "cn-hangzhou")]
    web.name, win.name = win.name, web.name
    assert finder.find(parse_target("web-1")).id == win.id


def test_a_name_that_one_of_two_gave_up_costs_one_round_trip_again(ecs, consoles):
    consoles()._finder.list()
    ecs.fleet.remove(ids_named_dup(ecs)["cn-shenzhen"])
    take(consoles(), "dup")
    first = len(ecs.calls)

    assert take(consoles(), "dup").region_id == "eu-central-1"
    assert len(ecs.calls) == first + 2


def test_a_search_that_a_region_did_not_answer_proves_no_name_unique(ecs, consoles):
    failing = Fault(ServerResponse(200, [], b"<html>"), action="DescribeInstances", region_id="eu-west-1", times=None)
    ecs.faults.add(failing)
    take(consoles(), "win-1")
    ecs.faults.clear()
    ecs.fleet.add(Instance(instance_id("eu-west-1", seed="twin"), "win-1", "eu-west-1"))

    with pytest.raises(AmbiguousNameError):
        take(consoles(), "win-1")


def test_an_explicit_region_makes_it_unambiguous(consoles):
    assert take(consoles(region="eu-central-1"), "dup").region_id == "eu-central-1"


def test_a_default_region_does_not_decide_which_instance_a_name_means(ecs, consoles):
    with pytest.raises(AmbiguousNameError):
        take(consoles(default_region="eu-central-1"), "dup")
    assert {"cn-shenzhen", "eu-central-1"} <= {region for _, region in asked(ecs)}


@pytest.mark.parametrize("default_region", ["us-west-1", "cn-nowhere"])
def test_a_name_is_found_in_any_region_whatever_the_default_region_is(consoles, default_region):
    assert take(consoles(default_region=default_region), "web-1").region_id == "cn-hangzhou"


def test_the_user_is_asked_which_one_where_there_is_someone_to_ask(consoles):
    assert take(consoles(choose=lambda instances: instances[-1]), "dup").region_id == "eu-central-1"


def test_a_pattern_that_matches_one_is_that_one(consoles):
    assert take(consoles(), "w*b-1").name == "web-1"


def test_a_pattern_that_matches_several_is_ambiguous(consoles):
    with pytest.raises(AmbiguousNameError):
        take(consoles(), "*-1")


@pytest.mark.parametrize(
    ("address", "name"), [("172.16.0.10", "web-1"), ("203.0.113.10", "web-1"), ("203.0.113.20", "win-1")]
)
def test_private_public_and_elastic_addresses_are_found(consoles, address, name):
    assert take(consoles(), address).name == name


def test_an_address_that_two_instances_have_is_ambiguous(ecs, consoles):
    ecs.fleet.add(Instance(instance_id("eu-west-1", seed="t"), "twin", "eu-west-1", private_ips=("172.16.0.10",)))

    with pytest.raises(AmbiguousNameError, match="twin"):
        take(consoles(), "172.16.0.10")


def test_an_unknown_name_or_address_is_not_found(consoles):
    with pytest.raises(InstanceNotFoundError, match="named nope"):
        take(consoles(), "nope")
    with pytest.raises(InstanceNotFoundError, match=r"10\.9\.8\.7"):
        take(consoles(), "10.9.8.7")
    with pytest.raises(InstanceNotFoundError) as caught:
        take(consoles(), "i-bp1hzoinajzkh91h000")
    assert "has 19" in caught.value.hint


def test_who_may_not_list_instances_is_told_so_and_not_that_there_are_none(ecs, consoles):
    identity = someone_allowed(ecs, "ecs:DescribeInstanceVncUrl")

    with pytest.raises(PermissionDeniedError, match="DescribeInstances"):
        take(consoles(identity), "web-1")
    with pytest.raises(PermissionDeniedError, match="DescribeInstances"):
        consoles(identity)._finder.list()


def test_an_answer_that_did_not_filter_opens_nothing(ecs, consoles):
    other = {"InstanceId": "i-bp100000000000000000", "InstanceName": "other", "RegionId": "cn-hangzhou"}
    body = json.dumps({"Instances": {"Instance": [other]}, "NextToken": ""}).encode()
    ecs.faults.add(Fault(ServerResponse(200, [], body), action="DescribeInstances", times=None))

    with pytest.raises(InstanceNotFoundError):
        take(consoles(region="cn-hangzhou"), "web-1")


@pytest.mark.parametrize(
    "vnc_url", ["javascript:alert(1)", "https%3A%2F%2Fexample.com", "", None, 7, ["wss%3A%2F%2Fa"]]
)
def test_an_answer_without_a_console_address_is_an_error_and_takes_nothing(ecs, consoles, vnc_url):
    body = json.dumps({"RequestId": "R", "VncUrl": vnc_url}).encode()
    ecs.faults.add(Fault(ServerResponse(200, [], body), action="DescribeInstanceVncUrl", times=None))

    with pytest.raises(UnexpectedAnswerError) as caught:
        take(consoles(), ecs.fleet.named("web-1").id)
    assert caught.value.request_id == "R"
    assert caught.value.hint


@pytest.mark.parametrize("text", ["web-1", "i-zzz00000000000000000"])
def test_no_network_is_reported_as_such_and_not_as_a_search_that_was_in_vain(ecs, consoles, text):
    ecs.stop()

    with pytest.raises(NetworkError) as caught:
        take(consoles(budget_s=1.0), text)
    assert "no instance" not in caught.value.what
    assert caught.value.hint


# Lists


@pytest.mark.parametrize("count", [0, 1, 10, 11, 99, 100, 101, 200, 1000])
def test_every_page_boundary_is_right(ecs, consoles, count):
    for instance in list(ecs.fleet):
        ecs.fleet.remove(instance.id)
    for instance in Fleet.generate(count, regions=1):
        ecs.fleet.add(instance)

    found = consoles()._finder.list()

    assert sorted(i.id for i in found.instances) == sorted(i.id for i in ecs.fleet)
    assert found.failures == {}


def test_a_list_says_which_region_could_not_be_asked(ecs, consoles):
    fault = ApiError(400, "InvalidParameter", "The specified parameter is not valid.")
    ecs.faults.add(Fault(fault, action="DescribeInstances", region_id="cn-beijing", times=None))

    found = consoles()._finder.list()

    assert list(found.failures) == ["cn-beijing"]
    assert {i.name for i in found.instances} == {"web-1", "db-1", "dup"}


def test_a_list_fills_the_cache(ecs, consoles, cache):
    consoles()._finder.list()

    assert {known.name for known in (cache.get(i.id) for i in ecs.fleet)} == {"web-1", "win-1", "db-1", "dup"}


# Round trips


@pytest.mark.parametrize(("what", "most"), [("id", 3), ("name", 4), ("address", 4)])
def test_5000_instances_in_30_regions_are_searched_in_few_round_trips(far, consoles_of, what, most):
    fleet = far.ecs.fleet
    instance = next(i for i in reversed(list(fleet)) if i.status == "Running")
    text = {"id": instance.id, "name": instance.name, "address": instance.private_ips[0]}[what]
    if what == "id":  # an id that says nothing about its region
        fleet.remove(instance.id)
        instance.id = text = "i-zzz" + instance.id[5:]
        fleet.add(instance)

    assert 1 < far.round_trips(lambda: take(consoles_of(far.ecs), text)) <= most
    if what != "address":
        assert far.round_trips(lambda: take(consoles_of(far.ecs), text)) == 1
