"""What is easily forgotten when something is added: a line in a table, a second place, an unused setting."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from functools import cache

import click
import pytest
from support import readme
from test_architecture import MODULES, package_of

from ecsvnc.attach.menu import Command, menu
from ecsvnc.cli.config import SUBCOMMANDS
from ecsvnc.cli.main import COMMANDS, root
from ecsvnc.diagnosis import checks
from ecsvnc.ecs.ram_policy import ACTIONS, FURTHER_ACTIONS
from ecsvnc.keyboard.layout_names import LAYOUT_NAMES
from ecsvnc.settings import table
from ecsvnc.settings.profile_keys import CREDENTIAL_KEYS

TEXTS = {(name,): text for name, text in COMMANDS.items()} | {
    ("config", name): text for name, (_, text) in SUBCOMMANDS.items()
}


def functions(path):
    """The names of a file's functions, read without importing it."""
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_every_command_is_in_the_list():
    packages = {module: path for module, path in MODULES.items() if package_of(module) == "cli"}
    with_command = {module.rpartition(".")[2] for module, path in packages.items() if "command" in functions(path)}
    assert with_command | {"config"} == set(COMMANDS)  # config is a group of its own
    subcommands = {
        name for path in packages.values() for name in functions(path) if re.fullmatch(r"[a-z][a-z_]*_command", name)
    }
    assert subcommands == {f"{name.replace('-', '_')}_command" for name in SUBCOMMANDS}


def test_every_check_is_in_the_list():
    made = {
        function
        for _, function in inspect.getmembers(checks, inspect.isfunction)
        if inspect.signature(function).return_annotation in ("Result", "Result | None")
        and function.__module__ == checks.__name__
    }
    assert made == set(checks.CHECKS.values())


@pytest.mark.parametrize("action", [*ACTIONS, *FURTHER_ACTIONS.values()], ids=lambda action: action.name)
def test_the_permission_of_an_action_is_documented(action):
    assert action.ram_action() in readme.section("Permissions", readme.PAGES["docs/credentials.md"])


@pytest.mark.parametrize("name", LAYOUT_NAMES)
def test_a_keyboard_layout_is_documented(name):
    assert f"`{name}`" in readme.section("Keyboard layouts", readme.PAGES["docs/typing.md"])


@pytest.mark.parametrize("name", LAYOUT_NAMES)
def test_the_help_of_layout_names_a_keyboard_layout(name):
    assert name in re.findall(r"[\w-]+", table.LAYOUT.help)


@pytest.mark.parametrize("key", CREDENTIAL_KEYS)
def test_a_key_of_a_profile_is_used_for_its_credentials(key):
    tree = ast.parse(MODULES["credentials.own_profile"].read_text("utf-8"))
    assert key in {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def test_attach_does_all_that_its_menu_offers():
    tree = ast.parse(MODULES["attach.session"].read_text("utf-8"))
    done = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and name_of(node.value) == "Command"
    }
    assert done == set(Command.__members__)
    chosen = []
    for item in menu(chosen.append, is_recording=False, is_read_only=False)._items:
        item.act()
    assert {what for what in chosen if isinstance(what, Command)} == set(Command)


def test_what_the_menu_of_attach_offers_is_documented():
    rows = re.findall(r"^\| (`.*?) \|", readme.PAGES["docs/attach.md"], re.MULTILINE)
    labels = [item.label for item in menu(print, is_recording=False, is_read_only=False)._items]
    ranges = [re.fullmatch(r"(F?\d+)-(F?\d+)", label) for label in labels]
    keys = {key for label, ends in zip(labels, ranges, strict=True) for key in (ends.groups() if ends else [label])}
    assert keys - {""} == {key for row in rows for key in readme.ticked(row)}


@pytest.mark.parametrize("path", TEXTS, ids=" ".join)
def test_the_text_of_a_command_is_the_first_line_of_its_help(path):
    # `ecsvnc --help` lists the text without importing the command.
    command = root
    for name in path:
        command = command.get_command(click.Context(command), name)
    assert command.help.partition("\n\n")[0].replace("\n", " ") == TEXTS[path]


@cache
def settings_read():
    """The names of the table by which the code reads settings, `settings[TIMEOUT]`, outside the package of settings."""
    return {
        node.slice.id
        for module, path in MODULES.items()
        if package_of(module) != "settings"
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
