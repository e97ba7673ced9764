"""Opener after opener until a browser connects: with an injected clock, and then with real processes."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from support.scene import Scene

from ecsvnc.browser.browsers import Opener
from ecsvnc.browser.launch import NEXT_OPENER_S, TELL_ADDRESS_S, Launch, start_opener
from ecsvnc.errors import LaunchError, ServiceError
from ecsvnc.processes import Child

ADDRESS = "http://127.0.0.1:8080/n0nce"
ONE, TWO = Opener("one", ("one",)), Opener("two", ("two",))
EXPLORER = Opener("explorer.exe", ("explorer.exe",), status_is_meaningless=True)


class FakeChild:
    """Ends with a status `after_s` seconds; never, without a status."""

    def __init__(self, scene, status=None, after_s=0.0):
        self.scene, self.status, self.ends_s = scene, status, scene.at_s + after_s
        self.was_ended = self.was_detached = False

    def poll(self):
        return self.status if self.scene.at_s >= self.ends_s else None

    def end(self):
        self.was_ended = True

    def detach(self):
        self.was_detached = True


class Machine:
    """Openers with a given behaviour: by program, what a started child does, or an error."""

    def __init__(self, scene, **behaviour):
        self.scene = scene
        self.behaviour = behaviour
        self.started = []
        self.children = []
        self.browser_connects_s = None

    def start(self, opener, address):
        self.started.append((opener.program, address))
        how = self.behaviour[opener.program.split(".")[0]]
        if isinstance(how, Exception):
            raise how
        child = FakeChild(self.scene, **how)
        self.children.append(child)
        return child

    def wait_opened(self, timeout_s):
        if self.browser_connects_s is not None and self.scene.at_s + timeout_s >= self.browser_connects_s:
            self.scene.at_s = max(self.scene.at_s, self.browser_connects_s)
            return True
        self.scene.sleep(timeout_s)
        return False

    def launch(self, *openers):
        return Launch(openers, runtime=self.scene.runtime, start=self.start)

    def open(self, *openers, connects_after_s=None):
        """How long it took."""
        began = self.scene.at_s
        if connects_after_s is not None:
            self.browser_connects_s = began + connects_after_s
        self.launch(*openers).open_and_wait(ADDRESS, self.wait_opened, opened_timeout_s=60.0, printed_timeout_s=600.0)
        return self.scene.at_s - began

    @property
    def programs(self):
        return [program for program, _ in self.started]


@pytest.fixture
def scene():
    return Scene(at_s=0.0)


def test_an_opener_that_delegates_is_waited_for(scene):
    machine = Machine(scene, one={"status": 0}, two={"status": 0})
    assert machine.open(ONE, TWO, connects_after_s=20) == pytest.approx(20)
    assert machine.started == [("one", ADDRESS)]


def test_an_opener_that_keeps_running_is_the_browser_and_left_running(scene):
    machine = Machine(scene, one={})
    machine.open(ONE, connects_after_s=20)
    assert machine.children[0].was_detached
    assert not machine.children[0].was_ended
    assert scene.warnings == [f"No browser has connected yet. You can open this address yourself: {ADDRESS}"]


def test_after_a_failed_opener_the_next_is_tried_while_the_ticket_is_fresh(scene):
    machine = Machine(scene, one={"status": 3, "after_s": 0.3}, two={"status": 0})
    assert machine.open(ONE, TWO, connects_after_s=2) < 2.5
    assert machine.programs == ["one", "two"]
    assert scene.warnings == ["one failed (exit status 3)."]


def test_an_opener_that_fails_late_is_followed_too(scene):
    machine = Machine(scene, one={"status": 1, "after_s": 30.0}, two={"status": 0})
    machine.open(ONE, TWO, connects_after_s=33)
    assert machine.programs == ["one", "two"]


def test_an_opener_that_is_not_installed_is_reported_and_skipped(scene):
    machine = Machine(scene, one=FileNotFoundError(2, "No such file or directory"), two={"status": 0})
    machine.open(ONE, TWO, connects_after_s=1)
    assert scene.warnings == ["one could not be started: No such file or directory."]


def test_after_explorer_the_next_is_tried_only_if_no_browser_connected(scene):
    machine = Machine(scene, explorer={"status": 1}, two={"status": 0})
    machine.open(EXPLORER, TWO, connects_after_s=NEXT_OPENER_S - 1)
    assert machine.programs == ["explorer.exe"]
    assert scene.warnings == []


def test_if_explorer_opens_nothing_the_next_is_tried_while_the_ticket_is_valid(scene):
    machine = Machine(scene, explorer={"status": 1}, two={"status": 0})
    assert machine.open(EXPLORER, TWO, connects_after_s=NEXT_OPENER_S + 1) < NEXT_OPENER_S + 1.5
    assert machine.programs == ["explorer.exe", "two"]


def test_explorer_alone_is_waited_for(scene):
    machine = Machine(scene, explorer={"status": 1})
    assert machine.open(EXPLORER, connects_after_s=40) == pytest.approx(40)


def test_when_all_fail_the_address_is_shown_and_served(scene):
    machine = Machine(scene, one={"status": 1}, two=PermissionError(13, "Permission denied"))
    assert machine.open(ONE, TWO, connects_after_s=500) == pytest.approx(500)
    assert scene.warnings[-1] == f"No browser could be started. Open this address yourself: {ADDRESS}"


def test_when_all_fail_and_no_browser_connects_it_is_an_error(scene):
    machine = Machine(scene, one={"status": 1})
    with pytest.raises(LaunchError, match="10 minutes"):
        machine.open(ONE)


def test_when_no_browser_connects_it_is_an_error_and_the_opener_is_ended(scene):
    machine = Machine(scene, one={}, two={"status": 0})
    with pytest.raises(LaunchError, match="60 seconds"):
        machine.open(ONE, TWO)
    assert scene.at_s == pytest.approx(60)
    assert machine.programs == ["one"]
    assert machine.children[0].was_ended


def test_the_address_is_shown_once_if_no_browser_connects_soon(scene):
    machine = Machine(scene, one={"status": 1, "after_s": TELL_ADDRESS_S + 5}, two={"status": 0})
    machine.open(ONE, TWO, connects_after_s=45)
    assert sum("yourself" in each for each in scene.warnings) == 1


def test_a_failed_visit_is_raised_and_the_browser_left_running(scene):
    machine = Machine(scene, one={})

    def wait_opened(timeout_s):
        raise ServiceError("It broke.")

    with pytest.raises(ServiceError):
        machine.launch(ONE).open_and_wait(ADDRESS, wait_opened, opened_timeout_s=60, printed_timeout_s=600)
    assert not machine.children[0].was_ended


def test_cancel_ends_what_was_started_and_starts_no_more(scene):
    machine = Machine(scene, one={"status": 1, "after_s": 1}, two={"status": 0})
    launch = machine.launch(ONE, TWO)

    def wait_opened(timeout_s):
        launch.cancel()
        scene.sleep(timeout_s)
        return scene.at_s > 50

    launch.open_and_wait(ADDRESS, wait_opened, opened_timeout_s=60, printed_timeout_s=600)
    assert machine.children[0].was_ended
    assert machine.programs == ["one"]
    assert scene.warnings == [], "what was ended did not fail"


def test_cancel_leaves_a_connected_browser_running(scene):
    machine = Machine(scene, one={})
    machine.browser_connects_s = 1
    launch = machine.launch(ONE)
    launch.open_and_wait(ADDRESS, machine.wait_opened, opened_timeout_s=60, printed_timeout_s=600)
    launch.cancel()
    assert not machine.children[0].was_ended


# --direct


def test_unwatched_an_opener_that_exits_with_0_succeeded(scene):
    machine = Machine(scene, one={"status": 0, "after_s": 1})
    machine.launch(ONE).open_unwatched(lambda: "https://console")
    assert machine.started == [("one", "https://console")]


def test_unwatched_an_opener_that_keeps_running_succeeded(scene):
    machine = Machine(scene, one={}, two={})
    machine.launch(ONE, TWO).open_unwatched(lambda: "https://console")
    assert machine.programs == ["one"]


def test_unwatched_the_next_opener_gets_a_fresh_url(scene):
    machine = Machine(scene, one={"status": 1, "after_s": 1}, two={"status": 0})
    tickets = iter(["first", "second"])
    machine.launch(ONE, TWO).open_unwatched(lambda: next(tickets))
    assert machine.started == [("one", "first"), ("two", "second")]


def test_unwatched_explorer_succeeds_with_any_status(scene):
    machine = Machine(scene, explorer={"status": 1}, two={"status": 0})
    machine.launch(EXPLORER, TWO).open_unwatched(lambda: "https://console")
    assert machine.programs == ["explorer.exe"]


def test_unwatched_it_is_an_error_when_all_openers_fail(scene):
    machine = Machine(scene, one={"status": 1}, two=OSError("gone"))
    with pytest.raises(LaunchError):
        machine.launch(ONE, TWO).open_unwatched(lambda: "https://console")


# Real processes


@pytest.fixture
def written(tmp_path):
    """A file that a process writes, and what it said when it did."""
    path = tmp_path / "written"

    def wait():
        deadline = time.monotonic() + 10
        while not (path.exists() and path.read_text().endswith("\n")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return path.read_text().split()

    return path, wait


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "State:\tZ" not in status.read_text()


posix = pytest.mark.skipif(sys.platform == "win32", reason="sessions and signals are Unix's")


@posix
def test_process_has_none_of_our_streams_and_a_session_of_its_own(written):
    path, wait = written
    code = (
        f"import os; open({str(path)!r}, 'w').write(f'{{os.getsid(0)}} {{[os.fstat(n).st_rdev for n in range(3)]}}\\n')"
    )
    process = Child([sys.executable, "-S", "-c", code])
    session, *streams = wait()
    assert int(session) != os.getsid(0)
    null = Path(os.devnull).stat().st_rdev
    assert "".join(streams) == str([null] * 3).replace(" ", "")
    while process.poll() is None:
        time.sleep(0.01)
    assert process.poll() == 0
    process.end()


@posix
@pytest.mark.parametrize("ignored", ["", "trap '' TERM; "])
def test_end_ends_the_process_and_its_children(written, ignored):
    path, wait = written
    process = Child(["sh", "-c", f"{ignored}sleep 300 & echo $$ $! > {path}; wait"])
    pids = [int(word) for word in wait()]
    assert all(map(is_running, pids))
    process.end()
    deadline = time.monotonic() + 5
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(is_running, pids))
    assert process.poll() in (-signal.SIGTERM, -signal.SIGKILL)


@posix
def test_opener_gets_the_address_as_one_argument(written):
    path, wait = written
    child = start_opener(Opener("sh", ("sh", "-c", f'echo "$#" "$1" > {path}', "sh")), ADDRESS)
    assert wait() == ["1", ADDRESS]
    while child.poll() is None:
        time.sleep(0.01)


def test_opener_that_does_not_exist_cannot_be_started():
    with pytest.raises(OSError, match=r"No such file|cannot find"):
        start_opener(Opener("x", ("/nonexistent/browser",)), ADDRESS)


@pytest.mark.skipif(sys.platform == "win32", reason="there it works")
def test_startfile_is_an_error_elsewhere():
    with pytest.raises(OSError, match="Windows"):
        start_opener(Opener("x"), ADDRESS)
