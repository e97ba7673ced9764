"""Thirty consoles a minute and instance, over threads and processes."""

import json
import stat
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scene import Scene

from ecsvnc.tickets.budget import CONSOLES, SCREENSHOTS, WINDOW_S, Budget, recent, wait_s

ID = "i-bp1hzoinajzkh91h2q4d"


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def budget(tmp_path, scene):
    return Budget(tmp_path / "cache", runtime=scene.runtime)


@given(st.lists(st.floats(0, 600)).map(sorted), st.floats(0, 600))
def test_after_the_wait_there_were_fewer_than_thirty_in_any_minute(times, now):
    kept = recent({ID: times}, now).get(ID, [])
    at = now + wait_s(kept, now)
    assert sum(at - WINDOW_S + 1e-6 < each for each in kept) < CONSOLES


def test_times_in_the_future_are_dropped():
    assert recent({ID: [10.0, 70.0, 9999.0]}, now=100.0) == {ID: [70.0]}


def test_thirty_consoles_are_free(budget, scene):
    before = scene.at_s
    for _ in range(CONSOLES):
        budget.claim(ID)
    assert scene.at_s == before
    assert scene.warnings == []


def test_without_a_cache_folder_this_run_counts_for_itself(scene):
    budget = Budget(None, runtime=scene.runtime)
    began = scene.at_s
    for _ in range(CONSOLES + 1):
        budget.claim(ID)
    assert scene.at_s == began + WINDOW_S


def test_the_next_one_waits_and_reports_it_once(budget, scene):
    began = scene.at_s
    for _ in range(CONSOLES):
        budget.claim(ID)
        scene.sleep(1)
    budget.claim(ID)
    assert scene.at_s == pytest.approx(began + WINDOW_S)
    (said,) = scene.warnings
    assert ID in said
    assert "30 s" in said


def test_screenshots_have_a_limit_and_a_file_of_their_own(budget, scene, tmp_path):
    screenshots = Budget(tmp_path / "cache", runtime=scene.runtime, limit=SCREENSHOTS)
    began = scene.at_s
    budget.claim(ID)
    screenshots.claim(ID)
    screenshots.claim("i-another")
    scene.sleep(4)
    assert scene.warnings == []
    Budget(tmp_path / "cache", runtime=scene.runtime, limit=SCREENSHOTS).claim(ID)
    assert scene.at_s == pytest.approx(began + 10)
    assert scene.warnings == [f"ECS takes one screenshot of {ID} every 10 s. The next one waits 6 s."]


def test_what_is_left_to_wait_is_rounded_up(budget, scene):
    for _ in range(CONSOLES):
        budget.claim(ID)
    scene.sleep(WINDOW_S - 0.3)
    budget.claim(ID)
    assert scene.warnings[0].endswith("waits 1 s.")


def test_the_wait_ends_when_the_console_is_not_wanted_any_more(budget, scene, tmp_path):
    for _ in range(CONSOLES):
        budget.claim(ID)
    began = scene.at_s
    assert not budget.claim(ID, lambda: scene.at_s >= began + 5)
    assert scene.at_s == pytest.approx(began + 5, abs=1)
    scene.at_s = began + WINDOW_S
    assert budget.claim(ID)
    assert json.loads((tmp_path / "cache" / "consoles.json").read_text())[ID] == [scene.at_s], "it was not counted"


def test_a_cancelled_claim_is_not_counted(budget, scene, tmp_path):
    assert not budget.claim(ID, lambda: True)
    assert not (tmp_path / "cache" / "consoles.json").exists()


def test_instances_are_counted_apart(budget, scene):
    began = scene.at_s
    for number in range(3 * CONSOLES):
        budget.claim(f"i-{number % 3}")
    assert scene.at_s == began


def test_another_run_counts_on(tmp_path, scene, budget):
    for _ in range(CONSOLES):
        budget.claim(ID)
    began = scene.at_s
    Budget(tmp_path / "cache", runtime=scene.runtime).claim(ID)
    assert scene.at_s == pytest.approx(began + WINDOW_S)


def test_the_file_is_for_its_owner_alone_and_stays_small(tmp_path, budget, scene):
    for number in range(100):
        budget.claim(f"i-{number}")
        scene.sleep(10)
    path = tmp_path / "cache" / "consoles.json"
    assert len(json.loads(path.read_text())) <= WINDOW_S / 10 + 1
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b"\xff\xfe", b'{"x": "y"}', b'{"x": [null]}', b"[" * 100_000])
def test_a_damaged_file_is_an_empty_one(tmp_path, budget, scene, damage):
    path = tmp_path / "cache" / "consoles.json"
    path.parent.mkdir()
    path.write_bytes(damage)
    budget.claim(ID)
    assert json.loads(path.read_text())[ID] == [scene.at_s]


def test_without_a_usable_folder_this_run_counts_for_itself(tmp_path, scene):
    (tmp_path / "cache").write_text("a file, not a folder")
    budget = Budget(tmp_path / "cache", runtime=scene.runtime)
    began = scene.at_s
    for _ in range(CONSOLES + 1):
        budget.claim(ID)
    assert scene.at_s == pytest.approx(began + WINDOW_S)
    (said,) = scene.details
    assert "this run only" in said


def test_a_clock_that_was_set_back_causes_no_long_wait(budget, scene):
    for _ in range(CONSOLES):
        budget.claim(ID)
    scene.at_s -= 86_400
    began = scene.at_s
    budget.claim(ID)
    assert scene.at_s == began


def test_threads_are_counted_together(budget, scene, tmp_path):
    threads = [threading.Thread(target=lambda: [budget.claim(ID) for _ in range(5)]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(json.loads((tmp_path / "cache" / "consoles.json").read_text())[ID]) == CONSOLES


CLAIM_TEN = """
import sys
from pathlib import Path
from ecsvnc.tickets.budget import Budget
from ecsvnc.runtime import Runtime
budget = Budget(Path(sys.argv[1]), runtime=Runtime(environ={}, home=Path("/"), now=lambda: 1000.0))
for _ in range(10):
    budget.claim("i-1")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there, two processes at the same instant are left to chance")
def test_processes_are_counted_together(tmp_path):
    command = [sys.executable, "-c", CLAIM_TEN, str(tmp_path)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert json.loads((tmp_path / "consoles.json").read_text()) == {"i-1": [1000.0] * CONSOLES}


def test_the_wait_ends_with_its_sleeper(tmp_path, scene):
    """Ctrl-C during the wait: what `sleep` raises ends it."""

    def interrupted(seconds):
        raise KeyboardInterrupt

    budget = Budget(tmp_path, runtime=replace(scene.runtime, sleep=interrupted))
    for _ in range(CONSOLES):
        budget.claim(ID)
    with pytest.raises(KeyboardInterrupt):
        budget.claim(ID)
