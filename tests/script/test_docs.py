"""The scripts in docs/typing.md, and its table of steps."""

from __future__ import annotations

import re

import pytest
from support.readme import ROOT

from ecsvnc.errors import UsageError
from ecsvnc.keyboard.layout import load_layout
from ecsvnc.script.parse import parse_script

TEXT = (ROOT / "docs" / "typing.md").read_text("utf-8")
SCRIPTS = re.findall(r"```ecsvnc-script\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_without_mistakes(script):
    assert parse_script(script, name="docs", layout=load_layout("us"))


def test_its_steps_are_the_programs():
    with pytest.raises(UsageError) as caught:
        parse_script("nonsense", name="docs", layout=load_layout("us"))
    named = re.search(r"steps are (.*)\.", caught.value.what)[1].split(", ")
    assert re.findall(r"^\| `(\w+)", TEXT, re.MULTILINE) == named
