"""What --help says, of every command that there is."""

from __future__ import annotations

import click
import pytest

from ecsvnc.cli.main import root


def _all_commands(group, path=()):
    yield path, group
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from _all_commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(_all_commands(root))

NEEDS_IT_RUNNING = [("url",), ("open",), ("proxy",), ("screen",), ("log",), ("reboot",)]
TALKS_TO_ECS = [*NEEDS_IT_RUNNING, ("list",), ("whoami",), ("config", "check"), ("config", "policy")]
TAKES_CONSOLES = [("url",), ("open",), ("proxy",), ("screen",)]


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
    assert named == {"--vnc-password-file", "--secret-stdin"}
    assert all(
        parameter.is_flag
        for command in COMMANDS.values()
        for parameter in command.params
        if "--secret-stdin" in parameter.opts
    )
