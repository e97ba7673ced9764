import contextlib
import time

import pytest

from ecsvnc.settings.parse_toml import MAX_BYTES, parse_toml


def test_a_mark_of_utf_8_is_no_part_of_the_document():
    assert parse_toml(b"\xef\xbb\xbfa = 1") == {"a": 1}


def test_a_long_text_with_many_dots_is_no_nesting():
    text = f'a = "https://{".".join(["x"] * 20)}/{"." * 500}"  # {"." * 500}\n[{".".join("b" * 30)}]\n'
    assert parse_toml(text.encode())["a"].startswith("https://x.x")


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 20_000 + " = 1",
        "[" + "a" + " . a" * 10_000 + "]",
        "x = {" + "'a'." * 10_000 + "a = 1}",
        "x = {" + '"".' * 40 + "a = 1}",
        "x = " + "[" * 5000 + "]" * 5000,
        "x = " + "{a=" * 5000 + "1" + "}" * 5000,
    ],
    ids=["key", "header", "inline", "empty", "arrays", "tables"],
)
def test_what_is_nested_too_deeply_is_refused_at_once(text):
    started_s = time.process_time()
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_toml(text.encode())
    assert time.process_time() - started_s < 2


@pytest.mark.parametrize("piece", ["a", "a ", '"', "'", "a.", '"a"', "a.b ", ". ", "-", "'\""])
def test_the_search_for_nesting_takes_linear_time(piece):
    text = "x = 1 # " + piece * (MAX_BYTES // len(piece) - 20)
    started_s = time.process_time()
    with contextlib.suppress(ValueError):
        parse_toml(text.encode())
    assert time.process_time() - started_s < 2
