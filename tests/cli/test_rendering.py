"""Every command's usual output and usual failure on terminals of several sizes: no word is broken.

The terminal is emulated. What it shows is compared, word by word, with what a very wide one shows.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import pytest
from support import command_tree
from support.in_process import InProcess
from support.known_instances import store_instances

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals like these")

SIZES = [(80, 24), (40, 20), (200, 50)]
WIDE = (2000, 50)

KINDS = {"colour": {"TERM": "xterm-256color"}, "no colour": {"TERM": "xterm-256color", "NO_COLOR": "1"}}
KINDS["dumb"] = {"TERM": "dumb"}

KEY_ID = "LTAI5tExampleExample"


class Case(NamedTuple):
    """A run: its arguments, the exit status that it has, what is on stdin, and when Ctrl-C is pressed.

    `before` are the arguments of a run that prepares it. What `is_data` prints is never changed for a terminal.
    """

    arguments: str
    status: int = 0
    stdin: str = ""
    interrupt_at: str | None = None
    before: str = ""
    is_data: bool = False


CASES: Mapping[str, Sequence[Case]] = {
    "open": [Case("open web-1 --browser BROWSER"), Case("open db-1 --no-browser", 6)],
    "proxy": [Case("proxy web-1", 130, interrupt_at="Ctrl-C"), Case("proxy dup", 5)],
    "attach": [Case("attach --help"), Case("attach web-1", 2)],  # the rest is a full screen: tests/cli/test_attach.py
    "url": [Case("url web-1 win-1", is_data=True), Case("url web-1 --region cn-beijing", 5)],
    "screen": [Case("screen web-1", is_data=True), Case("screen db-1", 6)],
    "type": [Case("type web-1 hello"), Case("type web-1 \u4e2d", 2)],
    "keys": [Case("keys web-1 shift"), Case("keys web-1 shfit", 2)],
    "run": [Case("run web-1", stdin="keys shift\n"), Case("run web-1", 2, stdin="press shift\n")],
    "log": [Case("log web-1", is_data=True), Case("log win-1", 6)],
    "list": [Case("list"), Case("list --status nonsense", 2)],
    "reboot": [Case("reboot web-1 --yes"), Case("reboot web-1", 6)],
    "whoami": [Case("whoami"), Case("whoami --profile nobody", 3)],
    "completion": [Case("completion bash", is_data=True), Case("completion tcsh", 2)],
    "help": [Case("help open"), Case("help opne", 2)],
    "demo": [Case("demo list"), Case("demo demo", 2)],
    "config": [Case("config --help"), Case("config nonsense", 2)],
    "config login": [Case(f"config login {KEY_ID} --secret-stdin", stdin="secret"), Case("config login", 2)],
    "config logout": [
        Case("config logout", before=f"config login {KEY_ID} --secret-stdin", stdin="secret"),
        Case("config logout --profile no/body", 2),
    ],
    "config set": [Case("config set region cn-hangzhou"), Case("config set region nowhere!", 2)],
    "config get": [Case("config get console_page"), Case("config get nonsense", 2)],
    "config unset": [Case("config unset region"), Case("config unset nonsense", 2)],
    "config list": [Case("config list --show-origin"), Case("config list --profile nobody", 3)],
    "config profiles": [Case("config profiles"), Case("config profiles --output nonsense", 2)],
    "config use": [Case("config use default"), Case("config use nobody", 3)],
    "config path": [Case("config path", is_data=True), Case("config path nonsense", 2)],
    "config check": [Case("config check web-1"), Case("config check db-1", 6)],
    "config policy": [Case("config policy web-1", is_data=True), Case("config policy nope", 5)],
    "config vnc-password": [Case("config vnc-password web-1", stdin="abc123"), Case("config vnc-password nope", 5)],
}


def test_every_command_has_a_usual_run_and_a_usual_failure():
    assert set(CASES) == set(map(" ".join, command_tree.COMMANDS))
    for usual, failure in CASES.values():
        assert usual.status in (0, 130)
        assert failure.status not in (0, 130)


@pytest.fixture
def terminal(ecs, tmp_path, capsys):
    """`terminal(case, size, kind)`: a run in this process, on a terminal; what it wrote, with addresses of one form."""
    browser = tmp_path / "browser"
    browser.write_text(f"#!{sys.executable}\nimport sys, urllib.request\nurllib.request.urlopen(sys.argv[1]).read()\n")
    browser.chmod(0o755)
    homes = 0

    def terminal(case, size, kind):
        nonlocal homes
        homes += 1
        home = tmp_path / str(homes)
        home.mkdir()
        store_instances(ecs, home / ".cache" / "ecsvnc")
        in_process = InProcess(home, capsys, ecs.exports())
        for instance in ecs.fleet:
            if instance.status == "Starting":  # the last run rebooted it
                instance.status = "Running"

        def shown_by(arguments):
            return in_process.on_terminal(
                *arguments.split(), size=size, stdin=case.stdin, interrupt_at=case.interrupt_at, **kind
            )

        if case.before:
            assert shown_by(case.before).status == 0
        shown = shown_by(case.arguments.replace("BROWSER", str(browser)))
        assert shown.status == case.status, shown.written
        return shown._replace(written=of_one_form(shown.written, str(tmp_path)))

    return terminal


OF_ONE_RUN = re.compile(
    r"\b(?:https?|wss?)://[^\s\x1b]+"  # addresses with ports, tickets
    r"|[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}"  # ids of requests
    r"|(?<=run only\): )\w+"  # the proxy's password
)


def of_one_form(written, folder):
    """The text with every number 0, and all that only this run has as long as it is and the same in each run."""
    written = re.sub(rf"{re.escape(folder)}[^\s\x1b,:]*|{OF_ONE_RUN.pattern}", lambda m: "/" * len(m[0]), written)
    return re.sub(r"(?<![\x1b\[;\d])\d+(?![;\dm])", lambda m: "0" * len(m[0]), written)


USUAL_AND_FAILING = [case for cases in CASES.values() for case in cases]


def name_of(case):
    return case.arguments


@pytest.mark.parametrize("case", [case for case in USUAL_AND_FAILING if not case.is_data], ids=name_of)
def test_no_word_is_broken(terminal, case):
    check(terminal, case, [((80, 24), "dumb"), ((40, 20), "no colour")])  # the widest terminal has colour


@pytest.mark.full
@pytest.mark.parametrize("case", [case for case in USUAL_AND_FAILING if not case.is_data], ids=name_of)
def test_no_word_is_broken_on_any_size_and_kind_of_terminal(terminal, case):
    check(terminal, case, product(SIZES, KINDS))


def check(terminal, case, terminals):
    wide = words(terminal(case, WIDE, KINDS["colour"]).rows)
    for size, kind in terminals:
        shown = terminal(case, size, KINDS[kind])
        unknown = {word for word in words(shown.rows) if not is_whole(word, wide, size[0])}
        assert unknown == set(), (kind, size, "\n".join(shown.rows))
        if kind == "dumb":
            assert "\x1b" not in shown.written
        if kind == "no colour":
            assert not re.search(r"\x1b\[[\d;]*3\dm", shown.written)


@pytest.mark.parametrize("case", [case for case in USUAL_AND_FAILING if case.is_data], ids=name_of)
def test_data_is_left_as_it_is(terminal, case):
    shown = terminal(case, (40, 20), KINDS["colour"])
    assert any(len(line) > shown.columns for line in shown.written.splitlines())


def words(rows):
    return {re.sub(r"0+", "0", re.sub("/{3,}", "///", word)) for row in rows for word in row.split()}


def is_whole(word, wide, columns):
    r"""Whether a word is one of a wide terminal's, or a piece of one that no line of this terminal can take.

    A command that is longer than a line is broken with a `\` between its words.
    """
    too_long = [other for other in wide if len(other) > columns - len("Error: ")]
    return word in wide or word == "\\" or set(word) <= {"/", "."} or any(word in other for other in too_long)
