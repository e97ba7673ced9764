import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.cli.escape import escape_control
from ecsvnc.cli.json_lines import json_line
from ecsvnc.cli.terminal import Terminal
from ecsvnc.errors import EcsvncError


def test_what_steers_a_terminal_is_shown_and_not_passed_on():
    assert escape_control("a\x1b[31mb\r\n\tc\x9b0m\x07") == r"a\x1b[31mb\r\n\tc\x9b0m\x07"


def test_what_reverses_or_hides_text_is_shown():
    assert escape_control("user\u202egnp.exe\u200b\ufeff") == r"user\u202egnp.exe\u200b\ufeff"


def test_letters_of_any_script_stay():
    assert escape_control("数据库, données ✓") == "数据库, données ✓"


@given(st.text(alphabet=st.characters()))
def test_what_is_left_is_one_line_that_any_stream_can_encode(text):
    shown = escape_control(text)
    shown.encode()
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)
    assert len(shown.splitlines()) <= 1


@given(st.dictionaries(st.text(), st.text()))
def test_json_says_the_same_after_escaping(values):
    line = json_line(values)

    assert json.loads(line) == values
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in line)


def test_json_keeps_ampersands_and_letters_readable():
    assert json_line({"url": "https://a/?b=1&c=2", "name": "数"}) == '{"url": "https://a/?b=1&c=2", "name": "数"}'


@pytest.mark.parametrize(
    ("verbose", "debug", "expected"),
    [(False, False, "w\n"), (True, False, "w\nd\n"), (False, True, "w\nd\nb\n")],
)
def test_the_verbosity_decides_what_is_printed(capsys, verbose, debug, expected):
    terminal = Terminal({})
    terminal.verbose, terminal.debugging = verbose, debug

    terminal.warn("w")
    terminal.info("d")
    terminal.debug("b")

    assert capsys.readouterr() == ("", expected)


def test_commands_that_are_quoted_are_those_of_this_run(capsys):
    terminal = Terminal({}, program="ecsvnc demo")
    terminal.warn("`ecsvnc list` shows it, `ecsvnc demo` and `ecsvnc demo url` too; ecsvnc does not.")
    terminal.error(EcsvncError("It broke.", hint="See `ecsvnc url --help`."))
    assert capsys.readouterr().err == (
        "`ecsvnc demo list` shows it, `ecsvnc demo` and `ecsvnc demo url` too; ecsvnc does not.\n"
        "Error: It broke.\nHint: See `ecsvnc demo url --help`.\n"
    )


def test_an_error_is_reported_with_its_hint_and_request_id(capsys):
    Terminal({}).error(EcsvncError("It\nbroke.", hint="Mend it.", request_id="R-1"))

    assert capsys.readouterr() == ("", "Error: It\\nbroke.\nHint: Mend it.\nRequest ID: R-1\n")


def test_no_line_is_wasted_on_what_is_not_known(capsys):
    Terminal({}).error(EcsvncError("It broke."))

    assert capsys.readouterr().err == "Error: It broke.\n"
