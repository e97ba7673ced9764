"""One grammar for every time, in options, variables and files."""

import pytest

from ecsvnc.cli.main import run

TIMES = ["90", "90s", "1.5h", ".5m", "500ms"]
NO_TIMES = ["nan", "inf", "1d", "1e3", "-1", "soon", "99999999h"]

NO_CREDENTIALS = 4
"""What a command ends with whose options are good, where there is no account."""

OPTIONS = [
    ("url", "--timeout"),
    ("url", "--wait-timeout"),
    ("open", "--wait-timeout"),
    ("open", "--handoff-timeout"),
    ("proxy", "--keepalive"),
    ("proxy", "--max-idle"),
    ("proxy", "--timeout"),
]


@pytest.fixture(autouse=True)
def no_account(monkeypatch, tmp_path):
    for name in ("ECSVNC_CONFIG_DIR", "ECSVNC_CACHE_DIR", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))


@pytest.mark.parametrize(("command", "option"), OPTIONS)
@pytest.mark.parametrize("text", TIMES)
def test_an_option_takes_a_time_with_or_without_a_unit(command, option, text):
    if (option, text) == ("--timeout", "1.5h") or (option, text) == ("--keepalive", "1.5h"):
        text = "1h"  # these two are at most that
    assert run([command, "web-1", option, text, "--no-input"]) == NO_CREDENTIALS


@pytest.mark.parametrize(("command", "option"), OPTIONS)
@pytest.mark.parametrize("text", NO_TIMES)
def test_an_option_refuses_what_is_no_time(capsys, command, option, text):
    assert run([command, "web-1", option, text, "--no-input"]) == 2
    assert "must be" in capsys.readouterr().err


@pytest.mark.parametrize("text", TIMES[:2] + TIMES[3:])
@pytest.mark.parametrize("key", ["timeout", "keepalive"])
def test_a_variable_and_a_file_take_the_same_times(capsys, monkeypatch, key, text):
    assert run(["config", "set", key, text]) == 0
    monkeypatch.setenv(f"ECSVNC_{key.upper()}", text)
    assert run(["config", "get", key]) == 0
    assert float(capsys.readouterr().out.splitlines()[-1]) > 0
