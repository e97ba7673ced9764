"""What --help says, of every command that there is."""

from __future__ import annotations

import re
import shlex

import click
import pytest
from support import command_tree

from ecsvnc import __version__
from ecsvnc.cli.command import Command
from ecsvnc.cli.main import root

COMMANDS = {(): root, **command_tree.COMMANDS}

NEEDS_IT_RUNNING = [("url",), ("open",), ("proxy",), ("attach",), ("screen",), ("log",), ("reboot",)]
TALKS_TO_ECS = [*NEEDS_IT_RUNNING, ("list",), ("whoami",), ("config", "check"), ("config", "policy")]
TAKES_CONSOLES = [("url",), ("open",), ("proxy",), ("attach",), ("screen",)]


def options(command):
    return {text for parameter in command.params if isinstance(parameter, click.Option) for text in parameter.opts}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_h_equals_help_and_goes_to_stdout(path, cli):
    # As processes: click keeps the help option of a command that it once asked for, whoever asked.
    short = cli(*path, "-h")
    assert short.status == 0
    assert cli(*path, "--help") == short
    assert short.stdout.startswith("Usage: ecsvnc")
    assert short.stderr == ""


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_is_explained(path):
    for parameter in COMMANDS[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


@pytest.mark.parametrize("path", TALKS_TO_ECS, ids=" ".join)
def test_commands_that_talk_to_ecs_share_their_options(path):
    shared = {"--region", "--profile", "--endpoint", "--timeout", "--no-input", "-v", "--verbose", "--debug"}
    assert shared <= options(COMMANDS[path])


@pytest.mark.parametrize("path", TAKES_CONSOLES, ids=" ".join)
def test_commands_that_take_consoles_take_a_vnc_password_from_a_file(path):
    assert {"--vnc-password-file"} <= options(COMMANDS[path])
    assert ({"--console-page", "--os"} <= options(COMMANDS[path])) is (path in {("url",), ("open",)})


@pytest.mark.parametrize("path", NEEDS_IT_RUNNING, ids=" ".join)
def test_commands_that_need_a_running_instance_can_start_it_and_wait(path):
    assert {"--wait", "--wait-timeout", "--start", "--yes"} <= options(COMMANDS[path])


def test_no_option_takes_a_password_or_secret_itself():
    named = {text for command in COMMANDS.values() for text in options(command) if "passw" in text or "secret" in text}
    assert named == {"--vnc-password-file", "--secret-stdin", "--secret"}
    assert all(
        parameter.is_flag
        for command in COMMANDS.values()
        for parameter in command.params
        if {"--secret-stdin", "--secret"} & set(parameter.opts)
    )


EXAMPLES = [(path, example) for path in COMMANDS for example in COMMANDS[path].examples if "ecsvnc" in example]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_examples_of_itself(path):
    assert isinstance(COMMANDS[path], Command), "made with cls=Command"
    shown = [line for line in COMMANDS[path].examples if not line.startswith("#")]
    assert any(" ".join(["ecsvnc", *path]) in line for line in shown)


@pytest.mark.parametrize(("path", "example"), EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_every_example_is_a_command_that_exists_with_arguments_that_it_takes(path, example):
    if example.startswith("#"):
        return
    [line] = re.findall(r"\becsvnc ([^|>)]*)", example)
    words = shlex.split(line)
    command = root
    while command in (root, COMMANDS[("config",)]):
        command = command.get_command(click.Context(command), words.pop(0))
    command.make_context(command.name, words)  # raises what running it would


@pytest.mark.parametrize("path", TALKS_TO_ECS, ids=" ".join)
def test_options_are_listed_by_what_they_are_for_and_the_commands_own_first(path):
    titles = list(COMMANDS[path].option_groups(click.Context(COMMANDS[path])))
    shared = ["Finding the instance", "Credentials and endpoint", "Diagnosis and scripts"]
    assert titles == (["Options", *shared] if titles[0] == "Options" else shared)


def test_aliases_are_their_commands(in_process):
    assert in_process("ls", "--help") == in_process("list", "--help")
    assert in_process("config", "ls", "--help") == in_process("config", "list", "--help")


@pytest.mark.parametrize("words", [[], ["open"], ["ls"], ["config"], ["config", "check"], ["open", "web-1"]], ids=str)
def test_help_shows_the_help_of_a_command(in_process, words):
    assert in_process("help", *words) == in_process(*words, "--help")


def test_both_options_tell_the_version(in_process):
    assert in_process("-V") == in_process("--version") == (0, f"ecsvnc {__version__}\n", "")


@pytest.mark.parametrize("columns", [40, 80, 100])
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_fits_the_terminal_and_breaks_no_word(path, columns, monkeypatch):
    def help_text(width):
        monkeypatch.setenv("COLUMNS", str(width))  # as a shell does
        context = COMMANDS[path].context_class(COMMANDS[path], info_name=" ".join(["ecsvnc", *path]))
        return COMMANDS[path].get_help(context)

    def words(text):
        return text.replace(" \\\n", " ").split()

    text = help_text(columns)
    for line in text.splitlines():
        assert len(line) <= columns or len(line.removesuffix(" \\").split()) == 1, line
    assert words(text) == words(help_text(10_000))
