import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.errors import ConfigurationError
from ecsvnc.settings.aliyun_profile import aliyun_config_path, parse_aliyun_config, read_aliyun_config

TWO = json.dumps(
    {
        "current": "work",
        "profiles": [
            {"name": "default", "mode": "AK", "access_key_id": "LTAI-d", "access_key_secret": "s3cret-d"},
            {"name": "work", "mode": "AK", "region_id": "cn-beijing", "access_key_secret": "s3cret-w"},
        ],
        "meta_path": "",
    }
)


def test_no_file_means_no_profiles(runtime_of):
    config = read_aliyun_config(runtime_of())
    assert config.profiles == {}
    assert config.chosen({}) is None


def test_the_current_profile_is_the_one_the_cli_would_use(write_aliyun, runtime_of):
    write_aliyun(TWO)
    profile = read_aliyun_config(runtime_of()).chosen({})
    assert (profile.name, profile.text("region_id"), profile.text("sts_token")) == ("work", "cn-beijing", "")


@pytest.mark.parametrize("variable", ["ALIBABACLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"])
def test_a_variable_chooses_another(write_aliyun, runtime_of, variable):
    write_aliyun(TWO)
    assert read_aliyun_config(runtime_of()).chosen({variable: "default"}).name == "default"


def test_of_two_variables_the_clis_first_counts(write_aliyun, runtime_of):
    write_aliyun(TWO)
    environ = {"ALICLOUD_PROFILE": "nope", "ALIBABA_CLOUD_PROFILE": "nope", "ALIBABACLOUD_PROFILE": "default"}
    assert read_aliyun_config(runtime_of()).chosen(environ).name == "default"


def test_a_variable_that_names_no_profile_is_an_error_that_names_both(write_aliyun, runtime_of):
    path = write_aliyun(TWO)
    with pytest.raises(ConfigurationError, match=r"'nope'.*ALIBABA_CLOUD_PROFILE") as caught:
        read_aliyun_config(runtime_of()).chosen({"ALIBABA_CLOUD_PROFILE": "nope"})
    assert str(path) in caught.value.what
    assert "default, work" in caught.value.hint


def test_a_current_that_names_no_profile_is_an_error(write_aliyun, runtime_of):
    write_aliyun('{"current": "gone", "profiles": []}')
    with pytest.raises(ConfigurationError, match="'gone'"):
        read_aliyun_config(runtime_of()).chosen({})


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"\xff",
        b'{"profiles": {}}',
        b'{"profiles": [1]}',
        b'{"profiles": [{}]}',
        b'{"current": 1}',
        b"[" * 9999,
    ],
)
def test_a_file_that_the_cli_never_wrote_is_an_error_that_names_it(content):
    with pytest.raises(ConfigurationError, match=r"config\.json"):
        parse_aliyun_config(Path("config.json"), content)


def test_a_value_that_is_not_text_is_an_error(write_aliyun, runtime_of):
    write_aliyun('{"current": "x", "profiles": [{"name": "x", "access_key_id": 1}]}')
    with pytest.raises(ConfigurationError, match="`access_key_id`"):
        read_aliyun_config(runtime_of()).chosen({}).text("access_key_id")


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.text() | st.integers(),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["profiles", "current", "name"]), x),
    ).map(lambda x: json.dumps(x).encode())
)
def test_whatever_the_file_holds_it_is_profiles_or_a_configuration_error(content):
    try:
        config = parse_aliyun_config(Path("config.json"), content)
    except ConfigurationError:
        return
    assert all(name == profile.name for name, profile in config.profiles.items())


def test_a_secret_is_never_shown(write_aliyun, runtime_of):
    write_aliyun(TWO)
    config = read_aliyun_config(runtime_of())
    assert "s3cret" not in repr(config) + repr(config.chosen({}))


def test_windows_keeps_it_where_the_cli_looks_first(runtime_of):
    drive = runtime_of("win32", HOMEDRIVE="/h", HOMEPATH="/ada")
    assert aliyun_config_path(drive) == Path("/h/ada/.aliyun/config.json")
