"""README.md, held against the program."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import click
import pytest
from support import readme

from ecsvnc.cli.exit_codes import BROKEN_PIPE, EXIT_CODES, INTERRUPTED
from ecsvnc.cli.main import COMMANDS, root
from ecsvnc.credentials.sources import SOURCES
from ecsvnc.ecs.ram_policy import smallest_policy
from ecsvnc.settings.table import SETTINGS

PROJECT = tomllib.loads((readme.ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def commands(group=root, path=()):
    """Every command with its words: ("config", "set")."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL_COMMANDS = dict(commands())
OPTIONS = {
    option
    for command in (root, *ALL_COMMANDS.values())
    for parameter in command.get_params(click.Context(command))
    for option in parameter.opts
    if option.startswith("-")
}


def test_it_names_every_command_and_no_other():
    named = [re.match(r"`ecsvnc ([a-z]+)", row[0])[1] for row in readme.table(readme.section("Use it"))]
    assert sorted(named) == sorted(COMMANDS)


def test_every_command_that_it_shows_is_one():
    shown = re.findall(r"\becsvnc ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)", "\n".join(readme.code(readme.TEXT)))
    shown += re.findall(r"`ecsvnc ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)[^`]*`", readme.TEXT)
    assert shown
    for words in map(str.split, shown):
        assert (words[0],) in ALL_COMMANDS, words
        if words[0] == "config":
            assert tuple(words) in ALL_COMMANDS, words


def test_every_option_that_it_names_is_one():
    theirs = {"--quiet", "-c", "-m", "-n", "-r"}  # of pip, python, pytest and jq
    named = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+|-[a-z])(?=[\s`=.)]|$)", readme.TEXT)) - theirs
    assert named <= OPTIONS
    assert {"--region", "--viewer", "--wait", "-v"} <= named


def test_its_exit_codes_are_the_programs():
    codes = [int(row[0]) for row in readme.table(readme.section("When it fails"))]
    assert codes == sorted({0, INTERRUPTED, BROKEN_PIPE, *EXIT_CODES.values()})


def test_its_settings_are_the_programs():
    shown = [
        (ticked(row[0]), ticked(row[1]), ticked(row[2]), ticked(row[3]))
        for row in readme.table(readme.section("Settings"))
    ]
    assert shown == [
        (
            [setting.key],
            [setting.option.name] if setting.option else [],
            [setting.variable],
            [setting.default] if setting.default else [],
        )
        for setting in SETTINGS
    ]


def ticked(text):
    return readme.ticked(text)


def test_it_names_the_other_variables_that_settings_come_from():
    text = readme.section("Settings")
    for setting in SETTINGS:
        for variable in (*setting.before_profile, *setting.after_profile):
            assert f"`{variable.name}`" in text


def test_every_variable_that_it_names_is_read_somewhere():
    package = "\n".join(path.read_text("utf-8") for path in (readme.ROOT / "ecsvnc").rglob("*.py"))
    of_settings = {setting.variable for setting in SETTINGS}
    for variable in re.findall(r"`([A-Z][A-Z_]{4,})`", readme.TEXT):
        assert variable in of_settings or variable in package, variable


def test_its_order_of_credentials_is_the_chains():
    items = re.findall(r"^\d+\. ((?:.+\n)(?: .+\n)*)", readme.section("Credentials"), re.MULTILINE)
    assert items[0].startswith("`--profile NAME` or `ECSVNC_PROFILE`")
    for item, source in zip(items[1:], SOURCES, strict=True):
        assert item.startswith(source.name)


def test_its_ram_policy_is_the_one_that_the_program_prints():
    (block,) = readme.code(readme.section("Credentials"), "json")
    assert json.loads(block) == smallest_policy()


def test_what_it_links_to_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", readme.TEXT):
        assert (readme.ROOT / target).is_file(), target


def test_it_says_which_python():
    assert f"Python {PROJECT['requires-python'].removeprefix('>=')} or newer" in readme.TEXT


def test_its_two_commands_install_what_they_need():
    assert readme.command("Try it").endswith("&& .venv/bin/pip install --quiet . && .venv/bin/ecsvnc demo")
    extra = re.search(r"'\.\[(\w+)\]'", readme.command("Test it"))[1]
    assert extra in PROJECT["optional-dependencies"]


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_the_documents_fit_the_lines_of_the_code(name):
    text = Path(readme.ROOT, name).read_text("utf-8")
    for shown in readme.code(text, "text"):  # what the program prints is as long as it is
        text = text.replace(shown, "")
    lines = text.splitlines()
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []
