"""`ecsvnc config`, by the installed command as a process: streams, status, file, and a keyring of the tests'."""

import json
import re
import stat

import pytest

KEY_ID = "LTAI5tExampleExample01"
SECRET = "s3cret-of-the-key-000000000001"
WEB = "i-bp1hzoinajzkh91h2q4d"

RING = '''
import json, os, pathlib
from keyring.backend import KeyringBackend

class Ring(KeyringBackend):
    """Keeps its secrets where the tests can look."""
    priority = 5
    path = pathlib.Path(os.environ["TEST_RING"])

    def _all(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def get_password(self, service, username):
        return self._all().get(service + "|" + username)

    def set_password(self, service, username, password):
        self.path.write_text(json.dumps({**self._all(), service + "|" + username: password}))

    def delete_password(self, service, username):
        secrets = self._all()
        del secrets[service + "|" + username]
        self.path.write_text(json.dumps(secrets))

class Failing(Ring):
    """Is there, and refuses."""
    priority = 4

    def get_password(self, service, username):
        raise RuntimeError("out of order")
'''


class Config:
    """Runs `ecsvnc config ...`, and shows what it left behind."""

    def __init__(self, cli, folder):
        folder.mkdir()
        (folder / "testring.py").write_text(RING)
        distribution = folder / "testring-1.dist-info"  # what a keyring is discovered by
        distribution.mkdir()
        (distribution / "METADATA").write_text("Name: testring\nVersion: 1\n")
        (distribution / "entry_points.txt").write_text("[keyring.backends]\ntestring = testring\n")
        self.ring = folder / "ring.json"
        self.path = cli.home / ".config" / "ecsvnc" / "config.toml"
        self._cli = cli.with_environ(
            PYTHONPATH=str(folder), PYTHON_KEYRING_BACKEND="testring.Ring", TEST_RING=str(self.ring)
        )

    def __call__(self, *arguments, stdin="", **environ):
        return self._cli.with_environ(**environ)("config", *arguments, stdin=stdin)

    def login(self, key_id=KEY_ID, secret=SECRET, *arguments):
        done = self("login", key_id, "--secret-stdin", *arguments, stdin=f"{secret}\n")
        assert (done.status, done.stdout) == (0, ""), done.stderr
        return done

    def found(self, *arguments, stdin=""):
        """Without a variable that names the keyring: it is found, or is the one that config.toml names."""
        return self(*arguments, stdin=stdin, PYTHON_KEYRING_BACKEND="")

    def write(self, text):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(text)
        self.path.chmod(0o600)

    @property
    def secrets(self):
        return json.loads(self.ring.read_text()) if self.ring.exists() else {}

    @property
    def text(self):
        return self.path.read_text() if self.path.exists() else None


@pytest.fixture
def config(cli, tmp_path):
    return Config(cli, tmp_path / "ring")


class TestSetGetUnset:
    def test_what_was_set_is_what_is_got(self, config):
        assert config("set", "region", "cn-beijing") == (0, "", "Set region to cn-beijing in profile default.\n")
        assert config("get", "region") == (0, "cn-beijing\n", "")
        assert config.text == '[profiles.default]\nregion = "cn-beijing"\n'
        assert stat.S_IMODE(config.path.stat().st_mode) == 0o600

    def test_numbers_are_numbers_in_the_file(self, config):
        config("set", "timeout", "30")
        config("set", "keepalive", "0.5")
        assert config.text == "[profiles.default]\ntimeout = 30\nkeepalive = 0.5\n"
        assert config("get", "timeout").stdout == "30\n"

    def test_times_may_have_a_unit_and_are_seconds_in_the_file(self, config):
        config("set", "timeout", "2m")
        config("set", "keepalive", ".5s")
        assert config.text == "[profiles.default]\ntimeout = 120\nkeepalive = 0.5\n"
        assert config("get", "keepalive", ECSVNC_KEEPALIVE="1m").stdout == "60\n"
        config.write("[profiles.default]\ntimeout = '90s'\n")
        assert config("get", "timeout").stdout == "90\n"

    def test_a_known_console_page_stays_a_version_in_the_file(self, config):
        config("set", "console_page", "0.0.7")
        assert 'console_page = "0.0.7"' in config.text
        assert config("get", "console_page").stdout.endswith("/ecs-console-vnc/0.0.7/index.html\n")

    def test_get_of_a_setting_without_a_value_prints_nothing(self, config):
        assert config("get", "region") == (0, "", "")
        assert config("get", "timeout") == (0, "60\n", "")

    def test_unset_brings_the_default_back_even_twice(self, config):
        config("set", "timeout", "30")
        assert config("unset", "timeout") == (0, "", "Removed timeout from profile default.\n")
        assert config("unset", "timeout") == (0, "", "Profile default has no timeout.\n")
        assert config.text == ""
        assert config("get", "timeout").stdout == "60\n"

    def test_a_profile_has_values_of_its_own(self, config):
        config("set", "region", "cn-beijing", "--profile", "work")
        assert config("get", "region").stdout == ""
        assert config("get", "region", "--profile", "work").stdout == "cn-beijing\n"
        assert config("get", "region", ECSVNC_PROFILE="work").stdout == "cn-beijing\n"

    def test_comments_order_and_what_a_newer_version_wrote_survive(self, config):
        config("set", "region", "cn-beijing")
        config.path.write_text('# mine\n[profiles.default]\nfuture = 1  # later\nregion = "cn-beijing" # here\n')
        assert config("set", "region", "cn-hangzhou").status == 0
        assert config("set", "timeout", "30").status == 0
        assert config.text == (
            '# mine\n[profiles.default]\nfuture = 1  # later\nregion = "cn-hangzhou" # here\ntimeout = 30\n'
        )

    def test_a_bad_value_in_the_file_or_a_variable_is_a_configuration_error(self, config):
        config("set", "timeout", "30")
        config.path.write_text('[profiles.default]\ntimeout = "soon"\n')
        assert config("get", "timeout").status == 3
        assert config("get", "region", ECSVNC_REGION="cn.evil").status == 3

    def test_a_variable_that_overrides_the_file_is_reported(self, config):
        done = config("set", "timeout", "30", ECSVNC_TIMEOUT="5")
        assert done.stderr.splitlines()[1:] == ["ECSVNC_TIMEOUT is set, and overrides config.toml."]
        done = config("unset", "browser", BROWSER="firefox")
        assert done.stderr.splitlines()[1:] == ["BROWSER is set, and overrides config.toml."]
        done = config("set", "region", "cn-beijing", ALIBABA_CLOUD_REGION_ID="cn-hangzhou")
        assert done.stderr.splitlines()[1:] == []

    @pytest.mark.parametrize("arguments", [("set", "timeout", "30"), ("unset", "timeout")])
    def test_an_invalid_variable_is_reported_after_the_change_is_made(self, config, arguments):
        config("set", "timeout", "20")
        status, stdout, stderr = config(*arguments, ECSVNC_TIMEOUT="soon")
        assert (status, stdout) == (0, "")
        _, warning = stderr.splitlines()
        assert warning.startswith("ECSVNC_TIMEOUT is set, and overrides config.toml. It must be a ")
        assert warning.endswith(": correct it, or unset it.")
        assert "timeout = 20" not in config.text

    @pytest.mark.parametrize("key", ["browser", "viewer"])
    @pytest.mark.parametrize("command", ['"', '"x', "x '%s"])
    def test_a_command_that_could_never_run_is_refused(self, config, key, command):
        status, stdout, stderr = config("set", key, command)
        assert (status, stdout, config.text) == (2, "", None)
        assert stderr.startswith(f"Error: {key} ")

    @pytest.mark.parametrize(("key", "command"), [("browser", "no-such-program %s"), ("viewer", "no-such-program")])
    def test_a_command_that_is_not_installed_is_set_with_a_warning(self, config, key, command):
        done = config("set", key, command)
        assert (done.status, done.stdout) == (0, "")
        assert "no-such-program" in done.stderr.splitlines()[1]
        assert done.stderr.endswith(f" Install it, or set another {key}.\n")
        assert config("get", key).stdout == f"{command}\n"

    def test_a_command_that_is_installed_is_set_without_a_warning(self, config):
        assert config("set", "browser", "true %s").stderr == "Set browser to true %s in profile default.\n"
        assert config("set", "browser", "none").stderr == "Set browser to none in profile default.\n"
        assert (
            config("set", "viewer", "true {host} {port}").stderr
            == "Set viewer to true {host} {port} in profile default.\n"
        )

    def test_an_unknown_key_is_reported_once(self, config):
        config.write("[profiles.default]\nfuture = 1\ntimeout = 30\n")
        for arguments, stdin in (
            (("set", "region", "cn-beijing"), ""),
            (("unset", "timeout"), ""),
            (("login", KEY_ID, "--secret-stdin"), SECRET),
            (("vnc-password", WEB), "Ab12cd"),
            (("vnc-password", WEB, "--forget"), ""),
            (("logout",), ""),
        ):
            done = config(*arguments, stdin=stdin)
            assert done.status == 0
            assert done.stderr.count("profiles.default.future") == 1

    def test_dotted_keys_and_inline_tables_are_edited_as_what_they_are(self, config):
        dotted = 'profiles.default.region = "a"\nprofiles.ops.region = "b"\nprofiles.ops.ecs_ram_role = "ops"\n'
        config.write(dotted)
        assert config("set", "timeout", "30", "--profile", "new").status == 0
        assert config.text == f"{dotted}\n[profiles.new]\ntimeout = 30\n"
        config.write('profiles = { default = { region = "a" } }\n')
        assert config("set", "timeout", "30", "--profile", "new").status == 0
        assert config("get", "timeout", "--profile", "new").stdout == "30\n"
        assert config("get", "region").stdout == "a\n"

    def test_a_file_with_an_editors_mode_is_read_without_a_warning(self, config):
        config.write("[profiles.default]\nregion = 'cn-beijing'\n")
        config.path.chmod(0o644)
        assert config("get", "region") == (0, "cn-beijing\n", "")

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (("set", "region", "cn.evil"), "Error: region must be a region id"),
            (("set", "timeout", "-1"), "Error: "),
            (("set", "nope", "1"), "Error: Unknown key 'nope'.\nHint: Keys: region, browser, viewer, console_page,"),
            (("get", "nope"), "Error: Unknown key 'nope'."),
            (("set", "region", "cn-beijing", "--profile", "a/b"), "Error: --profile must be a profile's name"),
            (("set", "region", "cn-beijing", "--profile", ""), "Error: --profile names no profile."),
            (("login", "an id", "--secret-stdin"), "Error: Not an AccessKey id"),
            (("login", KEY_ID, "--secret-stdin"), "Error: stdin is empty"),
            (("login", KEY_ID, "--secret-stdin", "--region", "cn.evil"), "Error: --region must be a region id"),
        ],
    )
    def test_invalid_usage_is_an_error_and_changes_nothing(self, config, arguments, complaint):
        status, stdout, stderr = config(*arguments)
        assert (status, stdout) == (2, "")
        assert stderr.startswith(complaint)
        assert "\nHint: " in stderr
        assert config.text is None

    def test_a_file_that_cannot_be_read_is_never_written_over(self, config):
        config("set", "region", "cn-beijing")
        config.path.write_text("[profiles.default\n")
        for arguments, stdin in (
            (("set", "region", "cn-hangzhou"), ""),
            (("unset", "region"), ""),
            (("login", KEY_ID, "--secret-stdin"), SECRET),
            (("vnc-password", WEB), "Ab12cd"),
        ):
            status, stdout, stderr = config(*arguments, stdin=stdin)
            assert (status, stdout) == (3, "")
            assert "is not valid TOML" in stderr
        assert config.text == "[profiles.default\n"
        assert config.secrets == {}


class TestList:
    def test_effective_values_are_listed_with_their_origin_and_secrets_masked(self, config):
        config.login()
        config("set", "region", "cn-beijing")
        done = config("list", "--show-origin", ECSVNC_TIMEOUT="5")
        rows = dict(re.fullmatch(r"(\w+)=(.*)\t(.*)", line).group(1, 0) for line in done.stdout.splitlines())
        file = f"profile 'default' in {config.path}"
        assert rows["profile"] == "profile=default\tdefault"
        assert rows["region"] == f"region=cn-beijing\t{file}"
        assert rows["timeout"] == "timeout=5\tECSVNC_TIMEOUT"
        assert rows["keepalive"] == "keepalive=20\tdefault"
        assert rows["access_key_id"] == f"access_key_id=LTAI…le01\t{file}"
        assert rows["access_key_secret"] == "access_key_secret=********\tkeyring testring.Ring"
        assert "browser" not in rows
        assert SECRET not in done.stdout + done.stderr

    def test_json_has_every_key(self, config):
        done = config("list", "--output", "json")
        rows = {row["key"]: row for row in map(json.loads, done.stdout.splitlines())}
        assert rows["timeout"] == {"key": "timeout", "value": 60, "origin": "default"}
        assert rows["region"] == {"key": "region", "value": None, "origin": "default"}

    def test_an_unknown_profile_is_a_configuration_error(self, config):
        status, stdout, stderr = config("list", "--profile", "nope")
        assert (status, stdout) == (3, "")
        assert stderr.startswith("Error: Unknown profile 'nope' (from --profile)")


class TestLogin:
    def test_the_secret_goes_to_the_keyring_and_the_file_remembers_which(self, config):
        done = config.login(KEY_ID, SECRET, "--region", "cn-beijing")
        assert config.secrets == {f"ecsvnc|{KEY_ID}": SECRET}
        assert config.text == (
            f'[profiles.default]\naccess_key_id = "{KEY_ID}"\nkeyring_backend = "testring.Ring"\n'
            'region = "cn-beijing"\n'
        )
        assert SECRET not in done.stderr

    def test_another_key_takes_the_place_of_the_first_whose_secret_goes(self, config):
        config.login()
        config.login("LTAI5tOther", "other-secret")
        assert config.secrets == {"ecsvnc|LTAI5tOther": "other-secret"}

    @pytest.mark.parametrize(
        "stdin", ["", "\n", "two\nlines\n", "a blank\n", "x" * 5000], ids=["empty", "blank", "two", "space", "long"]
    )
    def test_an_invalid_secret_is_refused_and_not_repeated(self, config, stdin):
        status, stdout, stderr = config("login", KEY_ID, "--secret-stdin", stdin=stdin)
        assert (status, stdout) == (2, "")
        assert stderr.startswith("Error: ")
        assert len(stderr) < 300
        assert (config.secrets, config.text) == ({}, None)

    @pytest.mark.parametrize("arguments", [(), (KEY_ID,), ("--secret-stdin",), (KEY_ID, "--no-input")])
    def test_without_a_terminal_the_missing_input_is_named(self, config, arguments):
        status, stdout, stderr = config("login", *arguments)
        assert (status, stdout) == (2, "")
        assert "--secret-stdin" in stderr

    def test_a_secret_is_no_argument(self, config):
        """It is in the shell's history and the process's arguments by then; it need not be on the screen too."""
        status, stdout, stderr = config("login", KEY_ID, SECRET)
        assert (status, stdout, config.secrets) == (2, "", {})
        assert "--secret-stdin" in stderr
        assert SECRET not in stderr

    def test_a_temporary_key_could_never_be_used_and_is_refused(self, config):
        status, stdout, stderr = config("login", "STS.NTexample", "--secret-stdin", stdin=SECRET)
        assert (status, stdout, config.text, config.secrets) == (2, "", None, {})
        assert "ALIBABA_CLOUD_SECURITY_TOKEN" in stderr

    @pytest.mark.parametrize(
        "other", ["credential_process = 'x'", "ecs_ram_role = ''", "source_profile = 'x'\nrole_arn = 'x'"]
    )
    def test_a_profile_with_another_source_is_left_alone(self, config, other):
        text = f"[profiles.default]\n{other}\n"
        config.write(text)
        status, stdout, stderr = config("login", KEY_ID, "--secret-stdin", stdin=SECRET)
        assert (status, stdout, config.text, config.secrets) == (3, "", text, {})
        assert f"takes its credentials from `{other.split()[0]}`" in stderr
        assert "--profile NAME" in stderr

    def test_a_role_gets_the_key_that_assumes_it(self, config):
        config.write("[profiles.default]\nrole_arn = 'x'\n")
        config.login()

    @pytest.mark.parametrize("backend", ["no.such.Ring", "testring.Failing"])
    def test_a_replaced_secret_that_cannot_be_removed_is_reported_after_the_success(self, config, backend):
        config.write(f"[profiles.default]\naccess_key_id = 'LTAI5tOther'\nkeyring_backend = '{backend}'\n")
        done = config.found("login", KEY_ID, "--secret-stdin", stdin=SECRET)
        assert (done.status, config.secrets) == (0, {f"ecsvnc|{KEY_ID}": SECRET})
        stored, warning, _ = done.stderr.splitlines()
        assert stored.startswith(f"Stored the secret of {KEY_ID}")
        assert warning.startswith("The secret of LTAI5tOther, which was replaced, could not be removed: ")
        assert "'LTAI5tOther'" not in config.text

    def test_a_secret_is_not_kept_if_the_file_cannot_be_written(self, config):
        done = config("login", KEY_ID, "--secret-stdin", stdin=SECRET, ECSVNC_CONFIG_DIR="/proc/nope")
        assert (done.status, config.secrets) == (3, {})
        assert "Cannot write /proc/nope/config.toml" in done.stderr

    def test_an_invalid_id_is_refused_and_not_repeated(self, config):
        """It may be the secret, in the wrong place."""
        status, _, stderr = config("login", "not/an+id==", "--secret-stdin", stdin=SECRET)
        assert status == 2
        assert "not/an+id" not in stderr

    def test_login_without_a_keyring_names_both_alternatives(self, config):
        status, stdout, stderr = config(
            "login", KEY_ID, "--secret-stdin", stdin=SECRET, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring"
        )
        assert (status, stdout) == (4, "")
        assert "Install a keyring" in stderr
        assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in stderr
        assert config.text is None


class TestLogout:
    def test_key_and_secret_go_and_the_rest_stays(self, config):
        config.login(KEY_ID, SECRET, "--region", "cn-beijing")
        done = config("logout")
        assert (done.status, done.stdout) == (0, "")
        assert config.secrets == {}
        assert config.text == '[profiles.default]\nregion = "cn-beijing"\n'

    def test_the_secret_stays_for_another_profile_with_the_same_key(self, config):
        config.login()
        config.login(KEY_ID, SECRET, "--profile", "work")
        done = config("logout")
        assert "stays for work" in done.stderr
        assert config.secrets == {f"ecsvnc|{KEY_ID}": SECRET}
        config("logout", "--profile", "work")
        assert config.secrets == {}

    def test_logout_removes_an_entry_whose_keyring_is_gone_and_names_the_secret(self, config):
        config.write(f"[profiles.default]\naccess_key_id = '{KEY_ID}'\nkeyring_backend = 'no.such.Ring'\n")
        done = config.found("logout")
        assert (done.status, done.stdout) == (0, "")
        assert KEY_ID not in config.text
        assert done.stderr.startswith(
            f"Removed {KEY_ID} from profile default, but not its secret. The keyring that holds"
        )
        assert f"(service ecsvnc, account {KEY_ID})" in done.stderr

    def test_an_entry_whose_keyring_refuses_stays(self, config):
        config.write(f"[profiles.default]\naccess_key_id = '{KEY_ID}'\nkeyring_backend = 'testring.Failing'\n")
        assert config.found("logout").status == 4
        assert KEY_ID in config.text

    def test_logout_without_an_access_key_is_an_error(self, config):
        status, stdout, stderr = config("logout")
        assert (status, stdout) == (3, "")
        assert stderr.startswith("Error: Profile default has no AccessKey")


class TestPath:
    def test_the_path_is_printed_whether_or_not_the_file_exists(self, config):
        assert config("path") == (0, f"{config.path}\n", "")
        assert config("path", ECSVNC_CONFIG_DIR="/elsewhere") == (0, "/elsewhere/config.toml\n", "")


class TestVncPassword:
    def test_it_goes_to_the_keyring_and_the_file_remembers_which(self, config):
        done = config("vnc-password", WEB, stdin="Ab12cd\n")
        assert (done.status, done.stdout) == (0, "")
        assert config.secrets == {f"ecsvnc|vnc-password:{WEB}": "Ab12cd"}
        assert config.text == f'[vnc_passwords]\n{WEB} = "testring.Ring"\n'
        assert "Ab12cd" not in done.stderr

    def test_a_name_is_looked_up_and_an_unknown_one_stores_nothing(self, config, ecs_process):
        for instance, status in (("web-1", 0), ("nope", 5)):
            done = config("vnc-password", instance, stdin="Ab12cd\n", **ecs_process.exports)
            assert (done.status, done.stdout) == (status, ""), done.stderr
        (account,) = config.secrets
        assert re.fullmatch(r"ecsvnc\|vnc-password:i-bp1[a-z0-9]{17}", account)
        assert config("vnc-password", "web-1", "--forget", **ecs_process.exports).status == 0
        assert config.secrets == {}

    def test_without_a_keyring_the_hint_is_to_give_it_in_a_file(self, config):
        done = config("vnc-password", "web-1", stdin="Ab12cd", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
        assert (done.status, done.stdout, config.text) == (4, "", None)  # nothing was looked up: there is no network
        assert "--vnc-password-file PATH" in done.stderr
        assert "ALIBABA_CLOUD" not in done.stderr

    def test_it_is_no_argument(self, config):
        for more in ((), ("--forget",)):
            status, stdout, stderr = config("vnc-password", WEB, "Ab12cd", *more, stdin="Ab12cd")
            assert (status, stdout, config.secrets) == (2, "", {})
            assert "Ab12cd" not in stderr

    def test_a_password_is_not_kept_if_the_file_cannot_be_written_and_the_earlier_one_stays(self, config):
        config("vnc-password", WEB, stdin="Before")
        for instance in (WEB, "i-bp1hzoinajzkh91h2q4e"):
            done = config("vnc-password", instance, stdin="Ab12cd", ECSVNC_CONFIG_DIR="/proc/nope")
            assert done.status == 3
        assert config.secrets == {f"ecsvnc|vnc-password:{WEB}": "Before"}

    @pytest.mark.parametrize(("backend", "status"), [("no.such.Ring", 0), ("testring.Failing", 4)])
    def test_an_entry_whose_keyring_is_gone_can_be_removed_and_one_that_refuses_cannot(self, config, backend, status):
        config.write(f"[vnc_passwords]\n{WEB} = '{backend}'\n")
        done = config.found("vnc-password", WEB, "--forget")
        assert done.status == status
        assert (WEB in config.text) is (status != 0)
        assert status or f"(service ecsvnc, account vnc-password:{WEB})" in done.stderr

    def test_removing_a_password_twice_is_no_error(self, config):
        config("vnc-password", WEB, stdin="Ab12cd")
        assert config("vnc-password", WEB, "--forget").status == 0
        assert config("vnc-password", WEB, "--forget").status == 0
        assert config.secrets == {}
        assert WEB not in config.text

    @pytest.mark.parametrize("stdin", ["", "short", "toolong", "Ab12c!", "Ab12cd\nAb12cd\n"])
    def test_an_invalid_vnc_password_is_refused_and_not_repeated(self, config, stdin):
        status, stdout, stderr = config("vnc-password", WEB, stdin=stdin)
        assert (status, stdout) == (2, "")
        assert not stdin or stdin.splitlines()[0] not in stderr
        assert config.secrets == {}
