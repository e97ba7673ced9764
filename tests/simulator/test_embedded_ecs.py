from __future__ import annotations

import importlib
import pkgutil
import socket
from dataclasses import replace

import pytest
from support.ecs.extended import ExtendedEcs
from support.ecs.sts import Role

import ecsvnc.ecs as ecs_room
from ecsvnc.credentials.sts import GetCallerIdentity
from ecsvnc.ecs.action import EcsAction
from ecsvnc.errors import UsageError
from ecsvnc.runtime import Runtime
from ecsvnc.simulator.embedded import EmbeddedEcs


def test_everything_is_on_one_loopback_port(ecs):
    assert ecs.origin == f"http://127.0.0.1:{ecs.port}"
    exports = ecs.exports()
    assert exports["ECSVNC_ENDPOINT"] == exports["ECSVNC_STS_ENDPOINT"] == ecs.origin
    assert exports["ECSVNC_CONSOLE_PAGE"] == f"{ecs.origin}/console/index.html"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", ecs.port), timeout=30)


def test_the_console_page_is_served_under_its_own_path(caller):
    page = caller.send("GET", "/console/index.html?vncUrl=x", [("host", "127.0.0.1")])
    assert page.status == 200
    assert b"<canvas" in page.body
    assert "server" not in page.headers
    assert caller.send("GET", "/console/../embedded.py", [("host", "127.0.0.1")]).status == 404


def test_each_run_has_its_own_access_key(runtime):
    first, second = ExtendedEcs(runtime), ExtendedEcs(runtime)
    assert first.identity.access_key_id != second.identity.access_key_id
    assert first.identity.access_key_secret != second.identity.access_key_secret
    assert first.identity.access_key_id.startswith("LTAI5t")
    assert len(first.identity.access_key_secret) == 30
    first.stop()
    second.stop()


def test_every_region_answers_there_under_any_host_name(caller):
    host = "ecs.cn-beijing.aliyuncs.com"
    reply = caller.acs3("DescribeInstances", {"RegionId": "cn-beijing"}, headers={"host": host})
    assert reply.json["TotalCount"] == 1
    refused = caller.acs3("DescribeInstances", {"RegionId": "nowhere"}, headers={"host": host})
    assert refused.json["HostId"] == host


def test_a_port_in_use_is_a_usage_error(ecs, runtime):
    with pytest.raises(UsageError, match=str(ecs.port)):
        ExtendedEcs(runtime, port=ecs.port)


def test_after_a_stop_the_port_is_closed(ecs):
    ecs.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ecs.port), timeout=30)


def test_latency_comes_before_every_answer(scene, caller):
    with ExtendedEcs(scene.runtime, latency_s=0.1) as slow:
        call = replace(
            caller,
            port=slow.port,
            access_key_id=slow.identity.access_key_id,
            secret=slow.identity.access_key_secret,
        )
        before = scene.at_s
        assert call.acs3("DescribeRegions").status == 200
        assert scene.at_s == pytest.approx(before + 0.1)
        replace(call, secret="wrong").acs3("DescribeRegions")
        assert scene.at_s == pytest.approx(before + 0.2)


def test_calls_are_remembered_without_their_secrets(caller, ecs):
    caller.acs3("DescribeInstances", {"RegionId": "cn-hangzhou"})
    caller.rpc("DescribeInstances", {"RegionId": "cn-nowhere"})
    first, second = ecs.calls
    assert (first.action, first.region_id, first.scheme) == ("DescribeInstances", "cn-hangzhou", "ACS3-HMAC-SHA256")
    assert (first.status, first.code) == (200, "")
    assert (second.status, second.code) == (404, "InvalidRegionId.NotFound")
    assert first.access_key_id == second.access_key_id == ecs.identity.access_key_id
    assert "Signature" not in second.parameters


def test_oversized_parameters_are_refused(caller):
    form = ("content-type", "application/x-www-form-urlencoded")
    reply = caller.send("POST", "/", [("host", "x"), form], b"Action=" + b"x" * 1_000_000)
    assert reply.status == 400
    assert caller.acs3("x" * 10_000, {"InstanceIds": "i" * 3000}).outcome == (404, "InvalidAction.NotFound")


def test_metadata_tokens_are_not_collected_without_end(caller, ecs, scene):
    ecs.metadata.attach(ecs.sts.add_role(Role("instance-role")))
    ttl = ("x-aliyun-ecs-metadata-token-ttl-seconds", "21600")

    def token():
        return caller.send("PUT", "/latest/api/token", [("host", "x"), ttl]).body.decode()

    def status(of):
        return caller.send(
            "GET", "/latest/meta-data/ram/security-credentials/", [("host", "x"), ("x-aliyun-ecs-metadata-token", of)]
        ).status

    first = token()
    assert status(first) == 200
    for _ in range(1000):
        last = token()
    assert (status(first), status(last)) == (401, 200)
    scene.runtime.sleep(21601)
    assert status(last) == 401


def test_no_repr_contains_the_secret(ecs):
    assert ecs.identity.access_key_secret not in repr(ecs.identity)
    assert ecs.identity.access_key_secret not in repr(ecs.calls)


def test_it_answers_no_action_that_no_command_calls():
    for module in pkgutil.iter_modules(ecs_room.__path__, "ecsvnc.ecs."):
        importlib.import_module(module.name)
    called = {action.name for action in [*EcsAction.__subclasses__(), GetCallerIdentity]}
    with EmbeddedEcs(Runtime.of_this_process()) as embedded:
        assert {name for _, name in embedded.gateway.actions} <= called
