"""The README's picture."""

from __future__ import annotations

import re
import sys
from html import unescape

import make_picture
import pytest


def text_of(picture):
    """What a picture shows, without the clock of the simulated instance, and what only a slow machine says."""
    pieces = (unescape(piece) for piece in re.findall(r">([^<>]+)</text>", picture))
    text = "\n".join(piece for piece in pieces if not re.search(r"\([\d.]+ seconds?\)$", piece))
    return re.sub(r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d", "NOW", text)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals like these")
def test_it_shows_what_the_program_prints_today():
    today = text_of(make_picture.drawn(make_picture.screen()))
    assert text_of(make_picture.PICTURE.read_text("utf-8")) == today, "run `python tools/make_picture.py`"
