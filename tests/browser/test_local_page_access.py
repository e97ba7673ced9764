"""Who gets in at the local page's address: the pure decision, request by request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.server_requests import request_for

from ecsvnc.browser.local_page_access import Access, access

NONCE, COOKIE = "q" * 43, "c" * 22
PAGE = f"/{NONCE}/"
HOST = "127.0.0.1:8080"
OWN = {"cookie": f"ecsvnc={COOKIE}", "origin": f"http://{HOST}"}


def decide(target=PAGE, *, first=COOKIE, **request):
    """The decision; `first` is the first browser's cookie."""
    return access(request_for(target, **request), NONCE, first)


def test_the_first_visit_to_the_address_gets_in_and_nothing_else_does():
    assert decide(f"/{NONCE}", first=None) is Access.FIRST_VISIT
    assert decide(PAGE, first=None) is Access.WRONG_PATH
    assert decide(f"{PAGE}console", first=None, upgrade="websocket", **OWN) is Access.WRONG_PATH


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"sec_purpose": "prefetch"}, Access.NOT_A_VISIT),
        ({"purpose": "prefetch"}, Access.NOT_A_VISIT),
        ({"upgrade": "websocket"}, Access.NOT_A_VISIT),
        ({"sec_fetch_mode": "no-cors"}, Access.NOT_A_VISIT),
        ({"sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}, Access.NOT_A_VISIT),
        ({"method": "HEAD"}, Access.HEAD_PROBE),
        ({"method": "POST"}, Access.WRONG_METHOD),
        ({"method": "OPTIONS"}, Access.WRONG_METHOD),
        ({"host": "evil.example.com"}, Access.WRONG_HOST),
    ],
)
def test_what_is_no_visit_does_not_use_the_address_up(headers, expected):
    assert decide(f"/{NONCE}", first=None, **headers) is expected


@pytest.mark.parametrize(
    "sent",
    [{}, {"cookie": ""}, {"cookie": "ecsvnc="}, {"cookie": f"ecsvnc={COOKIE[:-1]}"}, {"cookie": f"ecsvnc={COOKIE}x"},
     {"cookie": f"ECSVNC={COOKIE}"}, {"cookie": COOKIE}, {"cookie": "ecsvnc=None"}, {"cookie": f'ecsvnc="{COOKIE}"'}],
)  # fmt: skip
@pytest.mark.parametrize(
    ("target", "request_of"),
    [
        (f"/{NONCE}", {}),
        (PAGE, {}),
        (f"{PAGE}console.js", {}),
        (f"{PAGE}console", {"upgrade": "websocket", "origin": f"http://{HOST}"}),
        (f"{PAGE}text", {"method": "POST", "origin": f"http://{HOST}"}),
    ],
)
def test_without_the_cookie_nothing_is_given(sent, target, request_of):
    assert decide(target, **request_of, **sent) is Access.OTHER_BROWSER


@pytest.mark.parametrize("cookie", [f"ecsvnc={COOKIE}", f"a=1; ecsvnc={COOKIE}", f"ecsvnc=forged;ecsvnc={COOKIE} ; b"])
def test_the_browser_that_was_first_has_the_page_its_files_and_the_address(cookie):
    for target, expected in ((f"/{NONCE}", Access.ENTER), (PAGE, Access.FILE), (f"{PAGE}rfb.js", Access.FILE)):
        assert access(request_for(target, cookie=cookie), NONCE, COOKIE) is expected


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "http://127.0.0.1", "http://127.0.0.1:8081", "http://localhost:8080", "https://127.0.0.1:8080",
     "http://127.0.0.1:8080/", "http://127.0.0.1:8080.evil.example.com", "http://evil.example.com", "HTTP://127.0.0.1:8080"],
)  # fmt: skip
def test_the_console_and_the_text_need_the_exact_origin(origin):
    headers = {"cookie": OWN["cookie"]} | ({} if origin is None else {"origin": origin})
    assert decide(f"{PAGE}console", upgrade="websocket", **headers) is Access.OTHER_ORIGIN
    assert decide(f"{PAGE}text", method="POST", **headers) is Access.OTHER_ORIGIN


def test_two_origins_are_no_origin():
    request = request_for(f"{PAGE}console", upgrade="websocket", **OWN)
    request.headers.append(("origin", "http://evil.example.com"))
    assert access(request, NONCE, COOKIE) is Access.OTHER_ORIGIN


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost:9000", "[::1]:9000", "localhost"])
def test_through_a_forwarded_port_the_origin_is_the_host_s(host):
    headers = OWN | {"origin": f"http://{host}"}
    assert decide(f"{PAGE}console", host=host, upgrade="WebSocket", **headers) is Access.CONSOLE
    assert decide(f"{PAGE}text", host=host, method="POST", **headers) is Access.TEXT


@pytest.mark.parametrize("host", ["", "evil.example.com", "127.0.0.1.evil.example.com:8080", "127.0.0.2:8080"])
def test_a_rebound_name_gets_nothing_though_it_has_the_cookie(host):
    for target in (f"/{NONCE}", PAGE, f"{PAGE}console", f"{PAGE}text"):
        assert decide(target, host=host, **OWN) is Access.WRONG_HOST


@pytest.mark.parametrize(
    ("target", "method", "headers"),
    [
        (f"{PAGE}console", "GET", {}),
        (f"{PAGE}console", "POST", {"upgrade": "websocket"}),
        (f"{PAGE}text", "GET", {}),
        (f"{PAGE}text", "PUT", {}),
        (PAGE, "POST", {}),
        (f"{PAGE}rfb.js", "DELETE", {}),
    ],
)
def test_each_path_has_its_method(target, method, headers):
    assert decide(target, method=method, **headers, **OWN) is Access.WRONG_METHOD


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("mode", ["no-cors", "cors"])
def test_a_file_is_no_part_of_another_page(site, mode):
    """A page on another port of this machine is on the same site, and its requests have the cookie."""
    headers = {"sec_fetch_site": site, "sec_fetch_mode": mode, "sec_fetch_dest": "script"}
    assert decide(f"{PAGE}rfb.js", **headers, **OWN) is Access.OTHER_ORIGIN


def test_a_link_on_another_site_leads_on_from_our_own_where_the_cookie_is_asked_for():
    headers = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert decide(f"/{NONCE}", **headers) is Access.ENTER
    assert decide(PAGE, **headers) is Access.ENTER
    assert decide(PAGE, **headers | {"sec_fetch_site": "same-origin"}) is Access.OTHER_BROWSER
    assert decide(f"{PAGE}console", **headers | {"sec_fetch_mode": "websocket"}) is Access.OTHER_BROWSER


@pytest.mark.parametrize(
    "target",
    ["/", "//", f"//{NONCE}/", f"/{NONCE[:-1]}/", f"/{NONCE}x/", f"http://127.0.0.1/{NONCE}/", NONCE, f"{NONCE}/", "*",
     f"/{NONCE.upper()}/", f"/{NONCE}?x/", f"/%71{NONCE[1:]}/", f"/x/../{NONCE}/"],
)  # fmt: skip
def test_any_other_path_is_not_found(target):
    assert decide(target, **OWN) is Access.WRONG_PATH


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0")), st.text(), st.text())
def test_no_header_makes_it_fail_or_lets_anybody_in(cookie, origin, target):
    request = request_for(target, cookie=cookie, origin=origin, upgrade="websocket")
    allowed = {Access.FILE, Access.CONSOLE, Access.TEXT, Access.ENTER, Access.FIRST_VISIT}
    assert access(request, NONCE, COOKIE) not in allowed
