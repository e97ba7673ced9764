"""Starting viewers: programs that stand in for them, on a real proxy."""

import os
import sys
import textwrap
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from support.program import processes_with, wait_until
from support.proxy_stage import PASSWORD

from ecsvnc.background import in_background
from ecsvnc.errors import LaunchError, StateError
from ecsvnc.rfb.vnc_auth import obscured
from ecsvnc.viewer import launch_viewer
from ecsvnc.viewer.launch_viewer import show, surroundings
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
    show(server, program(VIEWER, "{host}", "{port}", PASSWORD, "0.3"), PASSWORD, runtime=stage.runtime)
    assert server.consoles_shown == 1
    assert f"For this run it is: {PASSWORD}" in "".join(stage.voice.warnings), "it takes no password, so it is shown"


def test_the_password_file_is_for_this_user_alone_and_gone_in_the_end(stage, program, tmp_path):
    script = f"""\
    #!/bin/sh
    cp "$1" {tmp_path}/copy
    stat -c %a "$1" "$(dirname "$1")" > {tmp_path}/modes
    echo "$1" > {tmp_path}/name
    """
    plan = program(script, "{password_file}", detaches=False)
    with pytest.raises(LaunchError):
        _show_impatiently(stage, plan)
    assert (tmp_path / "copy").read_bytes() == obscured(PASSWORD)
    assert (tmp_path / "modes").read_text().split() == ["600", "700"]
    assert not Path((tmp_path / "name").read_text().strip()).parent.exists()
    assert PASSWORD not in repr(stage.voice.warnings), "it need not be shown"


def test_stdin_has_what_the_viewer_reads_there(stage, program, tmp_path):
    plan = program(f"#!/bin/sh\ncat > {tmp_path}/stdin\n", stdin="host={host} port={port} password={password}\n")
    server = stage.proxy()
    with pytest.raises(LaunchError):
        _show_impatiently(stage, plan, server)
    expected = f"host=127.0.0.1 port={server.port} password={PASSWORD}\n"
    assert (tmp_path / "stdin").read_text() == expected


def test_a_viewer_that_fails_before_it_connects_is_quoted(stage, program):
    plan = program("#!/bin/sh\necho 'cannot open display' >&2\nexit 3\n")
    with pytest.raises(LaunchError, match=r"exit status 3\). cannot open display"):
        show(stage.proxy(), plan, PASSWORD, runtime=stage.runtime)


def test_a_viewer_that_cannot_be_started_is_told(stage):
    with pytest.raises(LaunchError, match="could not be started: No such file"):
        show(stage.proxy(), Plan("It", "/nonexistent/viewer", ()), PASSWORD, runtime=stage.runtime)


def test_why_there_was_no_console_is_the_error(stage, program):
    stage.failure = StateError("Instance web-1 is Stopped.")
    with pytest.raises(StateError, match="is Stopped"):
        show(
            stage.proxy(),
            program(VIEWER, "{host}", "{port}", PASSWORD, "0"),
            PASSWORD,
            runtime=stage.runtime,
        )


def test_a_viewer_that_passes_the_address_on_is_waited_for(stage, program):
    passing_on = PASSES_ON.format(viewer=program(VIEWER).program, then="")
    plan = program(passing_on, "{host}", "{port}", PASSWORD, "2", detaches=True)
    server = stage.proxy()
    began = stage.runtime.monotonic()
    show(server, plan, PASSWORD, runtime=stage.runtime)
    assert server.consoles_shown == 1
    assert stage.runtime.monotonic() - began >= 2 + launch_viewer.LEFT_FOR_S


def test_a_command_of_the_user_s_own_may_come_later(stage, program):
    late = program(f'#!/bin/sh\nsleep 2\nexec {program(VIEWER).program} "$@"\n')
    plan = program(PASSES_ON.format(viewer=late.program, then=""), "{host}", "{port}", PASSWORD, "0", is_own=True)
    server = stage.proxy()
    show(server, plan, PASSWORD, runtime=stage.runtime)
    assert server.consoles_shown == 1


def test_a_viewer_at_the_door_is_waited_for_though_the_process_that_was_started_has_ended(stage, program, tmp_path):
    typing = VIEWER.replace(
        "with RfbViewer(",
        "class Typing(RfbViewer):\n"
        "    _password = property(lambda self: (time.sleep(3), password)[1], lambda self, value: None)\n"
        "with Typing(",
    )
    viewer = program(typing)
    server = stage.proxy()
    then = f"while [ ! -e {tmp_path}/is-at-door ]; do sleep 0.1; done"
    plan = program(PASSES_ON.format(viewer=viewer.program, then=then), "{host}", "{port}", PASSWORD, "0")
    shown = in_background(lambda: show(server, plan, PASSWORD, runtime=stage.runtime))
    wait_until(lambda: server.reception.has_someone)
    (tmp_path / "is-at-door").touch()
    shown.result(60)
    assert server.consoles_shown == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"#!{sys.executable}\n", r"ended before it connected \(exit status 0\)"),
        (ONLY_CONNECTS, r"connected, and ended without the right password \(exit status 0\)"),
        (LEAVES_AT_THE_PROMPT, r"connected, and ended without the right password \(exit status 0\)"),
    ],
)
def test_a_known_viewer_that_ends_without_the_console_is_not_waited_for(stage, program, text, words):
    began = stage.runtime.monotonic()
    with pytest.raises(LaunchError, match=words):
        show(stage.proxy(), program(text, "{host}", "{port}"), PASSWORD, runtime=stage.runtime)
    assert stage.runtime.monotonic() - began < launch_viewer.NONE_CAME_S / 2


@pytest.mark.parametrize("text", [ONLY_CONNECTS, LEAVES_AT_THE_PROMPT])
@pytest.mark.parametrize("plan", [{"is_own": True}, {"detaches": True}])
def test_one_that_may_have_detached_is_over_soon_after_it_left_without_the_password(stage, program, plan, text):
    began = stage.runtime.monotonic()
    with pytest.raises(LaunchError, match="without the right password"):
        show(
            stage.proxy(),
            program(text, "{host}", "{port}", **plan),
            PASSWORD,
            runtime=stage.runtime,
        )
    assert launch_viewer.LEFT_FOR_S <= stage.runtime.monotonic() - began < launch_viewer.NONE_CAME_S / 2


@pytest.mark.parametrize("plan", [{"is_own": True}, {"detaches": True}])
def test_one_that_may_have_detached_and_does_not_come_is_given_up_after_a_minute(stage, program, plan):
    with pytest.raises(LaunchError, match="did not connect within 60 s"):
        _show_impatiently(stage, program("#!/bin/sh\n", **plan))


def test_interrupted_it_ends_the_viewer_and_all_that_it_started(stage, program):
    marker = f"ecsvnc-test-{os.getpid()}"
    plan = program(f"#!/bin/sh\nsh -c 'sleep 60 # {marker}' & wait\n")

    class InterruptError(Exception):
        pass

    def interrupted_wait(timeout_s):
        wait_until(lambda: processes_with(marker))
        raise InterruptError

    server = stage.proxy()
    server.seat.wait_for_change = interrupted_wait
    with pytest.raises(InterruptError):
        show(server, plan, PASSWORD, runtime=stage.runtime)
    wait_until(lambda: not processes_with(marker))


def test_this_machine_finds_programs_in_the_path_it_is_given(stage, tmp_path):
    (tmp_path / "vncviewer").write_bytes(b"#!/bin/sh\n# TigerVNC\n")
    (tmp_path / "vncviewer").chmod(0o755)
    around = surroundings(replace(stage.runtime, environ={"PATH": str(tmp_path)}))
    assert around.find("vncviewer") == str(tmp_path / "vncviewer")
    assert around.find("sh") is None
    assert around.contains(str(tmp_path / "vncviewer"), b"TigerVNC")
    assert not around.contains(str(tmp_path / "vncviewer"), b"TurboVNC")
    assert not around.contains(str(tmp_path / "nothing"), b"TigerVNC")


def _show_impatiently(stage, plan, server=None):
    """Let time fly once the viewer has ended, so that nobody waits a minute for one that does not come."""
    server = server or stage.proxy()
    offset = 0.0
    lock = threading.Lock()

    def monotonic():
        nonlocal offset
        with lock:
            offset += 10
            return offset

    show(server, plan, PASSWORD, runtime=replace(stage.runtime, monotonic=monotonic))
