import os
import stat
import threading

import pytest

from ecsvnc.errors import ConfigurationError
from ecsvnc.files.file_trust import is_private_group
from ecsvnc.settings.config_file import VNC_PASSWORDS, edit_config, profile_path, read_config

WHOLE = """\
# mine
[profiles.default]
region = "cn-hangzhou"  # where most are
timeout = 30
keepalive = 0.5
access_key_id = "LTAI5tExample"
keyring_backend = "keyring.backends.SecretService.Keyring"

[profiles."a b"]
role_arn = "acs:ram::1:role/console"
source_profile = "default"

[vnc_passwords]
i-bp1hzoinajzkh91h2q4d = "keyring.backends.SecretService.Keyring"
"""


def test_a_file_that_is_not_there_is_an_empty_one(config_path, runtime_of):
    config = read_config(config_path, runtime_of())
    assert (config.profiles, config.vnc_passwords) == ({}, {})
    assert not config_path.exists()


def test_everything_in_it_is_read(write_config, runtime_of, heard):
    config = read_config(write_config(WHOLE), runtime_of())
    assert config.profiles["default"].settings == {"region": "cn-hangzhou", "timeout": "30", "keepalive": "0.5"}
    assert config.profiles["default"].credentials == {
        "access_key_id": "LTAI5tExample",
        "keyring_backend": "keyring.backends.SecretService.Keyring",
    }
    assert config.profiles["a b"].credentials["source_profile"] == "default"
    assert config.vnc_passwords == {"i-bp1hzoinajzkh91h2q4d": "keyring.backends.SecretService.Keyring"}
    assert heard.warnings == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[profiles.default", "not valid TOML"),
        ("x = 1" + "0" * 5000, "not valid TOML"),
        ("x = " + "[" * 5000, "not valid TOML"),
        ("profiles = 1", "`profiles` .* must be a table, not a TOML integer"),
        ("[[profiles]]", "`profiles` .* must be a table, not a TOML array"),
        ("profiles.default = 'x'", "`profiles.default` .* must be a table, not a TOML string"),
        ("profiles.default.region = 1", "`profiles.default.region` .* must be a text in quotes, not a TOML integer"),
        ("profiles.default.timeout = true", "`profiles.default.timeout` .* must be a number, not a TOML boolean"),
        ("profiles.default.keepalive = []", "`profiles.default.keepalive` .* must be a number, not a TOML array"),
        ("profiles.default.timeout = 2026-01-01", "must be a number, not a TOML date or time"),
        ("profiles.default.browser = false", "`profiles.default.browser` .* must be a text in quotes, not a TOML bool"),
        ("profiles.default.access_key_id = []", "not a TOML array"),
        ("vnc_passwords = []", "`vnc_passwords` .* must be a table"),
        ("vnc_passwords.i-1 = 1", "`vnc_passwords.i-1` .* must be a text"),
    ],
)
def test_an_invalid_value_is_reported_with_its_place_and_the_file_is_not_changed(
    write_config, runtime_of, text, complaint
):
    path = write_config(text)
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        read_config(path, runtime_of())
    assert str(path) in caught.value.what
    with pytest.raises(ConfigurationError), edit_config(path, runtime_of()) as edit:
        edit.set(profile_path("default"), "region", "cn-beijing")
    assert path.read_text() == text


def test_text_that_is_not_utf8_is_reported(config_path, runtime_of):
    config_path.write_bytes(b"\xff\xfe")
    config_path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        read_config(config_path, runtime_of())


def test_a_mark_of_utf8_is_read_over_and_not_written_back(config_path, runtime_of):
    config_path.write_bytes(b"\xef\xbb\xbf# mine\r\n[profiles.default]\r\ntimeout = 30\r\n")
    config_path.chmod(0o600)
    assert read_config(config_path, runtime_of()).profiles["default"].settings == {"timeout": "30"}
    with edit_config(config_path, runtime_of()) as edit:
        edit.set(profile_path("default"), "timeout", 45)
    assert config_path.read_bytes() == b"# mine\r\n[profiles.default]\r\ntimeout = 45\r\n"


def test_a_folder_in_place_of_the_file_is_reported(config_path, runtime_of):
    config_path.mkdir()
    with pytest.raises(ConfigurationError, match=r"not a regular file|director"):
        read_config(config_path, runtime_of())


def test_a_fifo_in_its_place_does_not_block(config_path, runtime_of):
    os.mkfifo(config_path, 0o600)
    with pytest.raises(ConfigurationError, match="not a regular file"):
        read_config(config_path, runtime_of())


def test_a_file_that_cannot_be_opened_is_reported(config_path, runtime_of):
    config_path.symlink_to(config_path)
    with pytest.raises(ConfigurationError, match=r"Cannot read .*: Too many levels"):
        read_config(config_path, runtime_of())


def test_a_file_that_is_too_large_is_reported(write_config, runtime_of):
    with pytest.raises(ConfigurationError, match="larger than"):
        read_config(write_config("#" * (1 << 20) + "\n"), runtime_of())


def test_a_file_that_others_can_read_is_a_detail_since_it_holds_no_secret(write_config, runtime_of, heard):
    read_config(write_config(WHOLE, mode=0o644), runtime_of())
    assert heard.warnings == []
    assert "chmod 600" in heard.details[0]


def test_a_file_that_others_can_write_is_refused(write_config, runtime_of):
    with pytest.raises(ConfigurationError, match="can be written by other users"):
        read_config(write_config(WHOLE, mode=0o602), runtime_of())


def test_a_file_that_its_group_can_write_is_read_only_if_the_group_has_no_other_member(write_config, runtime_of):
    path = write_config(WHOLE, mode=0o664)
    if is_private_group(path.stat().st_gid, os.geteuid()):
        assert read_config(path, runtime_of()).profiles
    else:
        with pytest.raises(ConfigurationError, match="can be written by other users"):
            read_config(path, runtime_of())


def test_unknown_keys_are_warned_of_and_kept(write_config, runtime_of, heard):
    path = write_config("[future]\nx = 1\n[profiles.default]\nregoin = 'cn-hangzhou'\n")
    read_config(path, runtime_of())
    assert [text.split("`")[1] for text in heard.warnings] == ["future", "profiles.default.regoin"]
    with edit_config(path, runtime_of()) as edit:
        edit.set(profile_path("default"), "region", "cn-beijing")
    assert "[future]\nx = 1" in path.read_text()
    assert "regoin = 'cn-hangzhou'" in path.read_text()


def test_an_edit_keeps_comments_order_and_all_else(write_config, runtime_of):
    path = write_config(WHOLE)
    with edit_config(path, runtime_of()) as edit:
        edit.set(profile_path("default"), "timeout", 45)
    assert path.read_text() == WHOLE.replace("timeout = 30", "timeout = 45")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_edit_makes_what_is_not_there(config_path, runtime_of):
    with edit_config(config_path, runtime_of()) as edit:
        edit.set(profile_path("a.b"), "region", "cn-beijing")
        edit.set(VNC_PASSWORDS, "i-1", "backend")
    config = read_config(config_path, runtime_of())
    assert config.profiles["a.b"].settings == {"region": "cn-beijing"}
    assert config.vnc_passwords == {"i-1": "backend"}


def test_an_edit_repeats_no_warning(write_config, runtime_of, heard):
    with edit_config(write_config("[future]\n"), runtime_of()) as edit:
        edit.set(profile_path("default"), "timeout", 45)
    assert heard.warnings == []


def test_an_edit_that_cannot_be_made_alone_is_an_error_and_writes_nothing(write_config, runtime_of):
    text = "future = nan\n"  # which nothing equals, itself included
    path = write_config(text)
    with (
        pytest.raises(ConfigurationError, match="without changing other values"),
        edit_config(path, runtime_of()) as it,
    ):
        it.set(profile_path("default"), "timeout", 45)
    assert path.read_text() == text


def test_an_edit_that_changes_nothing_writes_nothing(write_config, runtime_of):
    path = write_config(WHOLE)
    before = path.stat()
    with edit_config(path, runtime_of()):
        pass
    assert path.stat().st_ino == before.st_ino


def test_an_edit_that_fails_writes_nothing(write_config, runtime_of):
    path = write_config(WHOLE)
    with pytest.raises(RuntimeError), edit_config(path, runtime_of()) as edit:
        edit.set(profile_path("default"), "timeout", 45)
        raise RuntimeError
    assert path.read_text() == WHOLE


def test_edits_at_the_same_time_lose_nothing(config_path, runtime_of):
    def add(number):
        with edit_config(config_path, runtime_of()) as edit:
            edit.set(profile_path(f"p{number}"), "region", "cn-beijing")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_config(config_path, runtime_of()).profiles) == 8


def test_a_folder_that_cannot_be_made_is_reported(tmp_path, runtime_of):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ConfigurationError, match="Cannot write"),
        edit_config(tmp_path / "file" / "x.toml", runtime_of()),
    ):
        pass
