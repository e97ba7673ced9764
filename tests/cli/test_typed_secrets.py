"""A secret that is expected on stdin, and stdin is a terminal: what is typed there is not shown."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest
from support.program import COMMAND

KEY_ID = "LTAI5tExampleExample01"
SECRET = "s3cret-of-the-key-000000000001"
WEB = "i-bp1hzoinajzkh91h2q4d"


def test_it_is_asked_for_and_not_shown(on_terminal, keyring):
    with on_terminal("config", "login", KEY_ID, "--secret-stdin") as run:
        run.wait_for(f"AccessKey secret of {KEY_ID}: ")
        run.type(f"{SECRET}\r")
        assert run.status() == 0
    assert SECRET not in run.shown
    assert keyring.secrets() == {KEY_ID: SECRET}


def test_it_is_asked_for_on_the_terminal_though_stderr_goes_to_a_file(cli, keyring):
    outer, inner = pty.openpty()
    with (cli.home / "log").open("w+") as log:
        process = subprocess.Popen(
            ["setsid", "--ctty", COMMAND, "config", "vnc-password", WEB],
            stdin=inner,
            stdout=inner,
            stderr=log,
            env={**cli.environ, **keyring.environ},
        )
        os.close(inner)
        shown = b""
        while not shown.endswith(f"VNC password of {WEB}: ".encode()):
            shown += os.read(outer, 1)
        os.write(outer, b"Ab12cd\r")
        assert process.wait(60) == 0
        shown = os.read(outer, 4096)
        os.close(outer)
        log.seek(0)
        assert "Ab12cd" not in log.read() + shown.decode()
    assert list(keyring.secrets().values()) == ["Ab12cd"]


def test_nothing_typed_is_a_usage_error(on_terminal, keyring):
    with on_terminal("config", "login", KEY_ID, "--secret-stdin") as run:
        run.wait_for(f"AccessKey secret of {KEY_ID}: ")
        run.type("\x04")
        assert run.status() == 2
    assert keyring.secrets() == {}


def test_login_asks_for_nothing_on_a_machine_without_a_keyring(on_terminal):
    with on_terminal("config", "login", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring") as run:
        assert run.status() == 4
    assert "turns the keyring off" in run.shown
    assert "AccessKey id:" not in run.shown


@pytest.mark.parametrize("arguments", [("login", KEY_ID, "--secret-stdin"), ("vnc-password", WEB)])
def test_with_no_input_it_is_not_waited_for(on_terminal, arguments):
    with on_terminal("config", *arguments, "--no-input") as run:
        assert run.status() == 2
    assert "stdin is a terminal" in run.shown
