from __future__ import annotations

from dataclasses import replace

import pytest

from ecsvnc.simulator.accounts import Identity


@pytest.fixture
def db(ecs):
    return ecs.fleet.named("db-1")


@pytest.fixture
def start(caller, db):
    def start(**parameters):
        return caller.acs3("StartInstance", {"InstanceId": db.id, **parameters})

    return start


@pytest.fixture
def status(caller):
    def status():
        reply = caller.acs3("DescribeInstanceStatus", {"RegionId": "cn-shanghai"})
        return reply.json["InstanceStatuses"]["InstanceStatus"][0]["Status"]

    return status


def test_a_stopped_instance_starts_and_then_runs(start, status, scene):
    reply = start()
    assert reply.status == 200
    assert reply.json.keys() == {"RequestId"}
    assert status() == "Starting"
    scene.sleep(9)
    assert status() == "Starting"
    scene.sleep(1)
    assert status() == "Running"


def test_its_console_can_be_had_once_it_runs(start, caller, scene, db):
    parameters = {"RegionId": "cn-shanghai", "InstanceId": db.id}
    start()
    assert caller.acs3("DescribeInstanceVncUrl", parameters).outcome == (403, "IncorrectInstanceStatus")
    scene.sleep(10)
    assert caller.acs3("DescribeInstanceVncUrl", parameters).status == 200


def test_only_a_stopped_one_can_be_started(start, db):
    assert start().status == 200
    assert start().outcome == (403, "IncorrectInstanceStatus")
    for status in ("Pending", "Running", "Stopping"):
        db.status = status
        assert start().outcome == (403, "IncorrectInstanceStatus")


def test_one_that_is_stopped_or_released_while_starting_does_not_run(start, ecs, db, scene):
    start()
    db.status = "Stopped"
    scene.sleep(10)
    ecs.starting.boot()
    assert db.status == "Stopped"
    start()
    ecs.fleet.remove(db.id)
    scene.sleep(10)
    ecs.starting.boot()
    assert db.status == "Starting"


def test_a_dry_run_starts_nothing(start, db):
    assert start(DryRun="true").outcome == (400, "DryRunOperation")
    assert db.status == "Stopped"


@pytest.mark.parametrize(
    ("lock", "code"),
    [
        ("security", "InstanceLockedForSecurity"),
        ("financial", "InstanceExpired"),
    ],
)
def test_a_locked_one_is_refused(start, db, lock, code):
    db.lock_reasons = (lock,)
    assert start().outcome == (403, code)
    assert db.status == "Stopped"


@pytest.mark.parametrize(
    ("parameters", "outcome"),
    [
        ({"InstanceId": ""}, (400, "MissingInstanceId")),
        ({"InstanceId": "i-uf600000000000000000"}, (404, "InvalidInstanceId.NotFound")),
        ({"RegionId": "cn-beijing"}, (404, "InvalidInstanceId.NotFound")),
        ({"DryRun": "1"}, (400, "InvalidDryRun")),
        ({"InitLocalDisk": "yes"}, (400, "InvalidInitLocalDisk")),
    ],
)
def test_invalid_parameters_are_refused(start, db, parameters, outcome):
    assert start(**parameters).outcome == outcome
    assert db.status == "Stopped"


def test_the_region_may_be_named(start):
    assert start(RegionId="cn-shanghai", InitLocalDisk="false").status == 200


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_it_needs_a_permission(caller, ecs, runtime, db, dry_run):
    reader = Identity.with_new_key(runtime.random_bytes, allowed_actions=frozenset({"ecs:DescribeInstances"}))
    ecs.accounts.add(reader)
    call = replace(caller, access_key_id=reader.access_key_id, secret=reader.access_key_secret)
    reply = call.acs3("StartInstance", {"InstanceId": db.id, "DryRun": dry_run})
    assert reply.outcome == (403, "Forbidden.RAM")
    assert reply.json["AccessDeniedDetail"]["AuthAction"] == "ecs:StartInstance"
    assert db.status == "Stopped"
