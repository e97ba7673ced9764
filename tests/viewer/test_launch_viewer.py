"""Starting viewers: programs that stand in for them, on a real proxy."""

import contextlib
import os
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.program import processes_with, wait_until
from support.proxy_stage import PASSWORD

from ecsvnc.background import in_background
from ecsvnc.errors import LaunchError, StateError
from ecsvnc.rfb.vnc_auth import obscured
from ecsvnc.viewer.choose_viewer import this_machine
from ecsvnc.viewer.launch_viewer import CONNECT_WITHIN_S, LEFT_FOR_S, PASSING_ON_S, WARN_AFTER_S, show
from ecsvnc.viewer.viewers import Plan

VIEWER = f"""\
#!{sys.executable}
import sys, time
sys.path[:0] = {[str(Path(__file__).parents[1])]!r}
from support.rfb_viewer import RfbViewer
host, port, password, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
with RfbViewer(port, password) as viewer:
    viewer.open()
    time.sleep(seconds)
"""


LEAVES_AT_THE_PROMPT = f"""\
#!{sys.executable}
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as viewer:
    viewer.recv(12)
    viewer.sendall(b"RFB 003.008\\n")
    viewer.recv(2)
"""
"""As TigerVNC does when its prompt for the password is cancelled: it ends with status 0."""

ONLY_CONNECTS = f"""\
#!{sys.executable}
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as viewer:
    viewer.recv(12)
"""

PASSES_ON = '#!/bin/sh\nsetsid {viewer} "$@" </dev/null >/dev/null 2>&1 &\n{then}\n'
"""As a running Remmina does: the process that was started ends, and another shows the console."""


@pytest.fixture
def program(tmp_path):
    """Writes an executable program, and makes a plan of it."""

    def make(text, *arguments, **plan):
        path = tmp_path / f"viewer-{len(list(tmp_path.iterdir()))}"
        path.write_text(textwrap.dedent(text))
        path.chmod(0o755)
        return Plan("The viewer", str(path), arguments, **plan)

    return make


def test_it_ends_with_the_viewer(stage, program):
    server = stage.proxy()
    show(server, program(VIEWER, "{host}", "{port}", PASSWORD, "0.3"), runtime=stage.runtime)
    assert server.consoles_shown == 1
    assert f"Password (this run only): {PASSWORD}" in stage.reporter.notices, "it takes no password, so it is shown"
    assert f"Opening the console of web-1 ({stage.instance.id}, cn-hangzhou) in The viewer." in stage.reporter.notices


def test_the_password_file_is_for_this_user_alone_and_gone_in_the_end(stage, program, tmp_path):
    script = f"""\
    #!/bin/sh
    cp "$1" {tmp_path}/copy
    stat -c %a "$1" "$(dirname "$1")" > {tmp_path}/modes
    echo "$1" > {tmp_path}/name
    """
    plan = program(script, "{password_file}", detaches=False)
    with pytest.raises(LaunchError):
        show(stage.proxy(), plan, runtime=stage.runtime)
    assert (tmp_path / "copy").read_bytes() == obscured(PASSWORD)
    assert (tmp_path / "modes").read_text().split() == ["600", "700"]
    assert not Path((tmp_path / "name").read_text().strip()).parent.exists()
    assert PASSWORD not in repr(stage.reporter.notices), "it need not be shown"


def test_a_viewer_gets_host_port_and_password_on_stdin(stage, program, tmp_path):
    plan = program(f"#!/bin/sh\ncat > {tmp_path}/stdin\n", stdin="host={host} port={port} password={password}\n")
    server = stage.proxy()
    with pytest.raises(LaunchError):
        show(server, plan, runtime=stage.runtime)
    expected = f"host=127.0.0.1 port={server.port} password={PASSWORD}\n"
    assert (tmp_path / "stdin").read_text() == expected


def test_a_viewer_that_fails_before_it_connects_is_quoted(stage, program):
    plan = program("#!/bin/sh\necho 'cannot open display' >&2\nexit 3\n")
    with pytest.raises(LaunchError, match=r"exit status 3\). cannot open display"):
        show(stage.proxy(), plan, runtime=stage.runtime)


def test_a_viewer_that_cannot_be_started_is_an_error(stage):
    with pytest.raises(LaunchError, match="could not be started: No such file"):
        show(stage.proxy(), Plan("It", "/nonexistent/viewer", ()), runtime=stage.runtime)


def test_why_there_was_no_console_is_the_error(stage, program):
    stage.failure = StateError("Instance web-1 is Stopped.")
    with pytest.raises(StateError, match="is Stopped"):
        show(
            stage.proxy(),
            program(VIEWER, "{host}", "{port}", PASSWORD, "0"),
            runtime=stage.runtime,
        )


@pytest.fixture
def clock(stage):
    """A clock that stands still until a test moves it; the proxy and `show` go by it."""
    clock = SimpleNamespace(now=1000.0)
    stage.runtime = replace(stage.runtime, monotonic=lambda: clock.now)
    return clock


def waits_on(shown):
    """Whether it goes on for some of its looks at the clock."""
    with contextlib.suppress(TimeoutError):
        shown.exception(0.5)
    return not shown.done()


def test_a_viewer_that_passes_the_address_on_is_waited_for(stage, program, clock):
    passing_on = PASSES_ON.format(viewer=program(VIEWER).program, then="")
    plan = program(passing_on, "{host}", "{port}", PASSWORD, "0.5", detaches=True)
    server = stage.proxy()
    shown = in_background(lambda: show(server, plan, runtime=stage.runtime))
    wait_until(lambda: server.is_occupied)
    wait_until(lambda: server.consoles_shown == 1)
    assert waits_on(shown), "it may connect again"
    clock.now += LEFT_FOR_S
    shown.result(10)


def test_a_connection_that_outlives_the_process_is_another_process_s(stage, program, clock):
    passing_on = PASSES_ON.format(viewer=program(VIEWER).program, then="sleep 1")
    server = stage.proxy()
    plan = program(passing_on, "{host}", "{port}", PASSWORD, "3")
    shown = in_background(lambda: show(server, plan, runtime=stage.runtime))
    wait_until(lambda: server.is_occupied)
    assert waits_on(shown)
    clock.now += PASSING_ON_S
    wait_until(lambda: server.consoles_shown == 1)
    clock.now += LEFT_FOR_S
    shown.result(10)


def test_a_command_of_the_user_s_own_may_connect_later(stage, program, clock):
    late = program(f'#!/bin/sh\nsleep 0.5\nexec {program(VIEWER).program} "$@"\n')
    plan = program(PASSES_ON.format(viewer=late.program, then=""), "{host}", "{port}", PASSWORD, "0", is_own=True)
    server = stage.proxy()
    shown = in_background(lambda: show(server, plan, runtime=stage.runtime))
    wait_until(lambda: server.consoles_shown == 1)
    wait_until(shown.done)
    shown.result()


def test_a_viewer_that_asks_for_the_password_is_waited_for_though_its_process_has_ended(stage, program, clock):
    asking = VIEWER.replace(
        "with RfbViewer(",
        "class Asking(RfbViewer):\n"
        "    _password = property(lambda self: (time.sleep(1), password)[1], lambda self, value: None)\n"
        "with Asking(",
    )
    plan = program(PASSES_ON.format(viewer=program(asking).program, then=""), "{host}", "{port}", PASSWORD, "0")
    server = stage.proxy()
    plan = replace(plan, detaches=True)
    shown = in_background(lambda: show(server, plan, runtime=stage.runtime))
    wait_until(lambda: server.viewers_connected == 1)
    clock.now += CONNECT_WITHIN_S - 10  # the clock goes on meanwhile, and the viewer takes a second at least
    assert waits_on(shown)
    wait_until(lambda: server.consoles_shown == 1)
    clock.now += LEFT_FOR_S
    shown.result(10)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"#!{sys.executable}\n", r"ended without connecting \(exit status 0\)"),
        (ONLY_CONNECTS, r"connected, and ended without the right password \(exit status 0\)"),
        (LEAVES_AT_THE_PROMPT, r"connected, and ended without the right password \(exit status 0\)"),
    ],
)
def test_a_known_viewer_that_ends_without_the_console_is_not_waited_for(stage, program, clock, text, words):
    with pytest.raises(LaunchError, match=words):
        show(stage.proxy(), program(text, "{host}", "{port}"), runtime=stage.runtime)


@pytest.mark.parametrize("text", [ONLY_CONNECTS, LEAVES_AT_THE_PROMPT])
@pytest.mark.parametrize("plan", [{"is_own": True}, {"detaches": True}])
def test_a_viewer_that_may_have_detached_and_gave_no_password_is_given_up_soon(stage, program, clock, plan, text):
    server = stage.proxy()
    plan = program(text, "{host}", "{port}", **plan)
    shown = in_background(lambda: show(server, plan, runtime=stage.runtime))
    wait_until(lambda: server.viewers_seen and not server.viewers_connected)
    assert waits_on(shown)
    clock.now += LEFT_FOR_S
    with pytest.raises(LaunchError, match="without the right password"):
        shown.result(10)


NOT_CONNECTING = [
    (Plan("It", "/bin/sh", ("-c", ":"), detaches=True), CONNECT_WITHIN_S, "did not connect within 60 s"),
    (Plan("It", "/bin/sh", ("-c", "sleep 5 &"), is_own=True), CONNECT_WITHIN_S, "did not connect within 60 s"),
    (Plan("It", "/bin/sh", ("-c", ":"), is_own=True), LEFT_FOR_S, r"ended without connecting \(exit status 0\)"),
]


@pytest.mark.parametrize(("plan", "within_s", "words"), NOT_CONNECTING)
def test_a_viewer_that_may_have_detached_and_does_not_connect_is_given_up(stage, clock, plan, within_s, words):
    server = stage.proxy()
    shown = in_background(lambda: show(server, plan, runtime=stage.runtime))
    assert waits_on(shown)
    clock.now += within_s - 1
    assert waits_on(shown)
    clock.now += 1
    with pytest.raises(LaunchError, match=words):
        shown.result(10)


@pytest.mark.parametrize(("plan", "warnings"), [({"is_own": True}, 1), ({}, 0)])
def test_an_unknown_viewer_that_runs_without_connecting_is_warned_of(stage, program, clock, plan, warnings):
    server = stage.proxy()
    plan = program("#!/bin/sh\nread -r _ < $1\nexit 3\n", f"{program('').program}.fifo", **plan)
    os.mkfifo(plan.arguments[0])
    shown = in_background(lambda: show(server, plan, runtime=stage.runtime))
    assert waits_on(shown)
    clock.now += WARN_AFTER_S
    assert waits_on(shown)
    assert [f"has not connected to 127.0.0.1 port {server.port} yet" in text for text in stage.reporter.warnings] == [
        True
    ] * warnings
    Path(plan.arguments[0]).write_text("\n")
    with pytest.raises(LaunchError):
        shown.result(10)


def test_the_password_file_is_there_only_while_no_viewer_has_the_console(stage, program, tmp_path):
    server = stage.proxy()
    reconnects = f"""\
    #!/bin/sh
    echo "$1" > {tmp_path}/name
    for time in 1 2; do
        while [ ! -e "$1" ]; do sleep 0.05; done
        {program(VIEWER).program} 127.0.0.1 {server.port} {PASSWORD} 1
    done
    """
    plan = program(reconnects, "{password_file}")
    shown = in_background(lambda: show(server, plan, runtime=stage.runtime))
    wait_until(lambda: (tmp_path / "name").exists() and (tmp_path / "name").read_text())
    file = Path((tmp_path / "name").read_text().strip())
    for number in (1, 2):
        wait_until(lambda: server.is_occupied)
        wait_until(lambda: not file.exists())
        wait_until(lambda number=number: server.consoles_shown == number)
    shown.result(20)


def test_interrupted_it_ends_the_viewer_and_all_that_it_started(stage, program):
    marker = f"ecsvnc-test-{os.getpid()}"
    plan = program(f"#!/bin/sh\nsh -c 'sleep 60 # {marker}' & wait\n")

    class InterruptError(Exception):
        pass

    def interrupted_sleep(seconds):
        wait_until(lambda: processes_with(marker))
        raise InterruptError

    with pytest.raises(InterruptError):
        show(stage.proxy(), plan, runtime=replace(stage.runtime, sleep=interrupted_sleep))
    wait_until(lambda: not processes_with(marker))


def test_this_machine_finds_programs_in_the_path_it_is_given(stage, tmp_path):
    (tmp_path / "vncviewer").write_bytes(b"#!/bin/sh\n# TigerVNC\n")
    (tmp_path / "vncviewer").chmod(0o755)
    machine = this_machine(replace(stage.runtime, environ={"PATH": str(tmp_path)}))
    assert machine.find("vncviewer") == str(tmp_path / "vncviewer")
    assert machine.find("sh") is None
    assert machine.contains(str(tmp_path / "vncviewer"), b"TigerVNC")
    assert not machine.contains(str(tmp_path / "vncviewer"), b"TurboVNC")
    assert not machine.contains(str(tmp_path / "nothing"), b"TigerVNC")
