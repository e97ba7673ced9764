"""The console page's files are served from their folder, and nothing else is."""

from __future__ import annotations

import pytest


def fetch(caller, path, method="GET"):
    return caller.send(method, path, [("host", "127.0.0.1")])


@pytest.mark.parametrize("path", ["/console/", "/console/index.html", "/console/index.html?vncUrl=x"])
def test_the_page_is_there(caller, path):
    reply = fetch(caller, path)
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<canvas" in reply.body


def test_the_page_can_load_nothing_from_elsewhere_and_sends_no_referrer(caller):
    headers = fetch(caller, "/console/").headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/console/nothing.html",
        "/console/../embedded.py",
        "/console/..%2fembedded.py",
        "/console//etc/passwd",
        "/console/%2e%2e/embedded.py",
        "/console/__init__.py",
        "/console/.",
    ],
)
def test_nothing_else_is(caller, path):
    assert fetch(caller, path).status == 404


def test_only_get_is_answered(caller):
    reply = fetch(caller, "/console/", "POST")
    assert reply.status == 405
    assert reply.headers["allow"] == "GET, HEAD"
    assert fetch(caller, "/console/", "HEAD").status == 200
