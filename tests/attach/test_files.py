"""What attach reads to be typed."""

from __future__ import annotations

import os

import pytest

from ecsvnc.attach.files import text_in
from ecsvnc.errors import UsageError


def test_a_text_file_is_read_without_its_byte_order_mark(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("ä\n", "utf-8-sig")
    assert text_in(path) == "ä\n"


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(UsageError, match="not a regular file"):
        text_in(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"\xff", "not text"), (b"x" * 1_048_577, "larger than 1048576 bytes")],
)
def test_what_cannot_be_typed_is_refused_with_the_reason(tmp_path, content, reason):
    path = tmp_path / "a.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=reason):
        text_in(path)
