"""What is typed of text that was pasted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.attach.paste import amount, cleaned, needs_consent


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("ls\r\nls\rls\n", "ls\nls\nls\n"),
        ("a\tb", "a\tb"),
        ("a\x1b[201~\x1db\x00\x7f\x9b\x03", "a[201~b"),
    ],
)
def test_line_ends_are_one_character_and_controls_are_left_out(text, typed):
    assert cleaned(text) == typed


@given(st.text())
def test_nothing_is_left_that_could_steer_anything(text):
    assert {character for character in cleaned(text) if not character >= " "} <= {"\n", "\t"}


@pytest.mark.parametrize(
    ("text", "is_asked"),
    [("", False), ("ls", False), ("ls\n", False), ("\n", False), ("ls\nx", True), ("ls\n\n", True)],
)
def test_more_than_one_line_is_asked_for(text, is_asked):
    assert needs_consent(text) is is_asked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a", "1 character"),
        ("abc\n", "4 characters"),
        ("a\nb", "2 lines, 3 characters"),
        ("\n\n", "2 lines, 2 characters"),
    ],
)
def test_the_amount_is_told(text, words):
    assert amount(text) == words
