"""Programs that print credentials: no shell, a limit of time and size, and nothing of what they print is shown."""

import json
import os
import sys

import pytest

from ecsvnc.credentials.process import MAX_OUTPUT_BYTES, printed_expiration, run_credential_process
from ecsvnc.errors import ConfigurationError, CredentialsError


@pytest.fixture
def run(world):
    def run_it(command, *, may_ask=True, limit_s=10.0):
        world.may_ask = may_ask
        return run_credential_process(world.context(), command, "it", limit_s=limit_s)

    return run_it


def program(world, code):
    return f"{sys.executable} {world.write('program.py', code)}"


def failing(run, command, kind=CredentialsError, **options):
    with pytest.raises(kind) as caught:
        run(command, **options)
    assert "s3cret" not in caught.value.what + caught.value.hint
    return caught.value.what


def test_its_object_is_returned(run, world):
    assert run(world.write_program(json.dumps({"mode": "AK"}))) == {"mode": "AK"}


def test_it_is_taken_apart_as_a_shell_would_but_no_shell_runs(run, world):
    echo = program(world, "import sys, json; print(json.dumps({'given': sys.argv[1:]}))")
    assert run(f"{echo} 'two words' $HOME ; `id`") == {"given": ["two words", "$HOME", ";", "`id`"]}


def test_a_command_that_hangs_is_stopped_at_the_time_limit(run, world):
    pid_file = world.home / "pid"
    hanging = program(world, f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    assert "did not end within 1 s, and was stopped" in failing(run, hanging, limit_s=1.0)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_a_command_that_prints_and_then_hangs_is_stopped_too(run, world):
    hanging = program(world, "import time; print('{}', flush=True); time.sleep(60)")
    assert "did not end within 1 s" in failing(run, hanging, limit_s=1.0)


def test_a_command_that_prints_without_end_is_stopped(run, world):
    endless = program(world, "while True: print('s3cret' * 1000)")
    assert f"more than {MAX_OUTPUT_BYTES} bytes" in failing(run, endless)


@pytest.mark.parametrize("output", ["", "s3cret", "[]", '"s3cret"', "{", "[" * 50_000])
def test_output_that_is_no_json_object_is_not_shown(run, world, output):
    assert failing(run, world.write_program(output)) == "The command of it did not print a JSON object."


def test_the_output_of_a_command_that_fails_is_not_used(run, world):
    assert "failed with status 3" in failing(run, world.write_program('{"mode": "AK"}', status=3))


def test_a_missing_command_is_an_error_of_the_credentials(run):
    assert "could not be started: No such file or directory" in failing(run, "/nowhere/at-all s3cret")


@pytest.mark.parametrize("command", ["", "   ", "program 's3cret"])
def test_an_invalid_command_is_an_error_of_the_configuration(run, command):
    assert "is empty, or has an unbalanced quote" in failing(run, command, ConfigurationError)


def test_with_no_input_it_cannot_ask(run, world):
    asking = program(world, "import json, sys; print(json.dumps({'typed': sys.stdin.read()}))")
    assert run(asking, may_ask=False) == {"typed": ""}


def test_the_vendors_variable_forbids_it(run, world):
    world.environ["ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS"] = "TRUE"
    assert failing(run, world.write_program("{}")) == (
        "The command of it is not run: ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS is true."
    )


@pytest.mark.parametrize("said", [{}, {"expiration": ""}, {"expiration": None}])
def test_without_an_expiry_none_is_known(said):
    assert printed_expiration(said, "it") is None


def test_an_end_is_read_as_utc():
    assert printed_expiration({"expiration": "2027-01-15T08:00:00Z"}, "it") == 1_800_000_000.0
