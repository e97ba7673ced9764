import threading

import pytest
from support.scene import Scene

from ecsvnc.files.file_lock import FileLock
from ecsvnc.runtime import Runtime


def test_the_second_to_lock_waits_for_the_first(tmp_path):
    runtime = Runtime({}, None)
    order = []
    inside, waits = threading.Event(), threading.Event()

    def second():
        inside.wait(10)
        with FileLock(tmp_path / "file", Runtime({}, None, sleep=lambda _: waits.set())).held():
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with FileLock(tmp_path / "file", runtime).held():
        inside.set()
        assert waits.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_lock_that_another_process_keeps_is_waited_for_once(tmp_path):
    scene = Scene()
    lock = FileLock(tmp_path / "file", scene.runtime, limit_s=5.0)
    started_s = scene.at_s
    with FileLock(tmp_path / "file", scene.runtime).held():
        for _ in range(3):
            with pytest.raises(OSError, match="another process holds the lock"), lock.held():
                pytest.fail("Both hold it.")
            assert 5.0 <= scene.at_s - started_s < 5.1
    with lock.held():
        pass


def test_a_lock_is_free_again_after_a_block_that_raised(tmp_path):
    lock = FileLock(tmp_path / "new" / "file", Scene().runtime)
    with pytest.raises(KeyError), lock.held():
        raise KeyError
    with lock.held():
        pass
