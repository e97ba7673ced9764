import stat
from pathlib import Path

import pytest

from ecsvnc.credentials.assume_role import Role
from ecsvnc.credentials.found import Found
from ecsvnc.credentials.known_accounts import known_account, remember_account
from ecsvnc.openapi.access_key import AccessKey


def found(key_id, **more):
    return Found(AccessKey(key_id, "s3cret", None), "the environment", **more)


MINE, THEIRS = found("LTAI5tMine"), found("LTAI5tTheirs")


def test_the_account_of_a_key_is_remembered_for_that_key_alone(tmp_path):
    remember_account(tmp_path / "cache", MINE, "1234")
    assert known_account(tmp_path / "cache", MINE) == "1234"
    assert known_account(tmp_path / "cache", THEIRS) == ""
    remember_account(tmp_path / "cache", THEIRS, "5678")
    assert [known_account(tmp_path / "cache", one) for one in (MINE, THEIRS)] == ["1234", "5678"]


def test_the_file_is_the_users_alone_and_has_no_id_of_a_key(tmp_path):
    remember_account(tmp_path, MINE, "1234")
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "LTAI5tMine" not in file.read_text()


def test_an_assumed_role_needs_no_file(tmp_path):
    assert known_account(tmp_path, found("STS.N", account_id="1234")) == "1234"
    assert Role("acs:ram::1234:role/operator", "here").account_id == "1234"
    assert Role("acs:ram::*:role/operator", "here").account_id == ""


def test_without_a_folder_nothing_is_known_and_nothing_fails():
    remember_account(None, MINE, "1234")
    assert known_account(None, MINE) == ""


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"a": 1}', b"[" * 20000, b"\xff"])
def test_a_damaged_file_is_like_none_and_is_replaced(tmp_path, damage):
    (tmp_path / "accounts.json").write_bytes(damage)
    assert known_account(tmp_path, MINE) == ""
    remember_account(tmp_path, MINE, "1234")
    assert known_account(tmp_path, MINE) == "1234"


@pytest.mark.parametrize("account_id", ["", "12\x1b[2J", "x" * 10, "1" * 33])
def test_an_invalid_account_id_is_not_remembered(tmp_path, account_id):
    remember_account(tmp_path, MINE, account_id)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_failure():
    remember_account(Path("/proc/nope"), MINE, "1234")


def test_the_oldest_of_very_many_is_forgotten(tmp_path):
    for number in range(201):
        remember_account(tmp_path, found(f"LTAI5t{number}"), str(number + 1))
    assert known_account(tmp_path, found("LTAI5t0")) == ""
    assert known_account(tmp_path, found("LTAI5t200")) == "201"
