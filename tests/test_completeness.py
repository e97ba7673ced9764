"""What is easily forgotten when something is added: a command's text in two places, a setting that nothing reads."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache

import click
import pytest
from test_architecture import MODULES, room_of

from ecsvnc.cli.config import SUBCOMMANDS
from ecsvnc.cli.main import COMMANDS, root
from ecsvnc.settings import table

TEXTS = {(name,): text for name, text in COMMANDS.items()} | {
    ("config", name): text for name, (_, text) in SUBCOMMANDS.items()
}


@pytest.mark.parametrize("path", TEXTS, ids=" ".join)
def test_the_text_of_a_command_is_the_first_line_of_its_help(path):
    # `ecsvnc --help` lists the text without importing the command.
    command = root
    for name in path:
        command = command.get_command(click.Context(command), name)
    assert command.help.partition("\n\n")[0].replace("\n", " ") == TEXTS[path]


@cache
def settings_read():
    """The names of the table by which the package reads settings, `settings[TIMEOUT]`, outside the room of settings."""
    return {
        node.slice.id
        for module, path in MODULES.items()
        if room_of(module) != "settings"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Name)
        and name_of(node.value).endswith("settings")
    }


def name_of(node):
    """The last word of a name or an attribute: `settings` of `self._app.settings`."""
    return getattr(node, "attr", getattr(node, "id", ""))


SETTINGS_BY_NAME = {name: value for name, value in vars(table).items() if isinstance(value, table.Setting)}


def test_every_setting_is_in_the_table():
    assert tuple(SETTINGS_BY_NAME.values()) == table.SETTINGS


@pytest.mark.parametrize("name", SETTINGS_BY_NAME)
def test_a_setting_is_read_by_some_command(name):
    assert name in settings_read(), f"{name} can be set, and nothing reads it"


def options(group=root):
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        yield from ((command, parameter) for parameter in command.params)
        if isinstance(command, click.Group):
            yield from options(command)


@pytest.mark.parametrize("setting", [one for one in table.SETTINGS if one.option], ids=lambda one: one.key)
def test_a_settings_option_is_the_tables(setting):
    texts = {
        parameter.help
        for command, parameter in options()
        if isinstance(parameter, click.Option) and parameter.name == setting.key and not parameter.expose_value
    }
    assert len(texts) == 1
    assert (setting.option.help or setting.help) in texts.pop()


def test_no_two_parameters_of_a_command_share_a_name():
    # The second one's value would be the first one's too.
    names = Counter((id(command), parameter.name) for command, parameter in options())
    assert [name for (_, name), count in names.items() if count > 1] == []
