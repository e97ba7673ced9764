"""docs/json.md, held against what the commands print: every field that it names, and no other.

A command that offers `--output json` needs a section there, and in SCENES a function that makes it print: every field
with a value, and every field that may be null without one.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import click
import pytest
from support import readme
from support.ecs.extended import ExtendedEcs
from support.ecs.faults import Fault

from ecsvnc.cli.app import App
from ecsvnc.cli.exit_codes import EXIT_CODES, KINDS, MEANINGS
from ecsvnc.cli.main import root, run
from ecsvnc.cli.terminal import Terminal
from ecsvnc.runtime import Runtime
from ecsvnc.simulator.accounts import Identity
from ecsvnc.simulator.answers import success

TEXT = (readme.ROOT / "docs" / "json.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", TEXT, re.MULTILINE))
FAILURES = "Failures"


class Field(NamedTuple):
    """A row of a table: the JSON types that a field may have, and whether it may be null."""

    types: frozenset[str]
    is_nullable: bool


def rows(section, head):
    """The rows of the table with this head in a section."""
    table = SECTIONS[section].split(head, 1)[1].split("\n\n", 1)[0]
    return readme.table(f"|\n|{table}")


def fields(section):
    return {
        readme.ticked(name)[0]: Field(frozenset(readme.ticked(types)), null != "never")
        for name, types, null, _ in rows(section, "| field | type | null | meaning |\n")
    }


CHECKS = {
    "string": lambda value: isinstance(value, str) and value != "",
    "time": lambda value: isinstance(value, str) and is_utc(value),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "array of strings": lambda value: isinstance(value, list) and all(CHECKS["string"](each) for each in value),
    "array of lines": lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
    "position": lambda value: value.keys() == {"column", "row"} and all(map(CHECKS["integer"], value.values())),
    "object of strings": lambda value: (
        isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    ),
}


def is_utc(text):
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", text) and datetime.fromisoformat(text)


class World:
    """The commands in this process, against an embedded ECS, and as processes (`cli`)."""

    def __init__(self, ecs, home, cli, capsys):
        self.ecs = ecs
        self.cli = cli.with_environ(**ecs.exports())
        self.home = home
        self.runtime = Runtime({}, home)
        self._capsys = capsys
        folders = {"ECSVNC_CONFIG_DIR": str(home / "config"), "ECSVNC_CACHE_DIR": str(home / "cache")}
        self.environ = {**ecs.exports(), **folders}

    def printed(self, *arguments, **environ):
        """The objects that a command prints on stdout. Its environment is `environ` besides that of the ECS."""
        self._run(arguments, environ)
        return [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]

    def failures(self, *arguments, **environ):
        """The objects that a command prints on stderr, each with `error` and no other field."""
        self._run(arguments, environ)
        found = [json.loads(line) for line in self._capsys.readouterr().err.splitlines() if line.startswith("{")]
        assert all(each.keys() == {"error"} for each in found)
        return [each["error"] for each in found]

    def _run(self, arguments, environ):
        runtime = replace(self.runtime, environ={**self.environ, **environ})
        run([*arguments, "--output", "json"], app=App(runtime, Terminal(runtime.environ)))

    def answer_once(self, action, values, request_id="not an id"):
        self.ecs.faults.add(Fault(success(values, action=action, request_id=request_id, form="JSON"), action=action))

    def write_config(self, text):
        path = self.home / "config" / "config.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)

    def user(self, *actions):
        """The variables of a RAM user who is allowed these actions."""
        user = Identity.with_new_key(self.runtime.random_bytes, allowed_actions=frozenset(actions))
        self.ecs.accounts.add(user)
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": user.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": user.access_key_secret,
        }


@pytest.fixture
def world(tmp_path, cli, capsys):
    with ExtendedEcs(Runtime.of_this_process()) as ecs:
        yield World(ecs, tmp_path, cli, capsys)


def prints_failures(world):
    yield from world.failures("url", "db-1", "nothing")
    yield from world.failures("config", "list", ECSVNC_TIMEOUT="soon")
    yield from world.failures("url", "web-1", "--nonsense")
    world.runtime = replace(world.runtime, monotonic=interrupt)
    yield from world.failures("list")


def interrupt():
    raise KeyboardInterrupt


def prints_urls(world):
    web = world.ecs.fleet.named("web-1").id
    yield from world.printed("url", "web-1", "win-1")
    yield from world.printed("url", web, **world.user("ecs:DescribeInstanceVncUrl"))
    world.answer_once("DescribeInstanceVncUrl", {"VncUrl": "ws%3A%2F%2F127.0.0.1%3A1%2F%3Fs%3Da"})
    yield from world.printed("url", web)


def prints_proxies(world):
    for options in ([], ["--no-auth"]):
        with world.cli.start("proxy", "web-1", "--output", "json", *options) as running:
            yield json.loads(running.stdout.readline())


def prints_screens(world):
    yield from world.printed("screen", "win-1")
    yield from world.printed("screen", "web-1", "--snapshot")
    web = world.ecs.fleet.named("web-1").id
    yield from world.printed("screen", web, **world.user("ecs:DescribeInstanceVncUrl"))
    cursors = (world.printed("screen", "web-1")[0] for _ in range(10))  # it blinks
    yield next(screen for screen in cursors if screen["cursor"] is not None)


def prints_screens_of_scripts(world):
    script = world.home / "script"
    script.write_text("screen\n")
    yield from world.printed("run", "win-1", str(script))
    web = world.ecs.fleet.named("web-1").id
    yield from world.printed("run", web, str(script), **world.user("ecs:DescribeInstanceVncUrl"))
    cursors = (world.printed("run", "web-1", str(script))[0] for _ in range(10))  # it blinks
    yield next(screen for screen in cursors if screen["cursor"] is not None)


def prints_logs(world):
    yield from world.printed("log", "web-1")
    web = world.ecs.fleet.named("web-1").id
    world.answer_once("GetInstanceConsoleOutput", {"InstanceId": web, "ConsoleOutput": ""})
    yield from world.printed("log", web, **world.user("ecs:GetInstanceConsoleOutput"))


def prints_lists(world):
    web = world.ecs.fleet.named("web-1")
    web.eip = "198.51.100.7"
    web.expires_at = "2030-01-31T16:00Z"
    yield from world.printed("list")
    least = {"InstanceId": web.id, "RegionId": "cn-hangzhou", "ExpiredTime": "2099-12-31T15:59Z"}
    world.answer_once("DescribeInstances", {"Instances": {"Instance": [least]}})
    yield from world.printed("list", "--region", "cn-hangzhou")


def prints_identities(world):
    yield from world.printed("whoami")
    world.answer_once("GetCallerIdentity", {"AccountId": "1", "Arn": "acs:ram::1:root"})
    key = world.ecs.identity
    printed = {"access_key_id": key.access_key_id, "access_key_secret": key.access_key_secret}
    (world.home / "key.json").write_text(json.dumps({**printed, "mode": "AK", "expiration": "2090-01-01T00:00:00Z"}))
    world.write_config(f"[profiles.office]\ncredential_process = 'cat {world.home}/key.json'\nregion = 'cn-hangzhou'\n")
    yield from world.printed("whoami", "--profile", "office", PATH="/usr/bin:/bin")


def prints_checks(world):
    yield from world.printed("config", "check", "db-1")


def prints_settings(world):
    yield from world.printed("config", "list", ECSVNC_REGION="cn-hangzhou")


def prints_profiles(world):
    world.write_config('default_profile = "office"\n[profiles.office]\nregion = "cn-hangzhou"\n')
    yield from world.printed("config", "profiles")


SCENES = {
    FAILURES: prints_failures,
    "ecsvnc url": prints_urls,
    "ecsvnc proxy": prints_proxies,
    "ecsvnc screen": prints_screens,
    "ecsvnc run": prints_screens_of_scripts,
    "ecsvnc log": prints_logs,
    "ecsvnc list": prints_lists,
    "ecsvnc whoami": prints_identities,
    "ecsvnc config check": prints_checks,
    "ecsvnc config list": prints_settings,
    "ecsvnc config profiles": prints_profiles,
}


def commands_with_json(group=root, path=("ecsvnc",)):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        outputs = [parameter.type for parameter in command.params if "--output" in parameter.opts]
        if any("json" in getattr(output, "choices", ()) for output in outputs):
            yield " ".join((*path, name))
        if isinstance(command, click.Group):
            yield from commands_with_json(command, (*path, name))


def test_every_command_that_offers_json_has_a_section_and_a_scene():
    assert set(SECTIONS) == set(SCENES) == {FAILURES, *commands_with_json()}


@pytest.mark.parametrize("section", SCENES)
def test_a_command_prints_the_documented_fields_and_no_other(world, section):
    documented = fields(section)
    printed = list(SCENES[section](world))
    assert printed
    for each in printed:
        assert each.keys() == documented.keys()
        for name, value in each.items():
            if value is None:
                assert documented[name].is_nullable, f"{name} is null"
            else:
                assert any(CHECKS[kind](value) for kind in documented[name].types), f"{name} is {value!r}"
    for name, field in documented.items():
        values = [each[name] for each in printed]
        for kind in field.types:
            assert any(value is not None and CHECKS[kind](value) for value in values), f"{name} is never a {kind}"
        assert (None in values) == field.is_nullable, f"{name} is never null"


def test_the_kinds_of_failures_are_the_exit_codes():
    table = rows(FAILURES, "| kind | exit | meaning |\n")
    assert {int(code): readme.ticked(kind)[0] for kind, code, _ in table} == KINDS
    assert {int(code): meaning for _, code, meaning in table} == {code: MEANINGS[code] for code in KINDS}
    assert set(EXIT_CODES.values()) == set(KINDS)


def test_a_type_that_is_documented_is_one_that_is_used():
    listed = {kind for kinds, _ in readme.table(TEXT.split("\n## ")[0]) for kind in readme.ticked(kinds)}
    assert listed == set(CHECKS)
    assert {kind for section in SECTIONS for field in fields(section).values() for kind in field.types} <= listed


def test_the_lines_of_the_document_fit():
    assert [line for line in TEXT.splitlines() if len(line) > 120 and not line.startswith("|")] == []
