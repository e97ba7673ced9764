"""A real gnome-keyring: log in, use, locked, log out; each by the installed command as a process."""

import sys
import time

import pytest
from support.ecs.extended import ExtendedEcs

from ecsvnc.runtime import Runtime

if not sys.platform.startswith("linux"):
    pytest.skip("gnome-keyring is Linux's", allow_module_level=True)

BACKEND = "keyring.backends.SecretService.Keyring"
WITH_LIMIT = """
import sys
from dataclasses import replace
from ecsvnc.cli.app import App
from ecsvnc.cli.main import run
from ecsvnc.cli.terminal import Terminal
from ecsvnc.runtime import Runtime
from ecsvnc.settings.keyring_store import KeyringStores
runtime = Runtime.of_this_process()
terminal = Terminal(runtime.environ)
stores = KeyringStores(replace(runtime, reporter=terminal), limit_s=float(sys.argv[1]), unseen_dialog_s=60.0)
sys.exit(run(sys.argv[2:], app=App(runtime, terminal, secret_stores=stores)))
"""
"""The command with another limit for the keyring: its first argument, in seconds.

No dialog is shown in these tests, and none is taken for one that somebody dismissed, however slow the machine is.
"""


@pytest.fixture(scope="module")
def ecs():
    with ExtendedEcs(Runtime.of_this_process()) as ecs:
        yield ecs


@pytest.fixture
def ecsvnc(cli, keyring, ecs):
    """The command, with the keyring and an ECS, and no AccessKey."""
    return cli.with_environ(
        **keyring.environ, ECSVNC_ENDPOINT=ecs.origin, ECSVNC_CONSOLE_PAGE=ecs.exports()["ECSVNC_CONSOLE_PAGE"]
    )


@pytest.fixture
def logged_in(ecsvnc, ecs):
    done = ecsvnc("config", "login", ecs.identity.access_key_id, "--secret-stdin", stdin=secret_of(ecs) + "\n")
    assert (done.status, done.stdout) == (0, ""), done.stderr
    return ecsvnc


def secret_of(ecs):
    return ecs.identity.access_key_secret


def web(ecs):
    return ecs.fleet.named("web-1").id


def test_the_secret_is_stored_in_the_keyring_alone(logged_in, keyring, ecs):
    assert keyring.secrets() == {ecs.identity.access_key_id: secret_of(ecs)}
    (config,) = logged_in.home.rglob("config.toml")
    text = config.read_text()
    assert f'keyring_backend = "{BACKEND}"' in text
    assert ecs.identity.access_key_id in text
    for path in logged_in.home.rglob("*"):
        if path.is_file():
            assert secret_of(ecs).encode() not in path.read_bytes(), path


def test_it_signs(logged_in, ecs):
    done = logged_in("url", web(ecs), "--os", "linux", "--verbose")
    assert done.status == 0, done.stderr
    assert done.stdout.startswith(ecs.origin)
    assert "Credentials from ecsvnc's profile 'default', secret in the keyring." in done.stderr


def test_after_logout_the_secret_is_gone_and_the_hint_is_to_log_in(logged_in, keyring, ecs):
    done = logged_in("config", "logout")
    assert done.status == 0, done.stderr
    assert keyring.secrets() == {}
    done = logged_in("url", web(ecs), "--os", "linux")
    assert done.status == 4
    assert "ecsvnc config login" in done.stderr


def test_a_secret_that_was_removed_elsewhere_is_an_incomplete_credential(logged_in, keyring, ecs):
    keyring.forget_all()
    done = logged_in("url", web(ecs), "--os", "linux")
    assert done.status == 4
    assert "has no secret for AccessKey" in done.stderr


def test_a_locked_keyring_is_not_waited_for_with_no_input(logged_in, keyring, ecs):
    keyring.lock()
    done = logged_in("url", web(ecs), "--os", "linux", "--no-input")
    assert (done.status, done.stdout) == (4, "")
    assert done.stderr.startswith("Error: The keyring is locked.\nHint: Unlock it, or omit --no-input.")
    assert keyring.is_locked()


def test_a_locked_keyring_is_waited_for_until_it_is_unlocked(logged_in, keyring, ecs):
    keyring.lock()
    program = [sys.executable, "-c", WITH_LIMIT, "60", "url", web(ecs), "--os", "linux"]
    with logged_in.start_other(program) as running:
        said = running.stderr.readline()
        assert said == "Waiting for the keyring (at most 60 s). It may be asking you to unlock it.\n"
        keyring.unlock()
        done = running.finish()
    assert done.status == 0, done.stderr
    assert done.stderr in ("", said)  # on a busy machine, the keyring's modules are waited for first
    assert done.stdout.startswith(ecs.origin)


def test_the_wait_for_a_locked_keyring_ends_at_the_limit(logged_in, keyring, ecs):
    keyring.lock()
    started = time.monotonic()
    program = [sys.executable, "-c", WITH_LIMIT, "2", "url", web(ecs), "--os", "linux"]
    with logged_in.start_other(program) as running:
        done = running.finish()
    assert time.monotonic() - started >= 2
    assert (done.status, done.stdout) == (4, "")
    assert done.stderr.startswith("Waiting for the keyring (at most 2 s).")
    *_, error, hint = done.stderr.splitlines()
    assert error.startswith("Error: The keyring is locked")
    assert hint.startswith("Hint: ")
    assert keyring.is_locked()


def test_ctrl_c_ends_the_wait(logged_in, keyring, ecs):
    keyring.lock()
    program = [sys.executable, "-c", WITH_LIMIT, "600", "url", web(ecs), "--os", "linux"]
    with logged_in.start_other(program) as running:
        assert running.stderr.readline().startswith("Waiting for the keyring")
        running.interrupt()
        assert running.finish() == (130, "", "")


def test_logout_fails_while_the_keyring_is_locked(logged_in, keyring, ecs):
    keyring.lock()
    done = logged_in("config", "logout", "--no-input")
    assert done.status == 4
    keyring.unlock()
    assert keyring.secrets() == {ecs.identity.access_key_id: secret_of(ecs)}
    assert logged_in("url", web(ecs), "--os", "linux").status == 0


def test_credentials_from_elsewhere_do_not_touch_a_locked_one(logged_in, keyring, ecs):
    keyring.lock()
    elsewhere = logged_in.with_environ(**ecs.exports())
    done = elsewhere("url", web(ecs), "--os", "linux", "--no-input")
    assert done.status == 0, done.stderr


def test_without_the_keyring_daemon_the_hint_names_the_alternatives(logged_in, ecs):
    gone = logged_in.with_environ(DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent/bus")
    done = gone("url", web(ecs), "--os", "linux")
    assert done.status == 4
    assert f"The keyring that holds the secret cannot be used: {BACKEND}" in done.stderr
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in done.stderr
