import json
import sys

import pytest

from ecsvnc.errors import ConfigurationError, UsageError
from ecsvnc.settings.resolve import OriginKind
from ecsvnc.settings.table import (
    BROWSER,
    CONSOLE_PAGE,
    ENDPOINT,
    KEEPALIVE,
    NETWORK,
    REGION,
    SETTINGS,
    TIMEOUT,
    VIEWER,
)


def aliyun(**values):
    return json.dumps({"current": "a", "profiles": [{"name": "a", "mode": "AK", **values}]})


GOOD = {
    "region": "cn-shanghai",
    "browser": "firefox %s",
    "viewer": "vncviewer",
    "console_page": "https://page.example/",
    "endpoint": "https://ecs.example.com",
    "network": "vpc",
    "timeout": "7",
    "keepalive": "9",
    "port": "5901",
    "layout": "de",
}
OTHER = {
    "region": "cn-beijing",
    "browser": "chromium",
    "viewer": "remmina",
    "console_page": "https://other.example/",
    "endpoint": "https://other.example.com",
    "network": "public",
    "timeout": "8",
    "keepalive": "10",
    "port": "5902",
    "layout": "fr",
}
BAD = {
    "region": "cn.evil",
    "browser": " ",
    "viewer": " ",
    "console_page": "nope",
    "endpoint": "https://user:hunter2@ecs.example.com",
    "network": "other",
    "timeout": "-1",
    "keepalive": "x",
    "port": "x",
    "layout": "klingon",
}
KEYS = [setting.key for setting in SETTINGS]


@pytest.mark.parametrize("setting", SETTINGS, ids=KEYS)
def test_an_option_beats_a_variable_beats_the_profile_beats_the_default(setting, write_config, settings_of):
    write_config(f"[profiles.default]\n{setting.key} = {OTHER[setting.key]!r}\n")
    by_file = settings_of()
    assert by_file[setting] == setting.parse(OTHER[setting.key])
    assert by_file.origin(setting).kind is OriginKind.FILE
    by_variable = settings_of(**{setting.variable: GOOD[setting.key]})
    assert by_variable[setting] == setting.parse(GOOD[setting.key])
    assert by_variable.origin(setting).name == setting.variable
    if setting.option is not None:
        good = setting.parse(GOOD[setting.key])
        by_option = settings_of({setting.key: good}, **{setting.variable: OTHER[setting.key]})
        assert by_option[setting] == good
        assert by_option.origin(setting).name == setting.option.name


@pytest.mark.parametrize("setting", SETTINGS, ids=KEYS)
def test_an_invalid_value_is_an_error_that_names_its_origin_and_not_the_value(setting, write_config, settings_of):
    bad = BAD[setting.key]
    with pytest.raises(ConfigurationError, match=setting.variable) as caught:
        settings_of(**{setting.variable: bad})[setting]
    path = write_config(f"[profiles.default]\n{setting.key} = {bad!r}\n")
    with pytest.raises(ConfigurationError, match=f"`{setting.key}`") as caught:
        settings_of()[setting]
    assert str(path) in caught.value.what
    assert "hunter2" not in caught.value.what + caught.value.hint


def test_the_defaults_are_those_of_the_contract(settings_of):
    settings = settings_of()
    assert settings[REGION] is None
    assert settings[BROWSER] is None
    assert settings[VIEWER] is None
    assert settings[ENDPOINT] is None
    assert settings.sts_endpoint is None
    assert settings[NETWORK] == "public"
    assert (settings[TIMEOUT], settings[KEEPALIVE]) == (60.0, 20.0)
    assert settings[CONSOLE_PAGE] == "https://g.alicdn.com/aliyun/ecs-console-vnc2/0.0.8/index.html"
    assert settings.origin(TIMEOUT).kind is OriginKind.DEFAULT


def test_the_page_on_the_web_is_the_default_s_where_the_setting_says_local(settings_of):
    settings = settings_of(ECSVNC_CONSOLE_PAGE="local")
    assert settings[CONSOLE_PAGE] == "local"
    assert settings.web_console_page == settings_of()[CONSOLE_PAGE]
    assert settings_of(ECSVNC_CONSOLE_PAGE="0.0.7").web_console_page.endswith("/0.0.7/index.html")


def test_an_empty_variable_is_not_set(settings_of):
    assert settings_of(ECSVNC_TIMEOUT="", ECSVNC_PROFILE="")[TIMEOUT] == 60.0


def test_the_region_comes_from_the_option_the_setting_the_shared_variable_the_aliyun_cli(
    settings_of, write_config, write_aliyun
):
    write_aliyun(aliyun(region_id="cn-aliyun"))
    assert settings_of()[REGION] == "cn-aliyun"
    assert settings_of(ALIBABA_CLOUD_REGION_ID="cn-shared")[REGION] == "cn-shared"
    write_config("[profiles.default]\nregion = 'cn-file'\n")
    assert settings_of(ALIBABA_CLOUD_REGION_ID="cn-shared")[REGION] == "cn-file"
    assert settings_of().explicit_region is None
    assert settings_of({"region": "cn-option"}).explicit_region == "cn-option"


def test_browser_stands_between_our_variable_and_the_profile(settings_of, write_config):
    write_config("[profiles.default]\nbrowser = 'from-file'\n")
    assert settings_of(BROWSER="from-browser")[BROWSER] == "from-browser"
    assert settings_of(BROWSER="from-browser", ECSVNC_BROWSER="ours")[BROWSER] == "ours"
    assert settings_of()[BROWSER] == "from-file"


@pytest.mark.parametrize(("text", "network"), [("true", "vpc"), ("TRUE", "vpc"), ("false", "public"), ("1", "public")])
def test_the_shared_variable_for_vpc_endpoints_holds(settings_of, text, network):
    assert settings_of(ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED=text)[NETWORK] == network


def test_the_aliyun_profiles_endpoint_type_is_used_unless_the_network_is_set(settings_of, write_aliyun, write_config):
    write_aliyun(aliyun(endpoint_type="vpc"))
    assert settings_of()[NETWORK] == "vpc"
    write_config("[profiles.default]\nnetwork = 'public'\n")
    assert settings_of(ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED="true")[NETWORK] == "public"


def test_a_broken_file_of_the_aliyun_cli_does_not_stop_who_does_not_need_it(settings_of, write_aliyun, heard):
    write_aliyun("{")
    assert settings_of()[REGION] is None
    assert "not valid JSON" in heard.details[0]


def test_a_profile_is_chosen_by_option_then_variable(settings_of, write_config):
    write_config("[profiles.a]\nregion = 'cn-a'\n[profiles.b]\nregion = 'cn-b'\n")
    assert settings_of(profile="a", ECSVNC_PROFILE="b")[REGION] == "cn-a"
    assert settings_of(ECSVNC_PROFILE="b")[REGION] == "cn-b"
    assert settings_of()[REGION] is None


def test_a_profile_of_the_aliyun_cli_can_be_chosen_too(settings_of, write_aliyun):
    write_aliyun(aliyun(region_id="cn-aliyun"))
    assert settings_of(profile="a", ALIBABA_CLOUD_PROFILE="unknown")[REGION] == "cn-aliyun"


def test_a_chosen_profile_of_ours_takes_nothing_from_the_aliyun_clis_current_one(
    settings_of, write_config, write_aliyun
):
    write_config("[profiles.mine]\ntimeout = 5\n")
    write_aliyun(aliyun(region_id="cn-aliyun"))
    assert settings_of(profile="mine")[REGION] is None


@pytest.mark.parametrize("how", ["option", "variable"])
def test_an_unknown_profile_is_an_error_that_lists_the_known(settings_of, write_config, write_aliyun, how):
    write_config("[profiles.mine]\n")
    write_aliyun(aliyun())
    settings = settings_of(profile="nope") if how == "option" else settings_of(ECSVNC_PROFILE="nope")
    with pytest.raises(ConfigurationError, match="Unknown profile 'nope'") as caught:
        settings[REGION]
    assert ("--profile" if how == "option" else "ECSVNC_PROFILE") in caught.value.what
    assert "mine, a" in caught.value.hint


def test_an_empty_profile_option_is_no_other_profile(settings_of, write_config):
    write_config('[profiles.default]\nregion = "cn-beijing"\n')
    with pytest.raises(UsageError, match="--profile"):
        settings_of(profile="")[REGION]


def test_the_sts_endpoint_is_a_variable_alone_and_checked(settings_of):
    assert settings_of(ECSVNC_STS_ENDPOINT="http://127.0.0.1:9/").sts_endpoint == "http://127.0.0.1:9"
    with pytest.raises(ConfigurationError, match="ECSVNC_STS_ENDPOINT"):
        settings_of(ECSVNC_STS_ENDPOINT="http://sts.example.com").sts_endpoint  # noqa: B018  # the property raises


def test_settings_cost_nothing_that_is_not_needed(runtime_of):
    """Neither the keyring nor a TOML library is loaded for a run without config.toml."""
    import subprocess

    program = (
        "import sys; from pathlib import Path; from ecsvnc.runtime import Runtime;"
        "from ecsvnc.settings.resolve import Settings; from ecsvnc.settings.table import NETWORK, REGION, TIMEOUT;"
        "s = Settings(Runtime(environ={}, home=Path('/nonexistent'))); s[REGION]; s[NETWORK]; s[TIMEOUT];"
        "print(sorted({'keyring', 'tomlkit', 'tomllib', 'platformdirs', 'requests'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], env={}, capture_output=True, text=True, check=True).stdout
    assert told == "[]\n"
