"""The handoff's pages: complete, and without anything that is loaded or run."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.browser import handoff_page
from ecsvnc.errors import ServiceError


class Outline(HTMLParser):
    """Collects the tags with their attributes, and the text."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "onload", "onerror", "onclick"}

    def handle_data(self, data):
        self.text += data


PAGES = [
    handoff_page.error_page(ServiceError("What.", hint="Hint.", request_id="ID")),
    handoff_page.bug_page(),
    handoff_page.used_page("ecsvnc open web-1"),
    handoff_page.note_page("Note."),
]


@pytest.mark.parametrize("page", PAGES)
def test_pages_load_and_run_nothing(page):
    assert not set(Outline(page).tags) - {"html", "meta", "title", "style", "main", "h1", "p", "small", "code"}
    assert not re.search(rb"https?://|@import|url\(", page)


def test_the_error_page_has_all_that_the_terminal_shows():
    text = Outline(handoff_page.error_page(ServiceError("It broke.", hint="Wait.", request_id="ABC-1"))).text
    for part in ("It broke.", "Wait.", "Request ID: ABC-1"):
        assert part in text


def test_a_missing_request_id_is_not_mentioned():
    assert "Request ID" not in Outline(handoff_page.error_page(ServiceError("It broke."))).text


@given(st.text(st.characters()), st.text())
def test_text_never_becomes_markup(what, hint):
    tags = Outline(handoff_page.error_page(ServiceError(what, hint=hint))).tags
    assert tags.count("p") == (2 if hint else 1)
    assert "script" not in tags
