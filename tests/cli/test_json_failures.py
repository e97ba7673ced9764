"""Failures with `--output json`: one JSON object a line on stderr."""

from __future__ import annotations

import json
import re

import click
import pytest

from ecsvnc.cli.app import App
from ecsvnc.cli.json_lines import request_id, wants_json
from ecsvnc.cli.main import root, run
from ecsvnc.cli.terminal import Terminal
from ecsvnc.errors import BugError, EcsvncError, ServiceError
from ecsvnc.runtime import Runtime


@pytest.fixture
def failing(ecs, tmp_path, capsys):
    """`failing("url", "x")`: the exit status, and what the lines on stderr say of each failure."""

    def failing(*arguments):
        folders = {"ECSVNC_CONFIG_DIR": str(tmp_path / "config"), "ECSVNC_CACHE_DIR": str(tmp_path / "cache")}
        runtime = Runtime({**ecs.exports(), **folders}, tmp_path)
        status = run(arguments, app=App(runtime, Terminal(runtime.environ)))
        return status, [json.loads(line)["error"] for line in capsys.readouterr().err.splitlines()]

    return failing


def test_each_instance_that_failed_has_a_line_with_its_name_as_it_was_given(ecs, failing):
    db = ecs.fleet.named("db-1")
    status, (stopped, missing) = failing("url", db.id, "web-1", "nothing", "--output", "json")
    assert status == 6
    assert (stopped["exit"], stopped["kind"], stopped["instance"]) == (6, "state", db.id)
    assert stopped["message"] == f"Instance db-1 ({db.id}) is Stopped; a console needs it running."
    assert request_id(stopped["request_id"]) is not None
    assert (missing["exit"], missing["kind"], missing["instance"]) == (5, "not_found", "nothing")
    assert "nothing: " not in missing["message"]


@pytest.mark.parametrize("arguments", [["url", "nothing"], ["proxy", "nothing"]])
def test_a_single_instance_is_named_too(failing, arguments):
    status, [error] = failing(*arguments, "--output", "json")
    assert (status, error["exit"], error["instance"]) == (5, 5, "nothing")


def test_what_fails_every_instance_alike_has_one_line_and_no_instance(failing):
    status, [error] = failing("url", "web-1", "win-1", "--output", "json", "--profile", "nobody")
    assert (status, error["exit"], error["kind"], error["instance"]) == (3, 3, "config", None)


@pytest.mark.parametrize(
    "arguments",
    [
        ["url", "--output", "json"],
        ["url", "--output=json"],
        ["url", "web-1", "--output", "json", "--os", "amiga"],
        ["url", "web-1", "--nonsense", "--output", "json"],
        ["url", "web-1", "--output", "json", "--region"],
        ["list", "--output", "json", "--region", "Nowhere!"],
        ["nonsense", "--output", "json"],
        ["config", "nonsense", "--output", "json"],
    ],
)
def test_invalid_usage_is_json_though_click_refuses_it_before_the_command_runs(failing, arguments):
    status, [error] = failing(*arguments)
    assert (status, error["exit"], error["kind"], error["instance"]) == (2, 2, "usage", None)
    assert re.search("`ecsvnc .*--help`", error["hint"])


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("-o json", True),
        ("-ojson", True),
        ("-vo json", True),
        ("-vojson", True),
        ("-fvo json", True),
        ("--output json", True),
        ("--output=json", True),
        ("--output json --output text", False),
        ("-o text --output=json", True),
        ("--output", False),
        ("--output -o json", False),
        ("-- --output json", False),
        ("--os json", False),
        ("web-o json", False),
        ("json", False),
        ("", False),
    ],
)
def test_json_is_wanted_where_the_last_output_option_says_so(arguments, wanted):
    assert wants_json(arguments.split()) is wanted


def test_every_option_of_one_letter_but_o_is_a_flag():
    # `-vo json` could mean something else otherwise.
    letters = {
        name: parameter.is_flag
        for command in commands(root)
        for parameter in command.params
        for name in parameter.opts
        if re.fullmatch("-[^-]", name)
    }
    assert letters.pop("-o") is False
    assert letters
    assert all(letters.values())


def commands(group):
    yield group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield from commands(command) if isinstance(command, click.Group) else [command]


def test_a_request_id_is_null_unless_it_has_the_form_of_one():
    assert request_id("473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E") == "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E"
    for text in ("", "R-1", "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E\n", "x473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E"):
        assert request_id(text) is None


def told(capsys, error, **options):
    terminal = Terminal({}, program="ecsvnc demo")
    terminal.errors_as_json = True
    terminal.error(error, **options)
    (line,) = capsys.readouterr().err.splitlines()
    return line, json.loads(line)["error"]


def test_a_failure_is_one_line_of_printable_letters_and_quotes_this_runs_commands(capsys):
    line, error = told(capsys, ServiceError("It\nbroke:\x1b[2J.", hint="See `ecsvnc list`.", request_id="R-1"))
    assert line.isprintable()
    assert error == {
        "exit": 7,
        "kind": "service",
        "message": "It\nbroke:\x1b[2J.",
        "hint": "See `ecsvnc demo list`.",
        "request_id": None,
        "instance": None,
    }


def test_one_of_several_failures_keeps_its_message_without_the_name(capsys):
    _, error = told(capsys, BugError("It broke."), instance="web-1", is_one_of_several=True)
    assert (error["message"], error["hint"], error["instance"]) == ("It broke.", None, "web-1")


def test_a_failure_is_json_in_an_encoding_that_lacks_its_letters(cli):
    narrow = cli.with_environ(PYTHONIOENCODING="latin-1")
    status, stdout, stderr = narrow("config", "list", "--output", "json", "--profile", "数据-😀")
    assert (status, stdout) == (3, "")
    assert "数据-😀" in json.loads(stderr)["error"]["message"]


@pytest.mark.parametrize(("output", "lines"), [("json", 1), ("text", 0)])
def test_ctrl_c_is_reported_as_json_alone(capsys, output, lines):
    assert run(["config", "list", "--output", output], app=Interrupted(Runtime({}, None), Terminal({}))) == 130
    said = capsys.readouterr().err.splitlines()
    assert [json.loads(line)["error"]["kind"] for line in said] == ["interrupted"] * lines


class Interrupted(App):
    """An App that Ctrl-C ends when its settings are used first."""

    @property
    def settings(self):
        raise KeyboardInterrupt


def test_every_error_of_the_tree_has_an_exit_code_with_a_name():
    from ecsvnc.cli.exit_codes import KINDS, exit_code

    def kinds(error):
        for child in error.__subclasses__():
            yield child
            yield from kinds(child)

    own = [kind for kind in kinds(EcsvncError) if not kind.__name__.startswith("_")]
    assert len(own) > 20
    for kind in own:
        assert exit_code(kind("It broke.")) in KINDS
