"""`ecsvnc list` through the command tree, against an embedded ECS in this process."""

from __future__ import annotations

import json
import secrets
import unicodedata

import pytest
from support.ecs.faults import Fault

from ecsvnc.cli.app import App
from ecsvnc.cli.list import table_text
from ecsvnc.cli.main import run
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
    assert listed("no-such")[1:] == ([], "No instances match no-such.\n")


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
        assert len(lines[0].split("\t")) == 5
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


WEB = ("i-bp1hzoinajzkh91h0000", "web-1", "cn-hangzhou", "Running", "linux")
LONG = ("i-wz9hzoinajzkh91h0001", "payments-production-frontend-canary-eu-0001", "cn-shenzhen-finance-1", "Stopped", "")
WIDE = ("i-2zehzoinajzkh91h0002", "数据库服务器-生产环境-一号机器-备用节点", "cn-beijing", "Running", "windows")


def cells(text):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@pytest.mark.parametrize("columns", [1, 20, 40, 80, 100, 120, 1000])
def test_names_alone_are_shortened_in_a_table_and_never_to_nothing(columns):
    header, *lines = table_text([WEB, LONG, WIDE], columns=columns).splitlines()
    for row, line in zip([WEB, LONG, WIDE], lines, strict=True):
        instance_id, _, region, status, os_type = row
        assert line.startswith(f"{instance_id}  {row[1][:5]}")
        # Before the dots, a space may stand for half a letter that takes two cells.
        assert line.replace(" …", "…").split()[2:] == [word for word in (region, status, os_type) if word]
    shortened = table_text([WEB, LONG, WIDE], columns=80).splitlines()
    assert header.split() == ["ID", "NAME", "REGION", "STATUS", "OS"]
    assert max(map(cells, shortened)) == 80


def test_a_table_is_as_wide_as_it_must_be_and_no_wider():
    assert table_text([WEB], columns=1000) == (
        "ID                      NAME   REGION       STATUS   OS\n"
        "i-bp1hzoinajzkh91h0000  web-1  cn-hangzhou  Running  linux\n"
    )
    assert "payments-pr…  cn-shenzhen-finance-1  Stopped\n" in table_text([LONG], columns=20)
    assert LONG[1] in table_text([LONG], columns=1000)


@pytest.mark.parametrize("columns", [20, 79, 80, 81, 1000])
def test_the_columns_of_a_table_stand_below_each_other_whatever_letters_names_have(columns):
    lines = table_text([WEB, LONG, WIDE], columns=columns).splitlines()
    words = ("REGION", "cn-hangzhou", "cn-shenzhen", "cn-beijing")
    assert len({cells(line.partition(word)[0]) for line, word in zip(lines, words, strict=True)}) == 1
