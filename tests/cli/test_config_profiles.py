"""`config use`, `profiles`, `list`, and `set` of a profile's own way to credentials, through the command tree."""

import json

import pytest
from support.in_process import InProcess
from support.terminal import OnTerminal

from ecsvnc.settings.profile_keys import PROFILE_KEYS
from ecsvnc.settings.table import SETTINGS

ROLE = "acs:ram::1000000000000001:role/console"
AK = {"mode": "AK", "access_key_id": "LTAI5tTheirs", "access_key_secret": "s3cret"}


@pytest.fixture
def run(tmp_path, capsys):
    """`run("config", "list")`: a command in this process, with an empty home."""
    return InProcess(tmp_path, capsys)


@pytest.fixture
def aliyun(run):
    """Writes profiles of the aliyun CLI, the first of which is its current one."""

    def write(*names, **more):
        profiles = [{"name": name, "region_id": "cn-shanghai", **AK, **more} for name in names]
        run.write_aliyun(json.dumps({"current": names[0], "profiles": profiles}))

    return write


def listed(run, *arguments, **environ):
    done = run("config", "list", "-o", "json", *arguments, **environ)
    assert done.status == 0, done.stderr
    return {row["key"]: (row["value"], row["origin"]) for row in map(json.loads, done.stdout.splitlines())}


def profiles(run, **environ):
    done = run("config", "profiles", "-o", "json", **environ)
    assert (done.status, done.stderr) == (0, "")
    return [(row["name"], row["tools"], row["is_current"]) for row in map(json.loads, done.stdout.splitlines())]


class TestUse:
    def test_the_profile_is_the_default_of_every_command(self, run):
        run("config", "set", "region", "cn-beijing", "--profile", "work")
        assert run("config", "use", "work") == (0, "", "The default is now profile work.\n")
        assert run.config_text == 'default_profile = "work"\n\n[profiles.work]\nregion = "cn-beijing"\n'
        assert run("config", "get", "region").stdout == "cn-beijing\n"
        assert run("config", "set", "timeout", "30").stderr == "Set timeout to 30 in profile work.\n"
        assert listed(run)["profile"] == ("work", f"default_profile in {run.config_path}")

    def test_default_is_the_default_again(self, run):
        run.write_config('default_profile = "work"\n[profiles.work]\nregion = "cn-beijing"\n')
        assert run("config", "use", "default").stderr == "The default is now profile default.\n"
        assert run("config", "get", "region").stdout == ""
        assert "default_profile" not in run.config_text

    def test_option_and_variable_come_first(self, run):
        run.write_config(
            'default_profile = "work"\n'
            '[profiles.work]\nregion = "cn-beijing"\n[profiles.home]\nregion = "cn-hangzhou"\n'
        )
        assert run("config", "get", "region", "--profile", "home").stdout == "cn-hangzhou\n"
        assert run("config", "get", "region", ECSVNC_PROFILE="home").stdout == "cn-hangzhou\n"
        done = run("config", "use", "home", ECSVNC_PROFILE="work")
        assert done.stderr.splitlines()[1] == "ECSVNC_PROFILE is set, and overrides config.toml."

    def test_one_of_the_aliyun_cli_can_be_used(self, run, aliyun):
        aliyun("theirs", "other")
        done = run("config", "use", "other")
        assert done.stderr == "The default is now profile other of the aliyun CLI.\n"
        assert listed(run)["profile"] == ("other", f"default_profile in {run.config_path}")
        assert listed(run, ALIBABA_CLOUD_PROFILE="theirs")["profile"][0] == "other"

    def test_one_that_neither_tool_has_is_refused_and_changes_nothing(self, run, aliyun):
        aliyun("theirs")
        run.write_config("[profiles.work]\ntimeout = 1\n")
        done = run("config", "use", "wrk")
        assert (done.status, done.stdout, run.config_text) == (3, "", "[profiles.work]\ntimeout = 1\n")
        assert done.stderr.startswith("Error: Unknown profile 'wrk' (from the command line)")
        assert "Known profiles: work, theirs." in done.stderr

    def test_one_that_is_gone_is_an_error_and_not_another_identity(self, run, aliyun):
        aliyun("theirs")
        run.write_config('default_profile = "work"\n')
        for arguments in (("config", "list"), ("whoami",)):
            done = run(*arguments)
            assert (done.status, done.stdout) == (3, "")
            assert done.stderr.startswith(f"Error: Unknown profile 'work' (from default_profile in {run.config_path})")
            assert "`ecsvnc config use PROFILE`" in done.stderr
        assert run("config", "use", "theirs").status == 0

    def test_credentials_in_the_environment_still_come_first_and_that_is_reported(self, run):
        run.write_config("[profiles.work]\ntimeout = 1\n")
        done = run("config", "use", "work", ALIBABA_CLOUD_ACCESS_KEY_ID="LTAI5tMine")
        assert done.stderr.splitlines()[1] == (
            "ALIBABA_CLOUD_ACCESS_KEY_ID is set: credentials still come from the environment."
        )

    def test_a_value_that_is_no_name_in_the_file_is_reported(self, run):
        run.write_config("default_profile = 1\n")
        done = run("config", "list")
        assert done.status == 3
        assert "`default_profile` in" in done.stderr


class TestProfiles:
    def test_both_tools_are_listed_and_the_current_one_is_marked(self, run, aliyun):
        run.write_config("[profiles.default]\ntimeout = 1\n[profiles.mine]\ntimeout = 1\n")
        aliyun("default", "theirs")
        assert run("config", "profiles") == (
            0,
            "default\tecsvnc,aliyun\tcurrent\nmine\tecsvnc\t\ntheirs\taliyun\t\n",
            "",
        )
        assert profiles(run, ECSVNC_PROFILE="theirs") == [
            ("default", ["ecsvnc", "aliyun"], False),
            ("mine", ["ecsvnc"], False),
            ("theirs", ["aliyun"], True),
        ]

    def test_without_a_profile_of_ours_the_aliyun_clis_current_one_is_current(self, run, aliyun):
        aliyun("theirs", "other")
        assert profiles(run) == [("theirs", ["aliyun"], True), ("other", ["aliyun"], False)]
        assert profiles(run, ALIBABA_CLOUD_PROFILE="other")[1] == ("other", ["aliyun"], True)

    def test_one_of_the_aliyun_cli_that_cannot_be_used_is_left_out(self, run, aliyun):
        aliyun("theirs", mode="BearerToken")
        assert run("config", "profiles") == (0, "", "No profiles found. To create one, run `ecsvnc config login`.\n")

    def test_a_default_that_is_gone_is_reported_and_the_others_are_listed(self, run):
        run.write_config('default_profile = "gone"\n[profiles.work]\ntimeout = 1\n')
        done = run("config", "profiles")
        assert (done.status, done.stdout) == (0, "work\tecsvnc\t\n")
        assert "Unknown profile 'gone'" in done.stderr


class TestList:
    def test_a_profile_of_the_aliyun_cli_is_shown_with_its_file(self, run, aliyun):
        aliyun("theirs")
        file = run.home / ".aliyun" / "config.json"
        assert listed(run)["profile"] == ("theirs", f"the aliyun CLI's {file}")
        assert listed(run)["region"] == ("cn-shanghai", f"profile 'theirs' in {file}")
        assert listed(run, "--profile", "theirs")["profile"] == ("theirs", "--profile")

    def test_a_profile_without_credentials_is_shown_with_the_aliyun_clis_that_has_them(self, run, aliyun):
        run.write_config("[profiles.default]\ntimeout = 1\n")
        aliyun("theirs")
        assert listed(run)["profile"] == ("default", "default")
        assert listed(run)["aliyun_profile"][0] == "theirs"
        run.write_config(f'[profiles.default]\nrole_arn = "{ROLE}"\necs_ram_role = ""\n')
        assert "aliyun_profile" not in listed(run)

    def test_a_profiles_own_way_to_credentials_is_listed_and_got(self, run):
        run.write_config(f'[profiles.default]\nrole_arn = "{ROLE}"\necs_ram_role = ""\n')
        place = f"profile 'default' in {run.config_path}"
        assert listed(run)["role_arn"] == (ROLE, place)
        assert run("config", "get", "role_arn").stdout == f"{ROLE}\n"
        assert run("config", "get", "source_profile") == (0, "", "")
        assert run("config", "get", "profile").stdout == "default\n"


class TestSet:
    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("credential_process", "true --json"),
            ("ecs_ram_role", "console-operator"),
            ("ecs_ram_role", ""),
            ("role_session_name", "alice"),
            ("external_id", "1234"),
            ("role_arn", ROLE),
        ],
    )
    def test_every_key_of_the_credentials_can_be_set_and_unset(self, run, key, value):
        run.write_config('[profiles.p]\nrole_arn = "acs:ram::1:role/x"\n[profiles.work]\ntimeout = 1\n')
        assert run("config", "set", key, value, "--profile", "p").stderr.startswith(
            f"Set {key} to {value} in profile p.\n"
        )
        assert f'{key} = "{value}"\n' in run.config_text
        assert run("config", "unset", key, "--profile", "p").stderr == f"Removed {key} from profile p.\n"
        assert f'{key} = "{value}"\n' not in run.config_text

    def test_a_source_profile_has_to_exist_in_one_of_the_tools(self, run, aliyun):
        aliyun("theirs")
        run.write_config("[profiles.work]\ntimeout = 1\n")
        for name in ("work", "theirs"):
            assert run("config", "set", "source_profile", name, "--profile", "p").status == 0
        done = run("config", "set", "source_profile", "wrk", "--profile", "p")
        assert (done.status, done.stdout) == (3, "")
        assert done.stderr.startswith("Error: Unknown profile 'wrk' (as source_profile)")
        done = run("config", "set", "source_profile", "p", "--profile", "p")
        assert (done.status, done.stderr.splitlines()[0]) == (
            2,
            "Error: source_profile must be another profile than the one that has it.",
        )

    def test_what_is_still_missing_is_reported(self, run):
        run.write_config("[profiles.work]\ntimeout = 1\n")
        done = run("config", "set", "source_profile", "work", "--profile", "p")
        assert done.stderr.splitlines()[1:] == ["Profile p also needs role_arn."]
        done = run("config", "set", "role_arn", ROLE, "--profile", "p")
        assert done.stderr.splitlines()[1:] == []
        done = run("config", "set", "role_arn", ROLE, "--profile", "q")
        assert done.stderr.splitlines()[1:] == [
            "Profile q also needs source_profile, credential_process or ecs_ram_role."
        ]

    @pytest.mark.parametrize(
        ("has", "lacks", "hint"),
        [
            (f'role_arn = "{ROLE}"', "no credentials to assume it with", "`ecsvnc config set source_profile NAME"),
            ('source_profile = "x"', "no `role_arn`", "`ecsvnc config set role_arn ARN --profile p`"),
            ('role_session_name = "alice"', "no `access_key_id`", "`ecsvnc config login --profile p`"),
        ],
    )
    def test_an_incomplete_profile_is_an_error_that_names_what_to_set(self, run, has, lacks, hint):
        run.write_config(f"[profiles.p]\n{has}\n")
        done = run("whoami", "--profile", "p")
        assert (done.status, done.stdout) == (4, "")
        assert lacks in done.stderr
        assert hint in done.stderr

    @pytest.mark.parametrize(
        ("has", "hint"),
        [
            ('access_key_id = "LTAI5tExample"\nkeyring_backend = "memory"', "`ecsvnc config logout`"),
            ('ecs_ram_role = ""', "`ecsvnc config unset ecs_ram_role`"),
        ],
    )
    def test_a_second_source_of_credentials_is_refused(self, run, has, hint):
        text = f"[profiles.default]\n{has}\n"
        run.write_config(text)
        done = run("config", "set", "credential_process", "true")
        assert (done.status, done.stdout, run.config_text) == (3, "", text)
        assert "can have only one source" in done.stderr
        assert hint in done.stderr

    def test_a_command_that_is_not_there_is_warned_of(self, run):
        done = run("config", "set", "credential_process", "no-such-helper --json")
        assert (done.status, done.stderr.splitlines()[1]) == (
            0,
            "no-such-helper not found. Install it, or set another credential_process.",
        )

    @pytest.mark.parametrize("key", ["access_key_secret", "sts_token", "access_key_id", "keyring_backend"])
    def test_a_secret_and_its_id_are_refused_and_not_repeated(self, run, key):
        done = run("config", "set", key, "s3cret-000001")
        assert (done.status, done.stdout, run.config_text) == (2, "", None)
        assert "`ecsvnc config login`" in done.stderr
        assert "s3cret" not in done.stderr

    def test_the_id_of_a_stored_key_is_removed_by_logout_alone(self, run):
        run.write_config('[profiles.default]\naccess_key_id = "LTAI5tExample"\nkeyring_backend = "memory"\n')
        done = run("config", "unset", "access_key_id")
        assert (done.status, "`ecsvnc config logout`" in done.stderr) == (2, True)

    @pytest.mark.parametrize(("region", "meant"), [("cn-hangzou", "cn-hangzhou"), ("cn-hangzhou-h", "cn-hangzhou")])
    def test_a_misspelt_region_is_refused_with_the_one_that_is_meant(self, run, region, meant):
        for arguments in (("config", "set", "region", region), ("config", "login", "LTAI5tMine", "--region", region)):
            done = run(*arguments)
            assert (done.status, done.stdout, run.config_text) == (2, "", None)
            assert f"Unknown region {region}" in done.stderr
            assert f"Did you mean {meant}?" in done.stderr

    def test_a_region_that_may_be_new_is_set_with_a_warning(self, run):
        done = run("config", "set", "region", "ap-southeast-9")
        assert done.status == 0
        assert "ecsvnc does not know the region ap-southeast-9." in done.stderr
        assert run("config", "get", "region").stdout == "ap-southeast-9\n"

    def test_a_misspelt_key_is_answered_with_the_one_that_is_meant(self, run):
        assert "Hint: Did you mean region?" in run("config", "set", "regoin", "cn-beijing").stderr
        assert "Hint: Keys: region, " in run("config", "set", "xyz", "1").stderr

    def test_help_names_every_key(self, run):
        text = run("config", "set", "--help").stdout
        for one in (*SETTINGS, *PROFILE_KEYS):
            assert f"  {one.key} " in text

    def test_a_profile_that_loses_its_last_value_is_gone(self, run):
        run.write_config("[profiles.default]\ntimeout = 1\n[profiles.work]\ntimeout = 1\n")
        run("config", "unset", "timeout", "--profile", "work")
        assert run.config_text == "[profiles.default]\ntimeout = 1\n"


def test_on_a_terminal_the_origin_of_a_value_is_wrapped_below_it(cli):
    with OnTerminal("config", "list", "--show-origin", environ=cli.environ, columns=40) as shown:
        assert shown.status() == 0
        rows = shown.rows
    assert rows[rows.index("timeout=60") + 1] == "  default"
