"""The text messages of page and process."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.browser.page_messages import Bye, Cancel, Ended, Keyboard, Paste, Typed, hello, page_message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"type": "paste", "text": "a\n", "layout": "de"}, Paste("a\n", "de")),
        ({"type": "cancel"}, Cancel()),
        ({"type": "keyboard", "has_extended_keys": True, "has_caps_lock": None}, Keyboard(True, None)),
        ({"type": "keyboard", "has_extended_keys": False, "has_caps_lock": True}, Keyboard(False, True)),
        ({"type": "bye", "more": 1}, Bye()),
    ],
)
def test_a_message_of_the_page_is_read(value, message):
    assert page_message(json.dumps(value).encode()) == message


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"\xff", b"null", b"[]", b"1", b'"bye"', b"{}", b'{"type": 1}', b'{"type": "paste"}', b"[" * 100_000,
     b'{"type": "paste", "text": 1, "layout": "us"}', b'{"type": "paste", "text": "a", "layout": null}',
     b'{"type": "keyboard", "has_extended_keys": 1, "has_caps_lock": null}', b'{"type": "keys", "keys": []}',
     b'{"type": ' + b"9" * 10_000 + b"}"],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError):
        page_message(text)


@given(st.binary())
def test_no_bytes_make_it_fail_otherwise(text):
    with contextlib.suppress(ValueError):
        page_message(text)


def test_what_the_page_is_told_is_ascii_json():
    said = hello("i-1", instance_name="wëb", region_id=None, layouts=("us",), layout="us", command="ecsvnc open i-1")
    assert json.loads(said.decode("ascii"))["instance_name"] == "wëb"
    ended = Ended("Broke.", "Run `ecsvnc open i-1`.", 1.0).message("ecsvnc demo")
    assert json.loads(ended) == {
        "type": "ended",
        "what": "Broke.",
        "hint": "Run `ecsvnc demo open i-1`.",
        "again_s": 1.0,
    }
    assert json.loads(Typed(1, 2).message()) == {
        "type": "typed", "done": 1, "total": 2, "is_over": False, "what": None, "hint": None,
    }  # fmt: skip
