import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.errors import UnexpectedAnswerError
from ecsvnc.openapi.answers import read_json_object, server_time


def read(body):
    return read_json_object(body, host="ecs.example.com", http_status=200)


def test_a_json_object_is_read_with_or_without_a_byte_order_mark():
    assert read(b'{"a": 1}') == {"a": 1}
    assert read(b'\xef\xbb\xbf{"a": "\xe4\xb8\xad"}') == {"a": "中"}
    assert read(rb'{"a": "\ud83d\ude00 \u001b"}') == {"a": "😀 \x1b"}


@pytest.mark.parametrize(
    ("body", "looks_like"),
    [
        (b"", "with an empty body"),
        (b" \r\n", "with an empty body"),
        (b"<html><body>Sign in</body></html>", "with a web page"),
        (b"\n<!DOCTYPE html>", "with a web page"),
        (b'<?xml version="1.0"?><Error/>', "with XML"),
        (b'{"VncUrl": "wss', "with invalid JSON"),
        (b"[1, 2]", "with invalid JSON"),
        (b'"text"', "with something other than JSON"),
        (b"null", "with something other than JSON"),
        (b'{"a": "\xff\xfe"}', "with invalid JSON"),
        (b"[" * 1_000_000, "with invalid JSON"),
        (b'{"a":' * 1_000_000, "with invalid JSON"),
        (b'{"a": ' + b"9" * 100_000 + b"}", "with invalid JSON"),
        (rb'{"a": "\ud800"}', "with invalid JSON"),
        (rb'{"a": [{"b": "x\uDFFFy"}]}', "with invalid JSON"),
        (rb'{"\udc00\ud800": 1}', "with invalid JSON"),
        (b'{"a": "\xed\xa0\x80"}', "with invalid JSON"),
        (b"hello", "with something other than JSON"),
        (b"\x1f\x8b\x08", "with something other than JSON"),
    ],
    ids=range(19),
)
def test_anything_else_is_an_unexpected_answer_that_says_what_it_looks_like(body, looks_like):
    with pytest.raises(UnexpectedAnswerError) as caught:
        read(body)
    assert caught.value.what == f"ecs.example.com answered {looks_like} (HTTP status 200), not the API's answer."


def test_what_was_answered_is_not_repeated():
    with pytest.raises(UnexpectedAnswerError) as caught:
        read(b"\x1b]0;title\x07 token=secret")
    assert "secret" not in f"{caught.value.what}{caught.value.hint}"
    assert caught.value.__suppress_context__


@given(st.binary(max_size=200))
def test_no_body_raises_anything_else(body):
    with contextlib.suppress(UnexpectedAnswerError):
        assert isinstance(read(body), dict)


def test_the_servers_date_is_read_as_posix_seconds():
    assert server_time("Thu, 26 Oct 2023 10:22:32 GMT") == 1698315752
    assert server_time("Thu, 26 Oct 2023 10:22:32") == 1698315752
    assert server_time("Thu, 26 Oct 2023 12:22:32 +0200") == 1698315752


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "soon",
        "Thu, 26 Oct",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Thu, 99 Oct 2023 99:99:99 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2300",
        "Thu, 26 Oct 2023 10:22:32 +999999999999999999999",
        "\x00",
    ],
)
def test_an_invalid_date_is_ignored(header):
    assert server_time(header) is None


@given(st.text(max_size=60))
def test_no_date_header_raises(header):
    assert server_time(header) is None or server_time(header) > 0
