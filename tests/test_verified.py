"""docs/verified.md: the tests and programs that it names are there."""

import re
import tomllib

import pytest
from support import readme

TEXT = (readme.ROOT / "docs" / "verified.md").read_text("utf-8")
ROWS = [row for row in re.findall(r"^\|.*\|$", TEXT, re.MULTILINE) if "`tests/" in row]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[^`]+)`", TEXT))))
def test_tests_that_it_names_exist(path):
    assert (readme.ROOT / path).exists()


def test_every_row_names_its_tests():
    tables = [row for row in re.findall(r"^\|.*\|$", TEXT, re.MULTILINE) if not row.startswith(("| what", "|---"))]
    assert ROWS
    assert tables == ROWS


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("Chromium", "chromium"),
        ("TigerVNC", "tigervnc-viewer"),
        ("gnome-keyring", "gnome-keyring"),
        ("zsh", "zsh"),
        ("fish", "fish"),
        ("Xvfb", "xvfb"),
        ("openssl", "openssl"),
        ("QEMU", "qemu-system-x86"),
    ],
)
def test_programs_that_it_names_are_installed_where_no_test_may_be_skipped(name, package):
    assert any(name in row for row in ROWS)
    assert f":{package}\n" in (readme.ROOT / ".ci" / "run").read_text("utf-8")


def test_libraries_that_it_names_are_installed_for_the_tests():
    project = tomllib.loads((readme.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [re.match(r"[\w-]+", each)[0] for group in project["optional-dependencies"].values() for each in group]
    named = [*re.findall(r"`(ali[a-z0-9-]+)`", TEXT), "vncdotool"]
    assert len(named) == 4
    assert set(named) <= set(wanted)


def test_its_lines_fit():
    assert [line for line in TEXT.splitlines() if len(line) > 120 and not line.startswith("|")] == []
