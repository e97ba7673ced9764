"""Child processes: how they end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.program import wait_until

from ecsvnc.processes import Child

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

WITH_GRANDCHILD = ["/bin/sh", "-c", 'sleep 60 & echo "$!" >&2; wait']

PARENT = """
import sys, time
from ecsvnc.processes import Child
heard = []
child = Child(["/bin/sh", "-c", 'sleep 60 & echo "$!" >&2; wait'], on_line=heard.append)
child.end_with_us(sys.argv[1])
while not heard:
    time.sleep(0.01)
print(heard[0], flush=True)  # only now: the test kills this process as soon as it reads it
time.sleep(60)
"""


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_end_ends_all_that_it_started():
    heard = []
    child = Child(WITH_GRANDCHILD, on_line=heard.append)
    wait_until(lambda: heard)
    assert child.has_descendants
    child.end()
    assert child.poll() == -signal.SIGTERM
    wait_until(lambda: not runs(int(heard[0])))


def test_one_that_ignores_being_asked_is_ended_by_force():
    heard = []
    child = Child(["/bin/sh", "-c", "trap '' TERM; echo ready >&2; while :; do sleep 0.1; done"], on_line=heard.append)
    wait_until(lambda: heard)
    child.end()
    assert child.poll() == -signal.SIGKILL


def test_stdin_is_given_and_stderr_heard():
    heard = []
    child = Child(["/bin/sh", "-c", "cat >&2"], input_text="one\n\ntwo\n", on_line=heard.append)
    child.wait_for_output(10)
    assert heard == ["one", "two"]
    wait_until(lambda: child.poll() == 0)


def test_what_it_left_running_is_known():
    child = Child(["/bin/sh", "-c", "sleep 60 &"])
    wait_until(lambda: child.poll() == 0)
    assert child.has_descendants
    os.killpg(child._process.pid, signal.SIGKILL)
    wait_until(lambda: not child.has_descendants)


def test_killed_by_force_it_takes_its_child_and_the_folder_along(tmp_path):
    folder = tmp_path / "secret"
    folder.mkdir()
    (folder / "passwd").touch()
    with subprocess.Popen([sys.executable, "-c", PARENT, folder], stdout=subprocess.PIPE, text=True) as parent:
        grandchild = int(parent.stdout.readline())
        parent.kill()
    wait_until(lambda: not runs(grandchild) and not folder.exists())


def test_ended_by_us_nothing_waits_for_our_end(tmp_path):
    child = Child(["/bin/sh", "-c", "sleep 60"])
    child.end_with_us(str(tmp_path))
    guard = child._guard
    child.end()
    assert guard.poll() is not None
    assert tmp_path.exists()
