"""How `config check` looks at different widths, without a terminal, and on a stdout without these signs."""

import re

import pytest

from ecsvnc.cli.config.check_layout import as_text
from ecsvnc.diagnosis.results import failed, note, ok, skipped
from ecsvnc.errors import CredentialsError

RESULTS = [
    ok("Fine. Everything is as it should be, and there is more to say than fits.")._replace(name="credentials"),
    note("`ecsvnc open` prints it.", "Install one, or set another one.")._replace(name="browser"),
    failed(CredentialsError("Denied to you.", hint="Allow ecs:DescribeInstanceVncUrl, for all of these."))._replace(
        name="ecs:DescribeInstanceVncUrl"
    ),
    skipped("needs valid credentials")._replace(name="account"),
]


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def shown(result, columns):
    return plain(as_text(result, columns=columns, program="ecsvnc demo"))


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.name)
def test_no_word_is_broken_and_no_line_is_wider_than_the_terminal(result, columns):
    lines = shown(result, columns).splitlines()
    assert all(len(line) <= columns for line in lines)
    said = " ".join(" ".join(lines).split())
    assert said.endswith(f"{result.message} {result.hint}".strip().replace("`ecsvnc ", "`ecsvnc demo "))


def test_wrapped_lines_and_the_hint_begin_below_the_message():
    assert shown(RESULTS[2], 80).splitlines() == [
        "✗ FAIL  ecs:DescribeInstanceVncUrl  Denied to you.",
        "                                    Allow ecs:DescribeInstanceVncUrl, for all of",
        "                                    these.",
    ]


def test_a_narrow_terminal_has_the_text_below_the_name():
    assert shown(RESULTS[2], 40).splitlines() == [
        "✗ FAIL  ecs:DescribeInstanceVncUrl",
        "  Denied to you.",
        "  Allow ecs:DescribeInstanceVncUrl, for",
        "  all of these.",
    ]


def test_without_a_terminal_a_result_is_one_line():
    assert shown(RESULTS[1], None) == (
        "! note  browser                     `ecsvnc demo open` prints it. Install one, or set another one."
    )


def test_each_status_has_a_sign_and_a_colour_of_its_own():
    beginnings = [as_text(result, columns=80, program="ecsvnc") for result in RESULTS]
    colours = [re.match(r"\x1b\[(\d+)m", text)[1] for text in beginnings]
    signs = [plain(text)[0] for text in beginnings]
    assert signs == ["✓", "!", "✗", "-"]
    assert len(set(colours)) == len(colours)


def test_a_stdout_that_cannot_encode_the_signs_gets_others():
    texts = [plain(as_text(result, columns=80, program="ecsvnc", encoding="ascii")) for result in RESULTS]
    assert [text[0] for text in texts] == ["+", "!", "x", "-"]


def test_what_a_server_says_cannot_steer_the_terminal():
    result = note("\x1b[2J", "\u202e")._replace(name="clock")
    assert shown(result, 80).endswith("\\x1b[2J\n" + " " * 36 + "\\u202e")
