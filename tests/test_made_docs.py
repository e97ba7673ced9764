"""docs/commands.md and the man page, which are made of the help texts."""

from __future__ import annotations

import re
import subprocess

import make_docs
import pytest

MADE = make_docs.made()


@pytest.mark.parametrize("path", MADE)
def test_what_is_made_of_the_help_texts_is_up_to_date(path):
    assert (make_docs.ROOT / path).read_text("utf-8") == MADE[path], "run `python tools/make_docs.py`"


@pytest.mark.parametrize(
    "command",
    [["mandoc", "-T", "lint", "-W", "style"], ["groff", "-man", "-Tutf8", "-ww", "-z"]],
    ids=lambda command: command[0],
)
def test_no_program_that_shows_the_man_page_complains_of_it(need, command):
    need(command[0])
    done = subprocess.run(
        [*command, make_docs.ROOT / "man" / "ecsvnc.1"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_man_page_shows_options_and_commands_as_they_are_typed(need):
    page = make_docs.ROOT / "man" / "ecsvnc.1"
    shown = subprocess.run(
        [need("mandoc"), "-T", "ascii", "-O", "width=120", page], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    plain = " ".join(re.sub(".\b", "", shown).split())  # bold is a letter, a step back, and the letter again
    for text in ("ecsvnc open web-1 --viewer", "--vnc-password-file PATH", "ECSVNC_REGION", "ecsvnc config set"):
        assert text in plain, text
