from __future__ import annotations

from dataclasses import replace

import pytest
from support.ecs.extended import ExtendedEcs
from support.ecs.faults import Fault

from ecsvnc.errors import (
    AmbiguousNameError,
    ConnectError,
    InstanceNotFoundError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    StateError,
    ThrottledError,
)
from ecsvnc.http.transport import Transport
from ecsvnc.instances.cache import InstanceCache
from ecsvnc.instances.finder import InstanceFinder
from ecsvnc.instances.power import Power
from ecsvnc.instances.targets import parse_target
from ecsvnc.loopback.server import ServerResponse
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.openapi.client import Client
from ecsvnc.openapi.endpoints import Endpoints
from ecsvnc.simulator.refusals import refused


@pytest.fixture
def ecs(scene):
    with ExtendedEcs(scene.runtime) as ecs:
        yield ecs


class Answers:
    """Answers every question with yes, or raises; remembers what was asked. `meanwhile` happens before the answer."""

    def __init__(self):
        self.asked = []
        self.is_yes = True
        self.meanwhile = lambda: None

    def __call__(self, question, consequence):
        self.asked.append(question)
        self.meanwhile()
        if not self.is_yes:
            raise StateError("Nothing was done: the answer was no.")


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def power(ecs, scene, answers, tmp_path):
    client = Client(
        runtime=scene.runtime,
        transport=Transport(scene.runtime),
        access_key=lambda: AccessKey(ecs.identity.access_key_id, ecs.identity.access_key_secret),
        endpoints=Endpoints(override=ecs.origin),
        budget_s=60,
    )
    cache = InstanceCache(tmp_path / "cache.json", scene.runtime)
    return Power(client, InstanceFinder(client, cache, runtime=scene.runtime), answers, scene.runtime)


def called(ecs, action):
    return [call for call in ecs.calls if call.action == action]


def test_a_stopped_instance_is_started_once_the_answer_is_yes(power, ecs, answers, scene):
    db = ecs.fleet.named("db-1")
    assert power.start(parse_target("db-1")).id == db.id
    assert db.status == "Starting"
    assert answers.asked == [f"db-1 ({db.id}, cn-shanghai) is stopped. Start it?"]
    assert scene.warnings == [f"Starting db-1 ({db.id}, cn-shanghai)."]


@pytest.mark.parametrize("status", ["Pending", "Starting", "Running", "Stopping"])
def test_one_that_is_not_stopped_is_not_started_and_nothing_is_asked(power, ecs, answers, status):
    ecs.fleet.named("db-1").status = status
    assert power.start(parse_target("db-1")).id == ecs.fleet.named("db-1").id
    assert answers.asked == []
    assert called(ecs, "StartInstance") == []


def test_no_is_no(power, ecs, answers):
    answers.is_yes = False
    with pytest.raises(StateError, match="the answer was no"):
        power.start(parse_target("db-1"))
    with pytest.raises(StateError, match="the answer was no"):
        power.reboot(parse_target("web-1"), force=True)
    assert not called(ecs, "StartInstance") + called(ecs, "RebootInstance")


def test_a_locked_one_is_not_started(power, ecs, answers):
    ecs.fleet.named("db-1").lock_reasons = ("financial",)
    with pytest.raises(StateError, match=r"Stopped and locked \(financial\)"):
        power.start(parse_target("db-1"))
    assert answers.asked == []


def test_one_whose_subscription_is_over_is_not_started(power, ecs, answers):
    ecs.fleet.named("db-1").expires_at = "2026-12-31T16:00Z"
    with pytest.raises(StateError, match="expired at 2026-12-31T16:00:00Z"):
        power.start(parse_target("db-1"))
    assert answers.asked == []
    ecs.fleet.named("db-1").expires_at = "2027-12-31T16:00Z"
    power.start(parse_target("db-1"))


def test_one_that_somebody_else_started_meanwhile_is_no_error(power, ecs, answers):
    db = ecs.fleet.named("db-1")
    ecs.faults.add(Fault(refused("IncorrectInstanceStatus"), action="StartInstance"))
    with pytest.raises(StateError, match="in its present state"):  # it is stopped all the same
        power.start(parse_target("db-1"))

    def somebody_else_starts_it():
        db.status = "Starting"

    answers.meanwhile = somebody_else_starts_it
    assert power.start(parse_target("db-1")).id == db.id


def test_the_state_must_be_known_before_one_is_started(power, ecs):
    ecs.accounts.add(replace(ecs.identity, allowed_actions=frozenset({"ecs:StartInstance"})))
    with pytest.raises(PermissionDeniedError, match="ecs:DescribeInstances"):
        power.start(parse_target(ecs.fleet.named("db-1").id))
    assert called(ecs, "StartInstance") == []


@pytest.mark.parametrize(("name", "error"), [("nope", InstanceNotFoundError), ("dup", AmbiguousNameError)])
def test_a_name_means_one_instance_or_nothing_is_done(power, ecs, name, error):
    for act in (power.start, lambda target: power.reboot(target, force=False)):
        with pytest.raises(error):
            act(parse_target(name))
    assert not called(ecs, "StartInstance") + called(ecs, "RebootInstance")


def test_a_renamed_instance_does_not_stand_in_for_the_one_that_has_its_name_now(power, ecs):
    web, db = ecs.fleet.named("web-1"), ecs.fleet.named("db-1")
    power.reboot(parse_target("web-1"), force=False)  # now the cache knows the name
    ecs.fleet.named("db-1").status = "Running"
    web.name, db.name = "old", "web-1"
    web.status = "Running"
    assert power.reboot(parse_target("web-1"), force=False).id == db.id
    assert web.status == "Running"


def test_a_name_that_another_has_too_by_now_is_ambiguous(power, ecs):
    power.reboot(parse_target("web-1"), force=False)  # now the cache knows it as the only one
    ecs.fleet.named("win-1").name = "web-1"
    ecs.fleet.named("web-1").status = "Running"
    with pytest.raises(AmbiguousNameError):
        power.reboot(parse_target("web-1"), force=False)
    assert len(called(ecs, "RebootInstance")) == 1


@pytest.mark.parametrize(("force", "question"), [(False, "Reboot "), (True, "Cut the power of ")])
def test_a_reboot_restarts_the_machine(power, ecs, answers, force, question):
    power.reboot(parse_target("web-1"), force=force)
    (call,) = called(ecs, "RebootInstance")
    assert call.parameters["ForceStop"] == str(force).lower()
    assert answers.asked[0].startswith(question)
    assert ecs.fleet.named("web-1").status == "Starting"


def test_one_that_is_not_running_is_not_rebooted(power):
    with pytest.raises(StateError, match="is Stopped; a reboot needs it running"):
        power.reboot(parse_target("db-1"), force=False)


def test_an_instance_that_may_not_be_described_can_be_rebooted_by_its_id(power, ecs, answers):
    ecs.accounts.add(replace(ecs.identity, allowed_actions=frozenset({"ecs:RebootInstance"})))
    web = ecs.fleet.named("web-1")
    power.reboot(parse_target(web.id), force=False)
    assert answers.asked == [f"Reboot {web.id} (cn-hangzhou)?"]
    assert web.status == "Starting"


def test_its_region_must_be_known_then(power, ecs):
    ecs.accounts.add(replace(ecs.identity, allowed_actions=frozenset({"ecs:RebootInstance"})))
    with pytest.raises(NotFoundError, match="region of AY121018033933eae8689 is not known"):
        power.reboot(parse_target("AY121018033933eae8689"), force=False)


@pytest.mark.parametrize(
    ("instead", "error"),
    [
        (refused("InternalError"), ServiceError),
        (ServerResponse(200, [], b"<html>"), NetworkError),
    ],
)
def test_a_reboot_that_may_have_been_carried_out_is_reported_and_not_repeated(power, ecs, instead, error):
    ecs.faults.add(Fault(instead, action="RebootInstance", times=None))
    with pytest.raises(error, match="It is not known whether the instance was rebooted") as caught:
        power.reboot(parse_target("web-1"), force=False)
    assert not isinstance(caught.value, ConnectError)
    assert "ecsvnc list" in caught.value.hint
    assert len(called(ecs, "RebootInstance")) == 1


def test_a_throttled_reboot_was_surely_not_done(power, ecs):
    ecs.faults.add(Fault(refused("Throttling.User"), action="RebootInstance", times=None))
    with pytest.raises(ThrottledError, match="Too many requests"):
        power.reboot(parse_target("web-1"), force=False)
