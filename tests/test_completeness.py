"""What is easily forgotten when something is added: a command's text in two places, a setting that nothing reads."""

from __future__ import annotations

import ast
from functools import cache

import click
import pytest
from test_architecture import MODULES, room_of

from ecsvnc.cli.config import SUBCOMMANDS
from ecsvnc.cli.main import COMMANDS, root
from ecsvnc.settings.table import SETTINGS

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
def attributes_of_settings():
    """For each key, the properties of Settings that give its value."""
    found = {}
    for node in ast.walk(ast.parse(MODULES["settings.resolve"].read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            text = ast.unparse(node)
            for setting in SETTINGS:
                if f"self.value('{setting.key}')" in text:
                    found.setdefault(setting.key, set()).add(node.name)
    return found


def name_of(node):
    """The last word of a name or an attribute: `settings` of `self._session.settings`."""
    return getattr(node, "attr", getattr(node, "id", ""))


@cache
def read_of_settings():
    """Every attribute of something called settings that the package reads, outside the room of settings."""
    return {
        node.attr
        for module, path in MODULES.items()
        if room_of(module) != "settings"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and name_of(node.value).endswith("settings")
    }


@pytest.mark.parametrize("key", [setting.key for setting in SETTINGS])
def test_a_setting_has_a_property_that_some_command_reads(key):
    properties = attributes_of_settings().get(key, set())
    assert properties, f"no property of Settings gives {key}"
    assert properties & read_of_settings(), f"{key} can be set, and nothing reads it"
