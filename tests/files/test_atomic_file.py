import stat

import pytest

from ecsvnc.files.atomic_file import write_atomically


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


def test_a_symbolic_link_is_kept(tmp_path):
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


def test_a_symbolic_link_that_leads_in_a_circle_is_replaced(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(link)
    write_atomically(link, b"new")
    assert (link.is_symlink(), link.read_bytes()) == (False, b"new")
