"""`ecsvnc reboot` and --start: what is asked, of whom, and what is done."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.cli import Finished
from support.ecs.extended import ExtendedEcs
from support.terminal import OnTerminal

from ecsvnc.cli.app import App
from ecsvnc.cli.main import run as run_command
from ecsvnc.cli.terminal import Terminal
from ecsvnc.simulator.power import STARTING_S


@pytest.fixture
def run_on_clock(scene, tmp_path, capsys):
    """An embedded ECS and commands on a clock that only moves while somebody sleeps."""
    with ExtendedEcs(scene.runtime) as ecs:

        def run(*arguments):
            runtime = replace(scene.runtime, environ=ecs.exports(), home=tmp_path)
            capsys.readouterr()
            status = run_command(arguments, app=App(runtime, Terminal({})))
            return Finished(status, *capsys.readouterr())

        yield ecs, run


def actions(ecs):
    return [call.action for call in ecs.calls]


@pytest.mark.parametrize("arguments", [(), ("--no-input",), ("--force",)])
def test_without_a_terminal_it_needs_yes(in_process, ecs, arguments):
    finished = in_process("reboot", "web-1", *arguments)
    assert (finished.status, finished.stdout) == (6, "")
    assert "Hint: Use --yes" in finished.stderr
    assert "RebootInstance" not in actions(ecs)


@pytest.mark.parametrize("force", [False, True])
def test_with_yes_it_reboots_and_says_what(in_process, ecs, force):
    finished = in_process("reboot", "web-1", "--yes", *(["--force"] if force else []))
    web = ecs.fleet.named("web-1")
    assert finished == (0, "", f"Rebooting web-1 ({web.id}, cn-hangzhou).\n")
    assert web.status == "Starting"
    assert ecs.calls[-1].parameters["ForceStop"] == str(force).lower()


def test_wait_ends_when_the_console_is_ready(run_on_clock, scene):
    ecs, run = run_on_clock
    began = scene.at_s
    finished = run("reboot", "web-1", "--yes", "--wait")
    assert finished.status == 0
    assert finished.stderr.endswith("The console of web-1 is ready.\n")
    assert scene.at_s >= began + STARTING_S
    assert ecs.fleet.named("web-1").status == "Running"


def test_with_start_one_that_is_stopped_is_started_instead(run_on_clock):
    ecs, run = run_on_clock
    finished = run("reboot", "db-1", "--start", "--yes")
    assert finished.status == 0
    assert "Starting db-1" in finished.stderr
    assert "Rebooting" not in finished.stderr
    assert finished.stderr.endswith("The console of db-1 is ready.\n")
    assert ecs.fleet.named("db-1").status == "Running"


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [("db-1", 6, "is Stopped; a reboot needs it running"), ("dup", 5, "2 instances"), ("nope", 5, "nope")],
)
def test_why_it_cannot_is_reported_and_nothing_is_done(in_process, ecs, name, status, words):
    finished = in_process("reboot", name, "--yes")
    assert finished.status == status
    assert words in finished.stderr
    assert [call.code for call in ecs.calls if call.action == "RebootInstance"] in ([], ["IncorrectInstanceStatus"])


def test_without_the_permission_it_says_which_is_missing(in_process, ecs):
    ecs.accounts.add(replace(ecs.identity, allowed_actions=frozenset({"ecs:DescribeInstances"})))
    finished = in_process("reboot", "web-1", "--yes")
    assert finished.status == 4
    assert "ecs:RebootInstance" in finished.stderr


@pytest.fixture
def terminal(cli, ecs):
    def terminal(*arguments):
        return OnTerminal(*arguments, environ={**cli.environ, **ecs.exports()})

    return terminal


@pytest.mark.parametrize(("typed", "status", "is_done"), [("y", 0, True), ("n", 6, False), ("", 6, False)])
def test_on_a_terminal_it_asks_with_name_id_and_region(terminal, ecs, typed, status, is_done):
    web = ecs.fleet.named("web-1")
    with terminal("reboot", "web-1") as shown:
        shown.wait_for(f"Reboot web-1 ({web.id}, cn-hangzhou)?")
        shown.type(f"{typed}\n")
        assert shown.status() == status
        if not is_done:
            assert "Nothing was done" in shown.shown
    assert (web.status == "Starting") is is_done


def test_a_power_cut_is_asked_for_as_one(terminal, ecs):
    with terminal("reboot", "web-1", "--force") as shown:
        shown.wait_for("Cut the power of web-1")
        shown.wait_for("not yet on disk is lost")
        shown.type("\x03")
        assert shown.status() == 130
    assert "RebootInstance" not in actions(ecs)


# --start


def test_start_asks_too_and_then_waits(terminal, ecs):
    db = ecs.fleet.named("db-1")
    with terminal("url", "db-1", "--start") as shown:
        shown.wait_for(f"db-1 ({db.id}, cn-shanghai) is stopped. Start it?")
        assert db.status == "Stopped"
        shown.type("y\n")
        shown.wait_for(f"Starting db-1 ({db.id}, cn-shanghai).")
        shown.wait_for("vncUrl=ws%3A%2F%2F")
        assert shown.status() == 0


@pytest.mark.parametrize("command", ["url", "open", "proxy", "screen", "log", "reboot", "type", "keys"])
def test_every_command_that_needs_it_running_can_start_it_and_none_does_so_unasked(in_process, ecs, command):
    finished = in_process(command, "db-1", *(["a"] if command in ("type", "keys") else []), "--start")
    assert finished.status == 6
    assert "db-1 (" in finished.stderr
    assert "is stopped. Start it?" in finished.stderr
    assert "Hint: Use --yes" in finished.stderr
    assert "StartInstance" not in actions(ecs)


def test_one_that_runs_is_not_started(in_process, ecs):
    assert in_process("url", "web-1", "--start").status == 0
    assert "StartInstance" not in actions(ecs)


def test_what_was_done_names_the_instance_with_start_too(in_process, ecs):
    place = f"web-1 ({ecs.fleet.named('web-1').id}, cn-hangzhou)"
    assert in_process("type", "web-1", "", "--enter", "--start").stderr == f"Typed Enter on {place}.\n"


def test_a_locked_one_is_not_started(in_process, ecs):
    ecs.fleet.named("db-1").lock_reasons = ("financial",)
    finished = in_process("url", "db-1", "--start", "--yes")
    assert finished.status == 6
    assert "locked (financial)" in finished.stderr
    assert "StartInstance" not in actions(ecs)


def test_start_waits_for_its_console(run_on_clock, scene):
    ecs, run = run_on_clock
    began = scene.at_s
    finished = run("url", "db-1", "--start", "--yes")
    assert finished.status == 0
    assert "vncUrl=" in finished.stdout
    assert scene.at_s >= began + STARTING_S
    assert ecs.fleet.named("db-1").status == "Running"


def test_a_start_that_takes_too_long_says_what_state_it_was_in(run_on_clock):
    _, run = run_on_clock
    finished = run("url", "db-1", "--start", "--yes", "--wait-timeout", "2")
    assert finished.status == 6
    assert "Instance db-1" in finished.stderr
    assert "is Starting" in finished.stderr
    assert "--wait-timeout" in finished.stderr
