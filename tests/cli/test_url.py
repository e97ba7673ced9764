"""`ecsvnc url` through the command tree, against an embedded ECS in this process."""

from __future__ import annotations

import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from support.ecs.faults import Fault

from ecsvnc.cli.app import App
from ecsvnc.cli.main import run
from ecsvnc.cli.terminal import Terminal
from ecsvnc.loopback.server import ServerResponse
from ecsvnc.region_ids import REGION_IDS
from ecsvnc.runtime import Runtime
from ecsvnc.simulator.refusals import refused


@pytest.fixture
def url(ecs, tmp_path, capsys):
    """`url("web-1", "--os", "linux")`: status, the lines on stdout, what was said on stderr."""

    def url(*arguments, monotonic=time.monotonic, **environ):
        folders = {"ECSVNC_CONFIG_DIR": str(tmp_path / "config"), "ECSVNC_CACHE_DIR": str(tmp_path / "cache")}
        runtime = Runtime({**ecs.exports(), **folders, **environ}, tmp_path, monotonic=monotonic)
        status = run(["url", *arguments], app=App(runtime, Terminal(runtime.environ)))
        captured = capsys.readouterr()
        return status, captured.out.splitlines(), captured.err

    return url


def test_the_page_is_one_on_the_web_also_where_the_setting_says_local(url):
    status, (line,), _ = url("web-1", ECSVNC_CONSOLE_PAGE="local")
    assert status == 0
    assert line.startswith("https://g.alicdn.com/aliyun/ecs-console-vnc2/0.0.8/index.html?vncUrl=")


def actions(ecs):
    return [call.action for call in ecs.calls]


def test_a_ticket_that_grew_old_behind_a_slow_one_is_fetched_again(ecs, url):
    slow, quick = ecs.fleet.named("db-1"), ecs.fleet.named("web-1")
    slow.status = "Running"
    ecs.faults.add(Fault(action="DescribeInstanceVncUrl", region_id=slow.region_id, delay_s=1.0))

    def monotonic():
        # Nine seconds pass the moment that the slow one is answered: its ticket is fresh, the other one old.
        is_answered = any(call.parameters["RegionId"] == slow.region_id for call in ecs.calls)
        return time.monotonic() + 9.0 * is_answered

    status, lines, _ = url(slow.id, quick.id, "--os", "linux", monotonic=monotonic)

    assert status == 0
    assert [parse_qs(urlsplit(line).query)["instanceId"] for line in lines] == [[slow.id], [quick.id]]
    asked = [call.parameters["InstanceId"] for call in ecs.calls]
    assert (asked.count(slow.id), asked.count(quick.id)) == (1, 2)


def test_output_ws_is_the_websocket_url_decoded_once_and_asks_nothing_else(ecs, url):
    status, [line], said = url(ecs.fleet.named("web-1").id, "--output", "ws")
    assert (status, said) == (0, "")
    assert line.startswith(f"ws://127.0.0.1:{ecs.port}/websockify/?s=")
    assert "%25" not in line
    assert actions(ecs) == ["DescribeInstanceVncUrl"]


def test_json_says_null_for_a_name_that_was_not_learned(ecs, url):
    status, [line], _ = url(ecs.fleet.named("win-1").id, "--os", "windows", "--output", "json")
    assert status == 0
    values = json.loads(line)
    assert values["instance_name"] is None
    assert values["is_windows"] is True
    assert values["url"].endswith("&isWindows=true")


def test_a_console_in_the_clear_is_warned_of(ecs, url):
    body = json.dumps({"RequestId": "R", "VncUrl": "ws%3A%2F%2Fvnc.example.com%2F%3Fs%3Dt0ken"}).encode()
    ecs.faults.add(Fault(ServerResponse(200, [], body), action="DescribeInstanceVncUrl"))
    status, lines, said = url(ecs.fleet.named("web-1").id, "--os", "linux")
    assert (status, len(lines)) == (0, 1)
    assert "not encrypted (ws://)" in said


def test_an_os_that_cannot_be_looked_up_is_not_windows_and_a_warning(ecs, url):
    ecs.faults.add(Fault(refused("InternalError"), action="DescribeInstances", times=None))
    status, [line], said = url(ecs.fleet.named("win-1").id)
    assert status == 0
    assert line.endswith("&isWindows=false")
    assert "isWindows is false" in said
    assert "--os" in said


@pytest.mark.parametrize("content", [b"Ab12cd", b"Ab12cd\n", b"Ab12cd\r\n"])
def test_the_vnc_password_comes_last(ecs, url, tmp_path, content):
    file = tmp_path / "password"
    file.write_bytes(content)
    [line] = url(ecs.fleet.named("web-1").id, "--os", "linux", "--vnc-password-file", str(file))[1]
    assert line.endswith("&isWindows=false&password=Ab12cd")


@pytest.mark.parametrize("content", [b"", b"\n", b"Ab12c", b"Ab12cde", b"Ab12c!", b"Ab12cd\nmore", b"\xff" * 6])
def test_what_is_no_vnc_password_is_a_usage_error_and_costs_no_ticket(ecs, url, tmp_path, content):
    file = tmp_path / "password"
    file.write_bytes(content)
    status, lines, said = url("web-1", "--vnc-password-file", str(file))
    assert (status, lines) == (2, [])
    assert said == (
        f"Error: {file} does not contain a VNC password.\n"
        "Hint: A VNC password is one line of exactly 6 letters or digits.\n"
    )
    assert ecs.calls == []


def test_an_endpoint_for_all_regions_that_refuses_some_has_no_instances_there(ecs, url):
    """As with the public endpoint of one region: the others' are then a miss, not a failure."""
    for region_id in ("cn-beijing", "us-west-1"):
        ecs.faults.add(Fault(refused("InvalidOperation.NotSupportedEndpoint"), region_id=region_id, times=None))
    status, [line], said = url("web-1")
    assert (status, said) == (0, "")
    assert f"instanceId={ecs.fleet.named('web-1').id}&" in line
    assert url("win-1")[0] == 5


@pytest.mark.parametrize("set_region", [{}, {"ECSVNC_REGION": "cn-beijing"}])
def test_an_endpoint_that_serves_another_region_than_the_central_one_says_what_is_not_there(ecs, url, set_region):
    for region_id in set(REGION_IDS) - {"cn-beijing"}:
        ecs.faults.add(Fault(refused("InvalidOperation.NotSupportedEndpoint"), region_id=region_id, times=None))
    for arguments in (["nothing"], ["nothing", "--region", "cn-beijing"]):
        status, _, said = url(*arguments, **set_region)
        assert status == 5
        assert said.startswith("Error: No instance named nothing in ")


def test_a_region_in_a_variable_does_not_decide_which_of_two_instances_a_name_means(ecs, url):
    in_a_region = {instance.region_id for instance in ecs.fleet if instance.name == "dup"}
    for region_id in sorted(in_a_region):
        for variable in ("ECSVNC_REGION", "ALIBABA_CLOUD_REGION_ID"):
            status, lines, said = url("dup", **{variable: region_id})
            assert (status, lines) == (5, [])
            assert all(each in said for each in in_a_region)
        assert url("dup", "--region", region_id)[0] == 0


def test_the_console_page_is_the_option_s_then_the_variable_s(url):
    new, old = (
        "https://g.alicdn.com/aliyun/ecs-console-vnc2/0.0.8/",
        "https://g.alicdn.com/aliyun/ecs-console-vnc/0.0.7/",
    )
    assert url("web-1", ECSVNC_CONSOLE_PAGE="")[1][0].startswith(f"{new}index.html?vncUrl=")
    assert url("web-1", ECSVNC_CONSOLE_PAGE="0.0.7")[1][0].startswith(f"{old}index.html?vncUrl=")
    [line] = url("web-1", "--console-page", "https://x.example.com/a?b=c", ECSVNC_CONSOLE_PAGE="0.0.7")[1]
    assert line.startswith("https://x.example.com/a?b=c&vncUrl=")
