"""Who may do what at the local page's address: only the browser that opened it first, and only from its own page. Pure.

    /NONCE            the address that is given to a browser: the first visit gets the cookie, for this path
    /NONCE/FILE       the page and its files; every request needs the cookie
    /NONCE/console    the WebSocket: also the exact Origin
    /NONCE/text       POST, the screen as a picture: also the exact Origin

A browser sends the cookie to every port of this machine, but only to this path, which no other page knows.
"""

from __future__ import annotations

import hmac
from enum import Enum, auto
from typing import TYPE_CHECKING

from ecsvnc.browser.visits import is_for_this_machine, is_navigation

if TYPE_CHECKING:
    from ecsvnc.loopback.exchange import ServerRequest

COOKIE = "ecsvnc"
CONSOLE = "console"
TEXT = "text"


class Access(Enum):
    """What a request is, or why it is refused."""

    FIRST_VISIT = auto()
    """The first browser: it gets the cookie."""
    ENTER = auto()
    """A visit to the address, which leads on to the page."""
    FILE = auto()
    CONSOLE = auto()
    TEXT = auto()
    HEAD_PROBE = auto()
    """HEAD: it asks whether the address exists, and does not use it."""
    NOT_A_VISIT = auto()
    """A prefetch, a preview, a script's request, a WebSocket, a part of another page."""
    OTHER_BROWSER = auto()
    OTHER_ORIGIN = auto()
    WRONG_HOST = auto()
    WRONG_PATH = auto()
    WRONG_METHOD = auto()


def access(request: ServerRequest, nonce: str, cookie: str | None) -> Access:
    """Decide what a request is. `cookie` is the first browser's; None while there has been no first visit."""
    if not is_for_this_machine(request):
        return Access.WRONG_HOST
    first, slash, name = request.target.removeprefix("/").partition("/")
    is_ours = request.target.startswith("/") and hmac.compare_digest(first.encode(), nonce.encode())
    if not is_ours or (slash and cookie is None):
        return Access.WRONG_PATH
    if not slash:
        return _at_address(request, cookie)
    if not _has(request, cookie):
        is_get = request.method == "GET"
        return Access.ENTER if is_get and _comes_from_another_site(request) else Access.OTHER_BROWSER
    return _at_page(request, name)


def _at_address(request: ServerRequest, cookie: str | None) -> Access:
    if request.method == "HEAD":
        return Access.HEAD_PROBE
    if request.method != "GET":
        return Access.WRONG_METHOD
    if not is_navigation(request):
        return Access.NOT_A_VISIT
    if cookie is None:
        return Access.FIRST_VISIT
    return Access.ENTER if _has(request, cookie) or _comes_from_another_site(request) else Access.OTHER_BROWSER


def _at_page(request: ServerRequest, name: str) -> Access:
    if name in (CONSOLE, TEXT):
        if request.method != ("GET" if name == CONSOLE else "POST"):
            return Access.WRONG_METHOD
        if [value for header, value in request.headers if header == "origin"] != [f"http://{request.header('host')}"]:
            return Access.OTHER_ORIGIN
        if name == TEXT:
            return Access.TEXT
        return Access.CONSOLE if request.header("upgrade").lower() == "websocket" else Access.WRONG_METHOD
    if request.method not in ("GET", "HEAD"):
        return Access.WRONG_METHOD
    is_own = request.header("sec-fetch-site", "none") in ("same-origin", "none")
    return Access.FILE if is_own or is_navigation(request) else Access.OTHER_ORIGIN


def _has(request: ServerRequest, cookie: str | None) -> bool:
    sent = [pair.strip() for name, value in request.headers if name == "cookie" for pair in value.split(";")]
    right = f"{COOKIE}={cookie}".encode()
    return cookie is not None and any(hmac.compare_digest(pair.encode(), right) for pair in sent)


def _comes_from_another_site(request: ServerRequest) -> bool:
    """Whether a link on another site led here: a SameSite=Strict cookie is not sent then, though there may be one.

    The page that goes on from here asks again, from our own site, and is refused then if there is no cookie.
    """
    return request.header("sec-fetch-site") == "cross-site" and is_navigation(request)
