from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.cli.word_wrap import shortened, wrapped

WORDS = st.lists(st.text("abcdefgh-/é", min_size=1, max_size=20), max_size=30)


@given(words=WORDS, width=st.integers(1, 60), indent=st.integers(0, 20))
def test_every_word_is_whole_and_no_line_is_wider_unless_it_is_one_word(words, width, indent):
    lines = wrapped(" ".join(words), width=width, indent=indent).split("\n")
    assert all(line.startswith(" " * indent) for line in lines[1:])
    assert [word for line in lines for word in line.split()] == words
    for number, line in enumerate(lines):
        cells = len(line) + (indent if number == 0 else 0)
        assert cells <= width or len(line.split()) <= 1


@given(words=WORDS, width=st.integers(1, 60))
def test_a_line_takes_as_many_words_as_fit(words, width):
    lines = wrapped(" ".join(words), width=width).split("\n")
    for line, following in pairwise(lines):
        assert len(line) + 1 + len(following.split()[0]) > width


def test_wide_letters_take_two_cells_and_accents_none():
    assert wrapped("控制 台", width=6) == "控制\n台"
    assert wrapped("控制 台", width=7) == "控制 台"
    assert wrapped("e\u0301e\u0301e\u0301 b", width=5) == "e\u0301e\u0301e\u0301 b"


def test_nothing_is_one_empty_line():
    assert wrapped("", width=10, indent=4) == ""


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("web-1", 5, "web-1"),
        ("web-10", 5, "web-…"),
        ("数据库", 6, "数据库"),
        ("数据库", 5, "数据…"),
        ("数据库", 4, "数…"),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
        ("ab", 1, "…"),
    ],
)
def test_what_is_shortened_ends_with_an_ellipsis(text, width, shown):
    assert shortened(text, width) == shown


def test_a_command_in_backquotes_stays_whole():
    text = "Run `ecsvnc config login`, please."
    assert wrapped(text, width=25) == "Run\n`ecsvnc config login`,\nplease."
    assert wrapped(text, width=80) == text


@given(words=st.lists(st.text("abc-'", min_size=1, max_size=8), min_size=2, max_size=12), width=st.integers(14, 40))
def test_a_command_that_is_longer_than_a_line_is_broken_as_a_shell_reads_it(words, width):
    command = " ".join(words)
    lines = wrapped(f"Run `{command}` now.", width=width, indent=2, hanging=1).split("\n")
    assert all(len(line) + (2 if number == 0 else 0) <= width for number, line in enumerate(lines))
    text = "\n".join(line.strip() for line in lines).replace(" \\\n", " ").replace("\n", " ")
    assert text == f"Run `{command}` now."


def test_only_the_lines_after_the_first_hang():
    assert wrapped("one two three", width=7, indent=1, hanging=2) == "one\n   two\n   three"
