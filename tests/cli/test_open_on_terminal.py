"""`ecsvnc open` on a terminal: what can be read on the screen while lines are redrawn, and when the window closes."""

from __future__ import annotations

import re
import signal
import sys

import pytest
from support import jumping_clock
from support.program import processes_with, wait_until
from support.terminal import OnTerminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]{43}")


@pytest.fixture
def opener(tmp_path):
    """`opener(name, script)`: a command in place of a browser."""

    def write(name, script):
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        return str(file)

    return write


def take_away(message, rows):
    """Take a message away from the rows of a screen, where it must begin a row and end one."""
    wanted = "".join(message.split())
    for first in range(len(rows)):
        for end in range(first + 1, len(rows) + 1):
            if "".join("".join(rows[first:end]).split()) == wanted:
                del rows[first:end]
                return
    pytest.fail(f"{message!r} stands nowhere on its own: {rows}")


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("names", [["web-1"], ["web-1", "win-1"]])
def test_messages_during_progress_are_whole_and_each_on_its_own_line(program, opener, tmp_path, columns, names):
    go, clock = tmp_path / "go", tmp_path / "clock"
    slow = opener("slow", f"until [ -e {go} ]; do sleep 0.05; done; exit 1")
    bad = opener("bad", "exit 3")
    arguments = [*names, "--browser", f"{slow}:{bad}", "--handoff-timeout", "60"]
    with OnTerminal(
        "open", *arguments, environ=program.environ, columns=columns, command=jumping_clock.command(clock)
    ) as run:
        run.wait_for("ticket: ")
        go.touch()
        run.wait_for("yourself", times=len(names))
        clock.write_text("0 100")
        assert run.status() == 10
        rows = run.rows
        addresses = ADDRESS.findall(run.shown)  # as it is copied: nothing was put into it
    assert len(addresses) == len(names)
    for name in names:
        of_it = f"{name}: " if len(names) > 1 else ""
        take_away(f"{of_it}{slow} failed (exit status 1).", rows)
        take_away(f"{of_it}{bad} failed (exit status 3).", rows)
        take_away(f"Error: {of_it}No browser connected within 60 seconds.", rows)
        take_away("Hint: Allow more time with --handoff-timeout.", rows)
    told = re.compile(r"(?:(\S+): )?No browser could be started\. Open this address yourself: (\S+)")
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", run.shown)
    said = {match[1]: match[2] for match in told.finditer(" ".join(shown.split()))}
    assert sorted(said.values()) == sorted(addresses)
    assert set(said) == (set(names) if len(names) > 1 else {None})
    for name, address in said.items():
        of_it = f"{name}: " if name else ""
        take_away(f"{of_it}No browser could be started. Open this address yourself: {address}", rows)
    assert rows == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_terminated_it_ends_the_opener_whose_browser_did_not_connect(program, opener, tmp_path, number):
    keeps = opener("keeps", f"exec sh -c 'sleep 300; : {tmp_path}'")
    run = program.start("open", "web-1", "--browser", keeps, "-v")
    run.wait_for("Started ")
    wait_until(lambda: processes_with(f": {tmp_path}"))
    run.process.send_signal(number)
    assert run.status() == 143
    wait_until(lambda: not processes_with(f": {tmp_path}"))


def test_a_window_that_is_closed_leaves_no_opener_either(program, opener, tmp_path):
    keeps = opener("keeps", f"exec sh -c 'sleep 300; : {tmp_path}'")
    with OnTerminal("open", "web-1", "--browser", keeps, environ=program.environ) as run:
        run.wait_for("ticket: ")
        wait_until(lambda: processes_with(f": {tmp_path}"))
        assert run.hang_up() == 143
    wait_until(lambda: not processes_with(f": {tmp_path}"))


def test_with_several_each_message_begins_with_the_instance_and_addresses_stand_alone(program):
    run = program.start("open", "web-1", "win-1", "--no-browser", "--handoff-timeout", "0.5")
    assert run.status() == 10
    assert [bool(ADDRESS.fullmatch(line)) for line in run.out.splitlines()] == [True, True]
    lines = [line for line in run.err.splitlines() if not line.startswith(("  ssh -N -L", "Hint: "))]
    assert [line.removeprefix("Error: ").partition(": ")[0] for line in lines] == [
        "web-1", "web-1", "win-1", "win-1", "web-1", "win-1",
    ]  # fmt: skip
    assert re.findall(r"^  ssh -N -L (\d+):", run.err, re.MULTILINE) == re.findall(r":(\d+)/", run.out)


def test_with_one_no_message_begins_with_the_instance(program):
    run = program.start("open", "web-1", "--no-browser", "--handoff-timeout", "0.5")
    assert run.status() == 10
    assert "web-1" not in run.err
