"""What is asked on a terminal, and typed there: by the installed command, on a real pseudo-terminal."""

from __future__ import annotations

import os
import pty
import sys
import threading
from pathlib import Path

import pytest
from support.terminal import OnTerminal

from ecsvnc.cli.app import App
from ecsvnc.cli.prompts import confirm
from ecsvnc.cli.terminal import Terminal
from ecsvnc.errors import StateError

KEY_ID = "LTAI5tExampleExample01"
SECRET = "s3cret-of-the-key-000000000001"
VNC_PASSWORD = "Ab12cd"


def test_login_asks_for_both_and_shows_no_secret(on_terminal, keyring):
    with on_terminal("config", "login") as run:
        run.wait_for("AccessKey id: ")
        run.type(f"{KEY_ID}\r")
        run.wait_for(f"AccessKey secret of {KEY_ID}: ")
        run.type(f"{SECRET}\r")
        assert run.status() == 0
    assert SECRET not in run.shown
    assert keyring.secrets() == {KEY_ID: SECRET}


def test_ctrl_c_at_the_hidden_prompt_stores_nothing(on_terminal, keyring, cli):
    with on_terminal("config", "login", KEY_ID) as run:
        run.wait_for("secret")
        run.type("half\x03")
        assert run.status() == 130
    assert keyring.secrets() == {}
    assert not list(cli.home.rglob("config.toml"))


def test_a_vnc_password_is_asked_for_hidden(on_terminal, keyring, ecs):
    instance_id = ecs.fleet.named("web-1").id
    with on_terminal("config", "vnc-password", instance_id, **ecs.exports()) as run:
        run.wait_for(f"VNC password of {instance_id}: ")
        run.type(f"{VNC_PASSWORD}\r")
        assert run.status() == 0
    assert VNC_PASSWORD not in run.shown
    assert list(keyring.secrets().values()) == [VNC_PASSWORD]


def test_an_ambiguous_name_is_a_choice(on_terminal, ecs):
    with on_terminal("url", "dup", **ecs.exports()) as run:
        run.wait_for("2 of 2")
        run.type("eu-central\r")
        assert run.status() == 0
    second = next(one for one in ecs.fleet if one.name == "dup" and one.region_id == "eu-central-1")
    assert f"instanceId={second.id}&" in run.shown


def test_without_an_instance_one_is_chosen_on_a_terminal(on_terminal, ecs):
    with on_terminal("url", **ecs.exports()) as run:
        run.wait_for("203.0.113.20")
        run.type("win\r")
        assert run.status() == 0
    assert f"instanceId={ecs.fleet.named('win-1').id}&" in run.shown


@pytest.mark.parametrize(
    ("command", "question", "answer"),
    [
        ("type", "Text to type on ", "root"),
        ("keys", "Keys to press on ", "f2 enter"),
        ("run", "File with the script: ", __file__),
    ],
)
def test_what_follows_an_instance_is_asked_for_too(on_terminal, ecs, command, question, answer):
    with on_terminal(command, **ecs.exports()) as run:
        run.wait_for("203.0.113.20")
        run.type("web\r")
        run.wait_for(question)
        run.type(f"{answer}\r")
        run.wait_for("line 1: unknown step" if command == "run" else " on web-1 (")
        assert run.status() == (2 if command == "run" else 0)


@pytest.mark.parametrize("arguments", [("type", "web-1"), ("keys", "web-1"), ("run", "web-1")])
def test_an_empty_answer_is_a_usage_error_and_opens_nothing(on_terminal, ecs, arguments):
    with on_terminal(*arguments, **ecs.exports()) as run:
        run.wait_for(": ")
        run.type("\r")
        assert run.status() == 2
    assert not ecs.calls


def test_what_was_typed_before_the_question_is_no_answer(monkeypatch):
    outer, inner = pty.openpty()
    terminal = Path(os.ttyname(inner))

    def answer():
        shown = b""
        while b"Continue?" not in shown:
            shown += os.read(outer, 4096)
        os.write(outer, b"n\n")

    with terminal.open(encoding="utf-8") as stdin, terminal.open("w", encoding="utf-8") as stderr:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stderr", stderr)
        os.write(outer, b"y\n")
        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(StateError, match="the answer was no"):
            confirm(App(terminal=Terminal({"TERM": "xterm"})), "Reboot web-1?", "It ends.")
    os.close(inner)
    os.close(outer)


def test_after_ctrl_c_the_shell_begins_a_new_line(on_terminal, ecs):
    with on_terminal("proxy", "web-1", **ecs.exports()) as run:
        run.wait_for("Connect a VNC viewer")
        run.type("\x03")
        assert run.status() == 130
    assert run.shown.endswith("^C\r\n")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("url",), 2, "INSTANCE is missing."),
        (("url", "dup"), 5, "2 instances are named dup"),
    ],
)
def test_a_terminal_that_cannot_show_a_full_screen_gets_no_list(on_terminal, ecs, arguments, status, words):
    with on_terminal(*arguments, TERM="dumb", **ecs.exports()) as run:
        assert run.status() == status
    assert words in run.shown
    assert "\x1b" not in run.shown


def test_ctrl_c_ends_a_choice(on_terminal, ecs):
    with on_terminal("proxy", **ecs.exports()) as run:
        run.wait_for("203.0.113.20")
        run.type("\x03")
        assert run.status() == 130


@pytest.mark.parametrize("command", ["url", "open", "proxy", "type", "keys", "run"])
def test_without_an_instance_it_is_a_usage_error_with_no_input(on_terminal, ecs, command):
    with on_terminal(command, "--no-input", **ecs.exports()) as run:
        assert run.status() == 2
    assert "INSTANCE is missing." in run.shown


def test_an_ambiguous_name_is_no_choice_where_a_script_waits_for_what_is_printed(cli, ecs, tmp_path):
    """`u=$(ecsvnc url dup)`: stdin and stderr are the terminal on which the script was started."""
    environ = {**cli.environ, **ecs.exports()}
    with (tmp_path / "u").open("w") as u, OnTerminal("url", "dup", environ=environ, stdout=u) as run:
        assert run.status() == 5
    assert "to filter" not in run.shown
    assert "2 instances are named dup" in run.shown


def test_an_ambiguous_name_is_no_choice_with_no_input(on_terminal, ecs):
    with on_terminal("url", "dup", "--no-input", **ecs.exports()) as run:
        assert run.status() == 5
    assert "to filter" not in run.shown
