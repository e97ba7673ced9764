"""The console page's files are served from their folder, and nothing else is."""

from __future__ import annotations

import pytest

from ecsvnc.browser import page_files
from ecsvnc.loopback.exchange import ServerRequest


def fetch(name, method="GET", **more):
    request = ServerRequest(
        method=method,
        target=f"/console/{name}",
        path=f"/console/{name}",
        query="",
        headers=[("host", "127.0.0.1:8080")],
        body=b"",
        peer=("127.0.0.1", 1),
        local=("127.0.0.1", 2),
        client_is_there=lambda: True,
    )
    return page_files.answer(request, name, connect_to="'self'", **more)


@pytest.mark.parametrize("name", ["", "index.html"])
def test_the_page_is_there(name):
    answer = fetch(name)
    assert answer.status == 200
    assert dict(answer.headers)["Content-Type"] == "text/html; charset=utf-8"
    assert b"<canvas" in answer.body


def test_the_page_can_load_nothing_from_elsewhere_and_sends_no_referrer():
    headers = dict(fetch("").headers)
    assert headers["Content-Security-Policy"].startswith("default-src 'self'; connect-src 'self'; ")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_headers_of_the_caller_are_added():
    assert ("Set-Cookie", "a=b") in fetch("", headers=(("Set-Cookie", "a=b"),)).headers


@pytest.mark.parametrize(
    "name",
    [
        "nothing.html",
        "../page_files.py",
        "..%2fpage_files.py",
        "/etc/passwd",
        "%2e%2e/page_files.py",
        "__init__.py",
        ".",
        "..",
        "index.html/",
    ],
)
def test_nothing_else_is(name):
    assert fetch(name).status == 404


def test_only_get_is_answered():
    answer = fetch("", "POST")
    assert answer.status == 405
    assert ("Allow", "GET, HEAD") in answer.headers
    assert ("Cache-Control", "no-store") in answer.headers
    assert fetch("", "HEAD").status == 200
