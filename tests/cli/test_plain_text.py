from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.cli.escape import UNPRINTABLE
from ecsvnc.cli.plain_text import new_part, plain_text


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("a\r\nb\r\r\nc\n", "a\nb\nc\n"),
        ("10%\r20%\r\n", "10%\n20%\n"),
        ("[  \x1b[0;32mOK\x1b[0m  ] Started.", "[  OK  ] Started."),
        ("\x1b[2J\x1b[1;1H\x1b[?25lGRUB", "GRUB"),
        ("\x9b31mred", "red"),
        ("\x1b]0;a title\x07text\x1b]52;c;Zm9v\x1b\\more", "textmore"),
        ("\x1bP1$r0m\x1b\\x", "x"),
        ("\x1b(B\x1bcx", "x"),
        ("a\tb", "a\tb"),
        ("a\x08b\x07\x00", "a\\x08b\\x07\\x00"),
        ("cut \x1b[0", "cut \\x1b[0"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("日本語 é", "日本語 é"),
    ],
)
def test_a_machine_s_output_is_shown_as_lines_of_text(written, plain):
    assert plain_text(written) == plain


@given(st.text())
def test_nothing_in_it_can_steer_a_terminal(text):
    assert UNPRINTABLE.sub("", plain_text(text).replace("\n", "").replace("\t", "")) == plain_text(text).replace(
        "\n", ""
    ).replace("\t", "")


@given(st.text("ab\n", max_size=30), st.text("ab\n", max_size=30))
def test_what_was_added_is_new(before, added):
    assert new_part(before, before + added) == added


def test_what_was_added_is_found_when_the_beginning_has_been_dropped():
    log = "".join(f"[{number:>9.6f}] message {number}\n" for number in range(200))
    assert new_part(log[:4000], log[1500:4100]) == log[4000:4100]


def test_another_boot_is_all_new():
    first, second = "[ 0.0] boot A\nlogin: ", "[ 0.0] boot B\n"
    assert new_part(first, second) == second
