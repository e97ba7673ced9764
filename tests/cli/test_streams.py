"""stdout is data, stderr is reporter: what goes where, and what happens when one of them goes away."""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import subprocess
from pathlib import Path
from unittest.mock import ANY

import pytest
from support.cli import PROGRAM, start
from support.prefork import CLOSED
from support.terminal import OnTerminal

from ecsvnc.cli.app import App
from ecsvnc.cli.main import run
from ecsvnc.cli.terminal import Terminal


@pytest.fixture
def served(cli, ecs_process):
    """`cli`, pointed at an embedded ECS."""
    return cli.with_environ(**ecs_process.exports)


def on_a_terminal(served, *arguments, columns=80, **environ):
    """Status, and what is shown, of a run on a terminal."""
    with OnTerminal(*arguments, environ={**served.environ, **environ}, columns=columns) as run:
        return run.status(), run.shown


def test_a_url_is_one_line_on_a_terminal_too_with_a_word_on_whose_it_is_and_how_long_it_lives(served, ecs_process):
    instance_id = ecs_process.instance_ids["web-1"]
    status, shown = on_a_terminal(served, "url", instance_id, "--os", "linux", columns=200)
    url, until, rest = shown.split("\r\n")
    assert status == 0
    assert url.startswith("http://127.0.0.1:")
    assert len(url) > 80
    assert re.fullmatch(rf"The URL of .*{instance_id}.* is valid until [0-9:]{{8}}, or until it is opened\.", until)
    assert rest == ""
    assert "\x1b" not in shown


def test_a_vnc_password_can_come_on_stdin(served):
    assert served("url", "web-1", "--vnc-password-file", "-", stdin="Ab12cd\n").stdout.endswith("&password=Ab12cd\n")
    status, stdout, stderr = served("url", "web-1", "--vnc-password-file", "-")
    assert (status, stdout) == (2, "")
    assert stderr.startswith("Error: stdin does not contain a VNC password.\n")


def test_json_is_one_object_a_line(served):
    status, stdout, stderr = served("url", "web-1", "win-1", "--output", "json")
    assert (status, stderr) == (0, "")
    web, win = map(json.loads, stdout.splitlines())
    assert (web["instance_name"], web["region_id"], web["os_type"]) == ("web-1", "cn-hangzhou", "linux")
    assert (win["instance_name"], win["region_id"], win["os_type"]) == ("win-1", "cn-beijing", "windows")
    assert (web["is_windows"], win["is_windows"]) == (False, True)
    assert web["vnc_url"].startswith("ws://127.0.0.1:")


def test_a_list_is_tab_separated_in_a_pipe_and_a_table_on_a_terminal(served):
    status, stdout, stderr = served("list", "web-*")
    assert (status, stderr) == (0, "")
    assert stdout.split("\t")[1:] == ["web-1", "cn-hangzhou", "Running", "linux", "203.0.113.10\n"]
    status, shown = on_a_terminal(served, "list", "web-*")
    assert status == 0
    assert "NAME" in shown
    assert "web-1" in shown


def test_a_table_in_a_pipe_has_whole_names(ecs, cli):
    ecs.fleet.named("web-1").name = "n" * 128
    stdout = cli.with_environ(**ecs.exports())("list", "--region", "cn-hangzhou", "--output", "table").stdout
    assert f"  {'n' * 128}  cn-hangzhou  Running  linux  203.0.113.10\n" in stdout


def test_an_encoding_that_lacks_letters_is_no_failure(served):
    served.environ["PYTHONIOENCODING"] = "latin-1"
    status, stdout, stderr = served("--help")
    assert (status, stderr) == (0, "")
    assert "(i-\\u2026)" in stdout
    status, stdout, stderr = served("list", "web-1", "--output", "table")
    assert (status, stderr) == (0, "")
    assert "web-1" in stdout


def test_errors_are_coloured_on_a_terminal_only_and_not_with_no_color(served):
    arguments = ("url", "web-1", "--os", "amiga")
    assert "\x1b[" in on_a_terminal(served, *arguments)[1]
    for environ in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        status, shown = on_a_terminal(served, *arguments, **environ)
        assert status == 2
        assert "\x1b" not in shown
    assert "\x1b" not in served(*arguments).stderr


def test_a_reader_that_goes_away_ends_it_quietly(served):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [PROGRAM, "list"],
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=subprocess.PIPE,
        env=served.environ,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_disk_is_reported(served):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PROGRAM, "list"],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            env=served.environ,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr.decode().splitlines() == [
        "Error: Nothing more can be written: No space left on device.",
        "Hint: Free some space and try again.",
    ]


def run_with(served, arguments, **streams):
    """Status and stderr, if that is no stream of its own, of a run with these streams."""
    process = start([str(PROGRAM), *arguments.split()], environ=served.environ, cwd=served.home, **streams)
    _, stderr = process.communicate(timeout=60)
    return process.returncode, stderr


@pytest.mark.parametrize("stderr", ["/dev/full", "closed", "closed pipe"])
def test_a_stderr_that_cannot_be_written_does_not_change_the_status(served, stderr):
    statuses = {
        "url web-1": 0,
        "url web-1 --debug": 0,
        "url nothing": 5,
        "url web-1 nothing db-1": 5,
        "url web-1 --timeout x": 2,
        "config": 2,
        "nonsense": 2,
        "list --region nowhere": 5,
        "demo url web-1": 0,
        "demo url nothing": 5,
        "open web-1 --browser false --handoff-timeout 0.1": 10,
    }
    assert {arguments: status_talking_to(stderr, served, arguments) for arguments in statuses} == statuses


def status_talking_to(stderr, served, arguments):
    if stderr == "closed":
        return run_with(served, arguments, stdout=subprocess.DEVNULL, stderr=CLOSED)[0]
    if stderr == "closed pipe":
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open("/dev/full", os.O_WRONLY)
    with os.fdopen(writer, "w"):
        return run_with(served, arguments, stdout=subprocess.DEVNULL, stderr=writer)[0]


@pytest.mark.parametrize("streams", [{"stdin": CLOSED}, {"stderr": CLOSED}, {"stdin": CLOSED, "stderr": CLOSED}])
def test_a_closed_stdin_or_stderr_is_no_bug(served, streams):
    for arguments, status in (("url web-1", 0), ("list", 0), ("url nothing", 5), ("--version", 0)):
        assert run_with(served, arguments, **streams) == (status, ANY)


@pytest.mark.parametrize(("closed", "status"), [("<&-", 0), (">&-", 3), ("2>&-", 0), ("<&- >&- 2>&-", 3)])
def test_a_shell_that_closes_streams_gets_the_same_status(served, closed, status):
    assert subprocess.run(["sh", "-c", f"ecsvnc list {closed}"], env=served.environ, check=False).returncode == status


@pytest.mark.parametrize(
    "arguments",
    [
        "url web-1 --vnc-password-file -",
        "open web-1 --viewer --vnc-password-file -",
        "proxy web-1 --vnc-password-file -",
        "config login LTAI5tExample --secret-stdin",
        "config vnc-password i-bp1hzoinajzkh91h2q4d",
    ],
)
@pytest.mark.parametrize("stdin", ["closed", "unreadable"])
def test_what_was_expected_on_a_stdin_that_cannot_be_read_is_a_usage_error(served, arguments, stdin, tmp_path):
    arguments = f"demo {arguments}" if arguments.startswith("config") else arguments  # which has a keyring
    with (tmp_path / "unreadable").open("w") as unreadable:
        status, stderr = run_with(served, arguments, stdin=CLOSED if stdin == "closed" else unreadable)
    assert status == 2
    error, hint = stderr.splitlines()
    assert error.startswith(("Error: stdin ", "Error: Cannot read the VNC password from -: "))
    assert hint.startswith("Hint: Give ")


@pytest.mark.parametrize("arguments", ["url web-1", "list", "--version", "completion bash", "config path"])
def test_what_a_closed_stdout_cannot_take_is_a_failure(served, arguments):
    status, stderr = run_with(served, arguments, stdout=CLOSED)
    assert status == 3
    assert stderr.startswith("Error: Nothing more can be written: Bad file descriptor.\nHint: Leave stdout open")
    assert run_with(served, arguments, stdin=CLOSED, stdout=CLOSED, stderr=CLOSED)[0] == 3


def test_a_closed_stdout_is_no_failure_where_nothing_was_to_be_written(served):
    done = run_with(served, "config set region cn-hangzhou", stdout=CLOSED)
    assert done == (0, "Set region to cn-hangzhou in profile default.\n")
    assert run_with(served, "url nothing", stdout=CLOSED)[0] == 5


class SocketFails(App):
    """A run whose first need fails as a socket does, with EPIPE or EBADF."""

    def __init__(self, number):
        super().__init__(terminal=Terminal({}))
        self._number = number

    @property
    def settings(self):
        near, far = socket.socketpair()
        far.close()
        if self._number == errno.EBADF:
            near.close()
        with near:
            near.send(b"x")


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EBADF])
def test_a_broken_socket_is_not_shown_as_a_stdout_that_was_closed(capsys, number):
    status = run(["url", "web-1"], app=SocketFails(number))

    told = capsys.readouterr().err
    assert status == 1
    assert told.startswith("Error: This is a bug in ecsvnc: ")
    assert "written" not in told


@pytest.mark.parametrize("command", ["url web-1", "list", "config check", "proxy web-1", "demo url web-1"])
def test_a_limit_that_allows_no_thread_is_a_plain_error(served, command):
    # A thread's stack is as large as `ulimit -s` says: larger than all that `ulimit -v` allows.
    limits = f"ulimit -s {64 * 1024 * 1024} && ulimit -v {8 * 1024 * 1024} && exec"

    ran = subprocess.run(
        ["bash", "-c", f"{limits} {PROGRAM} {command}"],
        check=False,
        env=served.environ,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ran.returncode == 3
    assert "The system does not allow another thread." in ran.stdout + ran.stderr
    assert "bug" not in ran.stdout + ran.stderr
