"""README.md and the pages of docs/, held against the program."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import click
import pytest
from support import command_tree, readme

from ecsvnc.cli.exit_codes import BROKEN_PIPE, EXIT_CODES, INTERRUPTED, KINDS, MEANINGS
from ecsvnc.cli.main import COMMANDS, root
from ecsvnc.credentials import aliyun_cli
from ecsvnc.credentials.sources import SOURCES
from ecsvnc.diagnosis.checks import CHECKS
from ecsvnc.ecs.ram_policy import smallest_policy
from ecsvnc.settings.profile_keys import PROFILE_KEYS
from ecsvnc.settings.table import SETTINGS

PROJECT = tomllib.loads((readme.ROOT / "pyproject.toml").read_text("utf-8"))["project"]


OPTIONS = {
    option
    for command in (root, *command_tree.COMMANDS.values())
    for parameter in command.get_params(click.Context(command, **root.context_settings))
    for option in parameter.opts
    if option.startswith("-")
}


DOCUMENTS = {"README.md": readme.TEXT, **readme.PAGES}

OF_OTHERS = {"--mode", "--new-window", "--quiet", "-c", "-L", "-m", "-n", "-N", "-r", "-s", "-p"}
"""Options of aliyun, firefox, pip, python, pytest, jq and ssh."""


def test_it_names_every_command_and_no_other():
    named = [re.match(r"`ecsvnc ([a-z]+)", row[0])[1] for row in readme.table(readme.section("Use it"))]
    assert sorted(named) == sorted(COMMANDS)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_command_that_is_shown_is_one(path):
    text = DOCUMENTS[path]
    shown = re.findall(r"\becsvnc (?:demo )?((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)", "\n".join(readme.code(text)))
    shown += re.findall(r"`ecsvnc (?:demo )?((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)[^`]*`", text)
    for words in map(str.split, shown):
        assert (words[0],) in command_tree.COMMANDS, words
        if words[0] == "config":
            assert tuple(words) in command_tree.COMMANDS, words


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_option_that_is_named_is_one(path):
    named = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+|-[a-zA-Z])(?=[\s`=.,)|]|$)", DOCUMENTS[path], re.MULTILINE))
    assert named - OF_OTHERS <= OPTIONS


def test_every_option_is_named_in_the_page_of_commands():
    text = readme.PAGES["docs/commands.md"]
    assert [option for option in sorted(OPTIONS) if not re.search(rf"(?<![\w-]){option}\b", text)] == []


def test_the_exit_codes_are_the_programs():
    rows = readme.table(readme.section("Exit codes", readme.PAGES["docs/scripting.md"]))
    assert [(int(code), text) for code, text in rows] == list(MEANINGS.items())
    assert sorted(MEANINGS) == sorted({0, INTERRUPTED, BROKEN_PIPE, *EXIT_CODES.values()})
    assert {*KINDS, 0, BROKEN_PIPE} == {*MEANINGS}


def test_the_checks_that_it_shows_are_those_of_the_program_in_their_order():
    (block,) = readme.code(readme.section("When it fails"), "text")
    *results, verdict = block.splitlines()
    shown = [result.split()[2] for result in results]
    only_where_needed = {"vnc-password", "console"}
    assert shown == [name for name in CHECKS if name not in only_where_needed]
    assert verdict == "This machine can open the console of web-1."


def test_its_settings_are_the_programs():
    shown = [tuple(map(readme.ticked, row[:4])) for row in readme.table(readme.section("Settings"))]
    assert shown == [
        (
            [setting.key],
            [setting.option.name] if setting.option else [],
            [setting.variable],
            [setting.default] if setting.default else [],
        )
        for setting in SETTINGS
    ]


def test_it_names_the_other_variables_that_settings_come_from():
    text = readme.section("Settings")
    for setting in SETTINGS:
        for variable in (*setting.before_profile, *setting.after_profile):
            assert f"`{variable.name}`" in text


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_variable_that_is_named_is_read_somewhere(path):
    package = "\n".join(path.read_text("utf-8") for path in (readme.ROOT / "ecsvnc").rglob("*.py"))
    of_settings = {setting.variable for setting in SETTINGS}
    for variable in re.findall(r"`([A-Z][A-Z_]{4,})`", DOCUMENTS[path]):
        assert variable in of_settings or variable in package or variable in {"INSTANCE", "COMMAND"}, variable


CREDENTIALS = readme.PAGES["docs/credentials.md"]


def test_the_order_of_credentials_is_the_chains():
    items = re.findall(
        r"^\d+\. ((?:.+\n)(?: .+\n)*)", readme.section("Where they come from", CREDENTIALS), re.MULTILINE
    )
    assert items[0].startswith("`--profile NAME` or `ECSVNC_PROFILE`")
    for item, source in zip(items[1:], SOURCES, strict=True):
        assert item.startswith(source.name)


def test_the_ram_policy_is_the_one_that_the_program_prints():
    (block,) = readme.code(readme.section("Permissions", CREDENTIALS), "json")
    assert json.loads(block) == smallest_policy()


def test_the_keys_and_modes_of_profiles_are_the_programs():
    profiles = readme.section("Profiles", CREDENTIALS)
    assert [tuple(row) for row in readme.table(profiles)] == [(f"`{key.key}`", key.help) for key in PROFILE_KEYS]
    listed = re.search(r"work in these modes: (.*?)\. ", profiles, re.DOTALL)[1]
    assert readme.ticked(listed) == list(aliyun_cli.MODES)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_what_is_linked_to_is_there(path):
    folder = (readme.ROOT / path).parent
    for target, _, heading in re.findall(r"\]\((?!https:)([^)#]*)(#([^)]*))?\)", DOCUMENTS[path]):
        file = folder / target if target else readme.ROOT / path
        assert file.is_file(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.MULTILINE)
            assert heading in [re.sub(r"[^a-z0-9 _-]", "", title.lower()).replace(" ", "-") for title in titles]


def test_it_says_which_python():
    assert f"Python {PROJECT['requires-python'].removeprefix('>=')} or newer" in readme.TEXT


def test_its_two_commands_install_what_they_need():
    assert readme.command("Try it").endswith("&& .venv/bin/pip install --quiet . && .venv/bin/ecsvnc demo")
    extra = re.search(r"'\.\[(\w+)\]'", readme.command("Test it"))[1]
    assert extra in PROJECT["optional-dependencies"]


@pytest.mark.parametrize("name", [*DOCUMENTS, "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_the_documents_fit_the_lines_of_the_code(name):
    text = Path(readme.ROOT, name).read_text("utf-8")
    for shown in readme.code(text, "text"):  # what the program prints is as long as it is
        text = text.replace(shown, "")
    lines = text.splitlines()
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []
