from __future__ import annotations

from dataclasses import replace

import pytest

from ecsvnc.simulator.accounts import Identity
from ecsvnc.simulator.boot_messages import BOOT_S
from ecsvnc.simulator.power import STARTING_S


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
    scene.sleep(STARTING_S - 1)
    assert status() == "Starting"
    scene.sleep(1)
    assert status() == "Running"


def test_its_console_can_be_had_once_it_runs(start, caller, scene, db):
    parameters = {"RegionId": "cn-shanghai", "InstanceId": db.id}
    start()
    assert caller.acs3("DescribeInstanceVncUrl", parameters).outcome == (403, "IncorrectInstanceStatus")
    scene.sleep(STARTING_S)
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
    scene.sleep(STARTING_S)
    ecs.power.settle()
    assert db.status == "Stopped"
    start()
    ecs.fleet.remove(db.id)
    scene.sleep(STARTING_S)
    ecs.power.settle()
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


def test_its_machine_boots_once_it_runs(start, ecs, db, scene):
    start()
    machine = ecs.consoles.machine(db.id)
    scene.sleep(STARTING_S)
    machine.draw()
    assert "Command line" not in machine.text
    scene.sleep(BOOT_S)
    machine.draw()
    assert "Command line" in machine.text
    assert "db-1 login:" in machine.text


@pytest.fixture
def web(ecs):
    return ecs.fleet.named("web-1")


@pytest.fixture
def reboot(caller, web):
    def reboot(**parameters):
        return caller.acs3("RebootInstance", {"InstanceId": web.id, **parameters})

    return reboot


@pytest.mark.parametrize("force", ["true", "false"])
def test_a_running_instance_reboots(reboot, ecs, web, scene, force):
    machine = ecs.consoles.machine(web.id)
    for keysym in map(ord, "root"):
        machine.key(keysym, is_down=True)
    scene.sleep(1)
    machine.draw()
    assert "login: root" in machine.text
    reply = reboot(ForceStop=force)
    assert reply.status == 200
    assert reply.json.keys() == {"RequestId"}
    assert web.status == "Starting"
    assert "login:" not in machine.text
    scene.sleep(STARTING_S + BOOT_S)
    ecs.power.settle()
    machine.draw()
    assert web.status == "Running"
    assert "web-1 login:" in machine.text
    assert "login: root" not in machine.text


def test_a_desktop_is_locked_after_a_reboot(caller, ecs, scene):
    win = ecs.fleet.named("win-1")
    machine = ecs.consoles.machine(win.id)
    locked = machine.text
    for keysym in (0xFFE3, 0xFFE9, 0xFFFF):  # Ctrl, Alt, Delete
        machine.key(keysym, is_down=True)
    scene.sleep(1)
    machine.draw()
    assert machine.text != locked
    assert caller.acs3("RebootInstance", {"InstanceId": win.id}).status == 200
    assert machine.text == locked


def test_only_a_running_one_can_be_rebooted(reboot, web):
    for status in ("Pending", "Starting", "Stopping", "Stopped"):
        web.status = status
        assert reboot().outcome == (403, "IncorrectInstanceStatus")
        assert web.status == status


def test_a_reboot_is_refused_by_the_same_rules_as_a_start(reboot, web):
    assert reboot(DryRun="true").outcome == (400, "DryRunOperation")
    assert reboot(ForceStop="yes").outcome == (400, "InvalidForceStop")
    assert reboot(InstanceId="i-bp100000000000000000").outcome == (404, "InvalidInstanceId.NotFound")
    web.lock_reasons = ("security",)
    assert reboot().outcome == (403, "InstanceLockedForSecurity")
    assert web.status == "Running"


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_it_needs_a_permission(caller, ecs, runtime, db, dry_run):
    reader = Identity.with_new_key(runtime.random_bytes, allowed_actions=frozenset({"ecs:DescribeInstances"}))
    ecs.accounts.add(reader)
    call = replace(caller, access_key_id=reader.access_key_id, secret=reader.access_key_secret)
    reply = call.acs3("StartInstance", {"InstanceId": db.id, "DryRun": dry_run})
    assert reply.outcome == (403, "Forbidden.RAM")
    assert reply.json["AccessDeniedDetail"]["AuthAction"] == "ecs:StartInstance"
    assert db.status == "Stopped"
