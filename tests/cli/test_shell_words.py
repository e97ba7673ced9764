from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.cli.shell_words import bash_insertion, split_typed

BREAKS = " \t\n\"'@><=;|&(:"
"""bash's default COMP_WORDBREAKS."""


@pytest.mark.parametrize(
    ("line", "words", "quote"),
    [
        ("ecsvnc ", ["ecsvnc", ""], ""),
        ("ecsvnc  url\tweb", ["ecsvnc", "url", "web"], ""),
        ("ecsvnc url 'my ser", ["ecsvnc", "url", "my ser"], "'"),
        ('ecsvnc url "a\\"b \\x', ["ecsvnc", "url", 'a"b \\x'], '"'),
        ("ecsvnc url my\\ ser", ["ecsvnc", "url", "my ser"], ""),
        ("ecsvnc url web\\", ["ecsvnc", "url", "web"], ""),
        ("ecsvnc '' x", ["ecsvnc", "", "x"], ""),
        ("", [""], ""),
    ],
)
def test_a_line_is_cut_as_shells_cut_it(line, words, quote):
    typed = split_typed(line)
    assert typed.words == words
    assert typed.quote == quote


@given(st.text(alphabet="ab \t\"'\\:=", max_size=30))
def test_whatever_is_complete_is_cut_as_the_standard_library_cuts_it(line):
    try:
        expected = shlex.split(line)
    except ValueError:
        split_typed(line)  # incomplete, and still no error
        return
    if line[-1:] in ("", " ", "\t"):
        expected = expected if line.endswith(("\\ ", "\\\t")) and split_typed(line).raw else [*expected, ""]
    assert split_typed(line).words == expected


@pytest.mark.parametrize(
    ("line", "value", "insertion"),
    [
        ("ecsvnc url we", "web-1", "web-1"),
        ("ecsvnc url we", "web:2", "web:2"),
        ("ecsvnc url web:", "web:2", "2"),
        ("ecsvnc url 'web:", "web:2", "web:2"),
        ("ecsvnc url my", "my server", "my\\ server"),
        ("ecsvnc url my\\ s", "my server", "my\\ server"),
        ("ecsvnc url 'it", "it's", "it'\\''s"),
        ('ecsvnc url "c', 'c"$`\\', 'c\\"\\$\\`\\\\'),
        ("ecsvnc url --region=cn-h", "--region=cn-hangzhou", "cn-hangzhou"),
        ("ecsvnc url --region='cn-h", "--region=cn-hangzhou", "cn-hangzhou"),
        ("ecsvnc url 数", "数据库", "数据库"),
    ],
)
def test_bash_is_told_what_stands_after_its_last_word_break(line, value, insertion):
    assert bash_insertion(value, split_typed(line), BREAKS) == insertion


def test_bash_is_told_the_whole_word_where_its_word_breaks_are_few():
    assert bash_insertion("web:2", split_typed("ecsvnc url web:"), " \t\n") == "web:2"


@given(st.text(min_size=1, max_size=20).filter(str.isprintable))
def test_an_unquoted_insertion_means_the_value(value):
    assert split_typed("ecsvnc url " + bash_insertion(value, split_typed("ecsvnc url "), BREAKS)).words[-1] == value
