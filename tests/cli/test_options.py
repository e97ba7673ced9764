"""The options that commands share: where they may stand, what they take, and what becomes of them."""

from __future__ import annotations

import json

import pytest


def listed(finished):
    assert finished.status == 0, finished.stderr
    return {row["instance_name"] for row in map(json.loads, finished.stdout.splitlines())}


def test_a_region_may_stand_before_the_command(in_process):
    before = listed(in_process("--region", "cn-beijing", "demo", "list", "-o", "json"))
    after = listed(in_process("demo", "list", "-o", "json", "--region", "cn-beijing"))
    assert before == after
    assert "win-1" in before
    assert "web-1" not in before


def test_a_region_after_the_command_counts_before_one_before_it(in_process):
    names = listed(in_process("--region", "cn-beijing", "demo", "list", "-o", "json", "--region", "cn-hangzhou"))
    assert "web-1" in names
    assert "win-1" not in names


def test_all_stands_for_every_region_wherever_a_region_may_stand(in_process):
    assert {"web-1", "win-1"} <= listed(
        in_process("--region", "cn-beijing", "demo", "list", "-o", "json", "--region", "all")
    )
    assert in_process("demo", "url", "web-1", "--region", "all").status == 0


def test_a_profile_may_stand_before_the_command(in_process):
    in_process.write_config("[profiles.other]\ntimeout = 7\n")
    assert in_process("--profile", "other", "config", "get", "timeout").stdout == "7\n"
    assert in_process("config", "get", "timeout").stdout == "60\n"


def test_a_bad_region_before_the_command_is_a_usage_error(in_process):
    finished = in_process("--region", "Nowhere!", "list")
    assert finished.status == 2
    assert finished.stderr.startswith("Error: --region must be a region id")


@pytest.mark.parametrize(
    "arguments",
    [
        ["url", "x", "--timeout", "soon"],
        ["url", "x", "--wait-timeout", "soon"],
        ["open", "x", "--handoff-timeout", "soon"],
        ["open", "x", "--viewer", "--max-idle", "soon"],
        ["proxy", "x", "--keepalive", "soon"],
        ["proxy", "x", "--max-idle", "soon"],
    ],
    ids=lambda arguments: arguments[-2],
)
def test_every_time_has_the_one_grammar(in_process, arguments):
    finished = in_process(*arguments)
    assert finished.status == 2
    assert f"{arguments[-2]} must be a time: seconds, or a number with ms, s, m or h" in finished.stderr


def test_a_value_that_was_refused_is_not_repeated(in_process):
    finished = in_process("url", "x", "--endpoint", "https://user:hunter2@ecs.example.com")
    assert finished.status == 2
    assert "hunter2" not in finished.stderr


@pytest.mark.parametrize("option", ["--keepalive", "--max-idle"])
def test_what_keeps_a_viewers_console_open_needs_a_viewer(in_process, option):
    finished = in_process("open", "x", option, "0")
    assert finished.status == 2
    assert f"{option} needs --viewer" in finished.stderr
