"""A user without a home folder, as in a container whose user id passwd does not know. By the installed command."""

from __future__ import annotations

import pytest

NO_PLACE = (
    3,
    "",
    (
        "Error: This user has no home folder, so there is no place for config.toml.\n"
        "Hint: Set ECSVNC_CONFIG_DIR to a folder for it, or set HOME.\n"
    ),
)
INSTANCE_ID = "i-bp1hzoinajzkh91h2q4d"


@pytest.fixture
def homeless(cli, tmp_path):
    """`cli` without HOME, and under a user id of which the system says what it says of an unknown one."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "sitecustomize.py").write_text(
        "import pwd\n\ndef getpwuid(uid):\n    raise KeyError(f'getpwuid(): uid not found: {uid}')\n\n"
        "pwd.getpwuid = getpwuid\n"
    )
    del cli.environ["HOME"]
    cli.environ["PYTHONPATH"] = str(tmp_path / "lib")
    yield cli
    assert list(cli.home.iterdir()) == []  # where it runs: nothing is written beside it, no folder named `~`


@pytest.fixture
def served(homeless, ecs_process):
    homeless.environ.update(ecs_process.exports)
    return homeless


def test_consoles_are_opened_all_the_same(served):
    status, stdout, stderr = served("url", "web-1", "win-1")
    assert (status, stderr) == (0, "")
    assert stdout.count("\n") == 2


def test_the_demo_runs(homeless):
    status, stdout, stderr = homeless("demo", "list")
    assert (status, stderr) == (0, "")
    assert "web-1" in stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["config", "list"],
        ["config", "get", "timeout"],
        ["config", "unset", "region"],
        ["config", "profiles"],
        ["config", "policy", INSTANCE_ID],
        ["config", "vnc-password", INSTANCE_ID, "--forget"],
    ],
)
def test_what_only_reads_the_configuration_finds_none(homeless, arguments):
    assert homeless(*arguments).status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["config", "path"],
        ["config", "set", "region", "cn-beijing"],
        ["config", "login", "LTAI5tExample", "--secret-stdin"],
        ["config", "vnc-password", INSTANCE_ID],
    ],
)
def test_what_would_write_it_says_that_there_is_no_place_for_it(homeless, arguments):
    assert homeless(*arguments, stdin="Ab12cd\n") == NO_PLACE


def test_a_folder_given_for_it_is_used(homeless, tmp_path):
    homeless.environ["ECSVNC_CONFIG_DIR"] = str(tmp_path / "config")
    assert homeless("config", "set", "region", "cn-beijing").status == 0
    assert homeless("config", "get", "region") == (0, "cn-beijing\n", "")


def test_the_files_that_would_be_in_it_are_named_as_people_write_them(homeless):
    status, _, stderr = homeless("url", "web-1", "--profile", "nobody")
    assert status == 3
    assert "it is neither in ~/.config/ecsvnc/config.toml nor in ~/.aliyun/config.json." in stderr
    homeless.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
    status, _, stderr = homeless("url", "web-1")
    assert status == 4
    assert "the credentials file (this user has no home folder)" in stderr


def test_check_examines_what_there_is(served):
    status, stdout, stderr = served("config", "check")
    assert (status, stderr) == (0, "")
    assert "No profile default in ~/.config/ecsvnc/config.toml (file does not exist yet)." in stdout


def test_completion_knows_the_commands_and_options(homeless):
    homeless.environ |= {"_ECSVNC_COMPLETE": "bash", "_ECSVNC_LINE": "ecsvnc url --prof"}
    assert homeless() == (0, "words\n--profile\n", "")
    homeless.environ["_ECSVNC_LINE"] = "ecsvnc url --profile "
    assert homeless() == (0, "words\n", "")
    homeless.environ["_ECSVNC_LINE"] = "ecsvnc url w"
    assert homeless() == (0, "words\n", "")


def test_a_bundle_of_authorities_in_it_is_not_there(served):
    served.environ["REQUESTS_CA_BUNDLE"] = "~/ca.pem"
    status, _, stderr = served("url", "web-1", "--region", "cn-hangzhou", "--endpoint", "https://127.0.0.1:1")
    assert status == 3
    assert stderr.startswith("Error: The certificate store ~/ca.pem that REQUESTS_CA_BUNDLE names does not exist.\n")
