"""`ecsvnc log` through the command tree, on a clock that only moves while it sleeps."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from support.cli import Finished
from support.ecs.extended import ExtendedEcs
from support.ecs.faults import Fault

from ecsvnc.cli.app import App
from ecsvnc.cli.main import run as run_command
from ecsvnc.cli.terminal import Terminal
from ecsvnc.simulator.answers import success
from ecsvnc.simulator.power import STARTING_S
from ecsvnc.simulator.refusals import refused


@pytest.fixture
def ecs(scene):
    with ExtendedEcs(scene.runtime) as ecs:
        yield ecs


@pytest.fixture
def run(ecs, scene, tmp_path, capsys):
    """`run("log", "web-1")`. `sleeps` are done one after the other when it sleeps, and then it is interrupted."""

    def run(*arguments, sleeps=()):
        script = iter(sleeps)

        def sleep(seconds):
            scene.sleep(seconds)
            if seconds >= 10:
                try:
                    next(script)()
                except StopIteration:
                    raise KeyboardInterrupt from None

        runtime = replace(scene.runtime, environ=ecs.exports(), home=tmp_path, sleep=sleep)
        capsys.readouterr()
        status = run_command(arguments, app=App(runtime, Terminal({})))
        return Finished(status, *capsys.readouterr())

    return run


def answer(ecs, text, updated="2026-11-24 20:00:00"):
    values = {"ConsoleOutput": base64.b64encode(text.encode()).decode(), "LastUpdateTime": updated}
    body = success(values, action="GetInstanceConsoleOutput", request_id="R-1", form="JSON")
    ecs.faults.add(Fault(body, action="GetInstanceConsoleOutput"))


def test_the_output_is_printed_as_plain_lines(run):
    finished = run("log", "web-1")
    assert (finished.status, finished.stderr) == (0, "")
    assert finished.stdout.startswith("[ 0.000000] Simulated Linux of ecsvnc demo")
    assert "\n[  OK  ] Started OpenSSH server daemon.\n" in finished.stdout
    assert finished.stdout.endswith("\nweb-1 login: \n")


def test_what_is_written_there_cannot_steer_the_terminal(run, ecs):
    answer(ecs, "\x1b]0;evil\x07\x1b[31mred\x1b[0m\x1b[2J\x08\u202e\r\n")
    assert run("log", "web-1").stdout == "red\\x08\\u202e\n"


def test_json_has_the_text_as_it_was_written(run, ecs):
    answer(ecs, "\x1b[31mred\x1b[0m\r\n")
    printed = run("log", "web-1", "-o", "json").stdout
    assert "\x1b" not in printed
    values = json.loads(printed)
    assert values["text"] == "\x1b[31mred\x1b[0m\r\n"
    assert values["updated_at"] == "2026-11-24T12:00:00.000Z"
    assert values["instance_name"] == "web-1"


def test_one_that_wrote_nothing_is_reported(run, ecs):
    answer(ecs, "")
    finished = run("log", "web-1")
    assert (finished.status, finished.stdout) == (0, "")
    assert "no output yet" in finished.stderr


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("win-1", 6, "Windows"),
        ("db-1", 6, "is Stopped; reading its serial console needs it running"),
        ("dup", 5, "2 instances"),
        ("nope", 5, "named nope"),
    ],
)
def test_why_there_is_none_is_reported(run, name, status, words):
    finished = run("log", name)
    assert (finished.status, finished.stdout) == (status, "")
    assert words.lower() in finished.stderr.lower()
    assert "Hint: " in finished.stderr


def test_without_the_permission_it_says_which_is_missing(run, ecs):
    ecs.accounts.add(replace(ecs.identity, allowed_actions=frozenset({"ecs:DescribeInstances"})))
    finished = run("log", "web-1")
    assert finished.status == 4
    assert "ecs:GetInstanceConsoleOutput" in finished.stderr


def test_a_stopped_instance_can_be_started_for_it(run, ecs, scene):
    began = scene.at_s
    finished = run("log", "db-1", "--start", "--yes")
    assert finished.status == 0
    assert "Starting db-1" in finished.stderr
    assert scene.at_s >= began + STARTING_S
    assert "Simulated Linux" in finished.stdout or "no output yet" in finished.stderr


def test_wait_does_not_wait_for_what_windows_never_has(run, scene):
    began = scene.at_s
    assert run("log", "win-1", "--wait").status == 6
    assert scene.at_s == began


def test_follow_prints_only_what_is_new_until_it_is_interrupted(run, ecs):
    answer(ecs, "one\r\ntw")
    finished = run(
        "log",
        "web-1",
        "--follow",
        sleeps=[
            lambda: answer(ecs, "one\r\ntwo\r\n"),
            lambda: answer(ecs, "one\r\ntwo\r\n"),
            lambda: ecs.faults.add(Fault(refused("IncorrectInstanceStatus"), action="GetInstanceConsoleOutput")),
            lambda: ecs.faults.add(Fault(refused("InternalError"), action="GetInstanceConsoleOutput", times=5)),
            lambda: answer(ecs, "one\r\ntwo\r\nthree\r\n"),
            lambda: answer(ecs, "another boot\r\n", updated="2026-11-24 21:00:00"),
            lambda: answer(ecs, "another boot\r\n", updated="2026-11-24 22:00:00"),
        ],
    )
    assert finished.stdout == "one\ntwo\nthree\nanother boot\nanother boot\n"
    assert finished.status == 130


def test_follow_asks_every_ten_seconds(run, ecs, scene):
    began = scene.at_s
    run("log", "web-1", "--follow", sleeps=[lambda: None] * 3)
    asked = [round(call.at - began) for call in ecs.calls if call.action == "GetInstanceConsoleOutput"]
    assert asked == [0, 10, 20, 30]
    assert {call.code for call in ecs.calls} == {""}


def test_another_boot_begins_on_a_line_of_its_own(run, ecs):
    for form, printed in (("text", "web-1 login: \nanother\n"), ("json", ["web-1 login: ", "another\n"])):
        answer(ecs, "web-1 login: ")
        news = [lambda: answer(ecs, "another\n", updated="2026-11-24 21:00:00")]
        shown = run("log", "web-1", "-f", "-o", form, sleeps=news).stdout
        assert (shown if form == "text" else [json.loads(line)["text"] for line in shown.splitlines()]) == printed


def test_follow_in_json_is_one_object_for_each_new_part(run, ecs):
    answer(ecs, "one\n")
    finished = run("log", "web-1", "-f", "-o", "json", sleeps=[lambda: answer(ecs, "one\ntwo\n")])
    assert [json.loads(line)["text"] for line in finished.stdout.splitlines()] == ["one\n", "two\n"]
