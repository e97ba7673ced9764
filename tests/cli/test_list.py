"""`ecsvnc list` through the command tree, against an embedded ECS in this process."""

from __future__ import annotations

import json
import secrets

import pytest
from click.shell_completion import ShellComplete
from support.ecs.faults import Fault

from ecsvnc.cli.app import App
from ecsvnc.cli.main import root, run
from ecsvnc.cli.terminal import Terminal
from ecsvnc.runtime import Runtime
from ecsvnc.simulator.accounts import Identity
from ecsvnc.simulator.refusals import refused


@pytest.fixture
def listed(ecs, tmp_path, capsys):
    """`listed("web-*")`: status, the lines on stdout, what was said on stderr."""

    def listed(*arguments, **environ):
        folders = {"ECSVNC_CONFIG_DIR": str(tmp_path / "config"), "ECSVNC_CACHE_DIR": str(tmp_path / "cache")}
        runtime = Runtime({**ecs.exports(), **folders, **environ}, tmp_path)
        status = run(["list", *arguments], app=App(runtime, Terminal(runtime.environ)))
        captured = capsys.readouterr()
        return status, captured.out.splitlines(), captured.err

    return listed


def names(lines):
    return [line.split("\t")[1] for line in lines]


def test_every_region_is_asked_by_default_whatever_region_is_set(listed):
    everywhere = listed()
    assert everywhere[0] == 0
    assert names(everywhere[1]) == ["win-1", "web-1", "db-1", "dup", "dup"]  # by region, then name
    assert listed("--region", "all") == everywhere
    assert listed(ECSVNC_REGION="cn-hangzhou") == everywhere
    assert names(listed("--region", "cn-hangzhou")[1]) == ["web-1"]


def test_a_pattern_is_a_name_with_stars_an_id_or_an_address(ecs, listed):
    web = ecs.fleet.named("web-1")
    assert names(listed("*-1")[1]) == ["win-1", "web-1", "db-1"]
    assert names(listed("d*", "--region", "eu-central-1")[1]) == ["dup"]
    assert names(listed(web.id)[1]) == ["web-1"]
    assert listed("no-such")[1:] == (
        [],
        "No instances match no-such. A pattern matches the whole name; for a part of it: '*no-such*'.\n",
    )


def test_json_is_one_object_a_line(ecs, listed):
    status, [line], said = listed("web-1", "--output", "json")
    assert (status, said) == (0, "")
    web = ecs.fleet.named("web-1")
    assert json.loads(line) == {
        "instance_id": web.id,
        "instance_name": "web-1",
        "region_id": "cn-hangzhou",
        "zone_id": "cn-hangzhou-h",
        "status": "Running",
        "os_type": "linux",
        "os_name": "Debian 12.11 64 bit",
        "instance_type": "ecs.g7.large",
        "vpc_id": web.vpc_id,
        "private_ips": ["172.16.0.10"],
        "public_ips": ["203.0.113.10"],
        "eip": None,
        "tags": {"env": "demo", "role": "web"},
        "created_at": "2025-03-14T09:26:00Z",
        "instance_expires_at": None,
    }


@pytest.mark.parametrize("output", ["tsv", "table", "json"])
def test_a_name_cannot_steer_the_terminal_nor_break_a_line(ecs, listed, output):
    ecs.fleet.named("web-1").name = "a\x1b[2J\tb\n\u202ec"
    status, lines, _ = listed("--region", "cn-hangzhou", "--output", output)
    assert status == 0
    assert all(character.isprintable() or character == "\t" for line in lines for character in line)
    assert sum("i-bp1" in line for line in lines) == 1
    if output == "tsv":
        assert len(lines[0].split("\t")) == 6
    if output == "json":
        assert json.loads(lines[0])["instance_name"] == "a\x1b[2J\tb\n\u202ec"


def test_a_list_that_lacks_a_region_is_printed_and_fails(ecs, listed):
    ecs.faults.add(Fault(refused("Throttling.User", retry_after_ms=90_000), region_id="us-west-1", times=None))
    status, lines, said = listed("--timeout", "2")
    assert status == 7
    assert len(lines) == 5
    assert said.startswith("Error: The list is not complete: us-west-1 could not be asked: ")


def test_who_may_not_list_is_told_so_and_not_that_there_are_none(ecs, listed):
    user = Identity.with_new_key(secrets.token_bytes, allowed_actions=frozenset({"ecs:DescribeInstanceVncUrl"}))
    ecs.accounts.add(user)
    keys = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": user.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": user.access_key_secret,
    }
    status, lines, said = listed(**keys)
    assert (status, lines) == (4, [])
    assert "ecs:DescribeInstances" in said


def test_json_is_json_in_an_encoding_that_lacks_the_names_letters(ecs, cli):
    ecs.fleet.named("web-1").name = "数据-😀"
    narrow = cli.with_environ(**ecs.exports(), PYTHONIOENCODING="latin-1")
    status, stdout, stderr = narrow("list", "--region", "cn-hangzhou", "--output", "json")
    assert (status, stderr) == (0, "")
    assert json.loads(stdout)["instance_name"] == "数据-😀"
    assert narrow("list", "--region", "cn-hangzhou").status == 0


def test_several_patterns_select_what_any_of_them_matches_once(ecs, listed):
    web = ecs.fleet.named("web-1")
    assert names(listed("web-*", "d*", web.id, "203.0.113.20")[1]) == ["win-1", "web-1", "db-1", "dup", "dup"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--status", "stopped"], ["db-1"]),
        (["--status", "Running", "--status", "Stopped", "*-1"], ["win-1", "web-1", "db-1"]),
        (["--tag", "role"], ["web-1", "db-1"]),
        (["--tag", "env=demo", "--tag", "role=db"], ["db-1"]),
        (["--tag", "env="], []),
        (["--os", "windows"], ["win-1"]),
        (["--status", "Stopped", "--os", "windows"], []),
    ],
)
def test_states_tags_and_the_os_filter(listed, options, expected):
    status, lines, _ = listed(*options)
    assert (status, names(lines)) == (0, expected)


def test_the_service_is_asked_for_what_it_can_filter(ecs, listed):
    listed("--region", "cn-hangzhou", "--status", "Running", "--tag", "env=demo", "--os", "linux", "web-*")
    [asked] = [call.parameters for call in ecs.calls if call.action == "DescribeInstances"]
    wanted = {"Status": "Running", "Tag.1.Key": "env", "Tag.1.Value": "demo", "InstanceName": "web-*"}
    assert asked.items() >= wanted.items()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x*", "y"], "No instances match x*, y. A pattern matches the whole name; for a part of it: '*y*'.\n"),
        (["x*"], "No instances match x*.\n"),
        (["10.9.9.9"], "No instances match 10.9.9.9.\n"),
        (["--status", "pending"], "No instances match --status Pending.\n"),
        (["x*", "--region", "cn-hangzhou"], "No instances in cn-hangzhou match x*.\n"),
        (["--region", "us-west-1"], "No instances found in us-west-1.\n"),
        (["x*", "--region", "all"], "No instances match x*.\n"),
        (
            ["x", "--tag", "a", "--tag", "b=c", "--tag", "d=", "--os", "linux"],
            (
                "No instances match x, --tag a, --tag b=c, --tag d=, --os linux."
                " A pattern matches the whole name; for a part of it: '*x*'.\n"
            ),
        ),
    ],
)
def test_what_nothing_matched_is_reported_as_it_was_typed(listed, arguments, said):
    assert listed(*arguments) == (0, [], said)


def test_a_fleet_without_instances_is_reported(ecs, listed):
    for instance in list(ecs.fleet):
        ecs.fleet.remove(instance.id)
    assert listed() == (0, [], "No instances found.\n")
    assert listed("--output", "json") == (0, [], "No instances found.\n")


def test_columns_and_their_order_can_be_chosen(ecs, listed):
    _, [line], _ = listed("web-1", "--columns", "name,tags, address,eip")
    assert line == "web-1\tenv=demo,role=web\t203.0.113.10\t"
    vpc_id = ecs.fleet.named("web-1").vpc_id
    _, table, _ = listed("web-1", "--output", "table", "--columns", "os-name,vpc")
    assert table == [f"OS NAME{' ' * 14}VPC", f"Debian 12.11 64 bit  {vpc_id}"]
    assert listed("web-1", "--output", "table", "--columns", "os-name,vpc", "--no-header")[1] == table[1:]


def test_the_list_can_be_sorted_by_columns_in_both_directions(listed):
    assert names(listed("--sort", "name")[1]) == ["db-1", "dup", "dup", "web-1", "win-1"]
    assert names(listed("--sort", "status,-name", "*-1")[1]) == ["win-1", "web-1", "db-1"]
    _, lines, _ = listed("--sort", "-name", "--output", "json")
    assert [json.loads(line)["instance_name"] for line in lines] == ["win-1", "web-1", "dup", "dup", "db-1"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--columns", "id,nmae"],
            "--columns must be names of columns, separated by commas: id, name, ",
        ),
        (["--columns", ""], "--columns must be names of columns, separated by commas: id, name, "),
        (["--columns", "-id"], "--columns must be names of columns, separated by commas: id, name, "),
        (["--sort", "id,--name"], "--sort must be names of columns, separated by commas: id, name, "),
        (["--tag", "=prod"], "--tag must be KEY or KEY=VALUE, such as env=prod."),
        (["--status", "up"], "--status must be one of Pending, Starting, Running, "),
        ([""], "Empty instance name."),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(ecs, listed, options, said):
    status, lines, error = listed(*options)
    assert (status, lines, ecs.calls) == (2, [], [])
    assert error.startswith(f"Error: {said}")


def test_json_has_every_field_and_so_no_columns(ecs, listed):
    status, lines, error = listed("--columns", "id", "--output", "json")
    assert (status, lines, ecs.calls) == (2, [], [])
    assert json.loads(error)["error"]["message"] == "--columns is for tables and tsv: JSON has every field."


@pytest.mark.parametrize(
    ("option", "incomplete", "completed"),
    [
        ("--columns", "na", ["name"]),
        ("--columns", "id,na", ["id,name"]),
        ("--columns", "id,name,o", ["id,name,os", "id,name,os-name"]),
        ("--columns", "os,o", ["os,os-name"]),
        ("--columns", "-n", []),
        ("--sort", "name,-st", ["name,-status"]),
        ("--sort", "name,-n", []),
        ("--status", "s", ["Starting", "Stopping", "Stopped"]),
    ],
)
def test_columns_and_states_are_completed(option, incomplete, completed):
    answer = ShellComplete(root, {}, "ecsvnc", "").get_completions(["list", option], incomplete)
    assert [item.value for item in answer] == completed
