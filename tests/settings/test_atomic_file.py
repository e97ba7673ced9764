import os
import stat
import threading

import pytest

from ecsvnc.settings.atomic_file import locked, read_beginning, write_atomically


def test_a_new_file_is_the_users_alone_and_so_is_its_folder(tmp_path):
    path = tmp_path / "new" / "file"
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_old_file_loses_its_open_mode(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_atomically(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)


def test_a_symbolic_link_stays_one(tmp_path):
    target = tmp_path / "elsewhere" / "file"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "folder"
    (path / "inside").mkdir(parents=True)  # os.replace cannot put a file in a folder's place
    with pytest.raises(OSError, match="director"):
        write_atomically(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_the_second_to_lock_waits_for_the_first(tmp_path):
    path = tmp_path / "file"
    order = []
    inside = threading.Event()

    def second():
        inside.wait(10)
        with locked(path):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with locked(path):
        inside.set()
        thread.join(0.2)  # it would be done by now if it did not wait
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_lock_that_is_never_let_go_is_given_up_and_can_be_had_later(tmp_path):
    path = tmp_path / "file"
    with locked(path), pytest.raises(OSError, match="does not let go"), locked(path, patience_s=0.05):
        pytest.fail("Both hold it.")
    with locked(path, patience_s=5):
        pass


def test_a_file_is_read_as_far_as_wanted(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    assert (read_beginning(path, 100), read_beginning(path, 3)) == (b"content", b"con")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="There are no FIFOs here.")
def test_what_may_never_say_anything_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path):
        with pytest.raises(OSError, match="regular file"):
            read_beginning(path, 100)
