"""The scripts in docs/typing.md, its table of steps, and those in the help of `run`."""

from __future__ import annotations

import re

import pytest
from support.readme import ROOT

from ecsvnc.cli import run
from ecsvnc.errors import UsageError
from ecsvnc.keyboard.layout import load_layout
from ecsvnc.script.parse import parse_script

TEXT = (ROOT / "docs" / "typing.md").read_text("utf-8")
SCRIPTS = re.findall(r"```ecsvnc-script\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_without_mistakes(script):
    assert parse_script(script, name="docs", layout=load_layout("us"))


@pytest.fixture
def steps():
    with pytest.raises(UsageError) as caught:
        parse_script("nonsense", name="docs", layout=load_layout("us"))
    return re.search(r"steps are (.*)\.", caught.value.what)[1].split(", ")


def test_its_steps_are_the_programs(steps):
    assert re.findall(r"^\| `(\w+)", TEXT, re.MULTILINE) == steps


def test_the_help_of_run_names_every_step(steps):
    assert [step for step in steps if not re.search(rf"`{step}\b", run.command.help)] == []
