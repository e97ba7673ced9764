"""The handoff, visited through real sockets; only its clock is injected."""

import contextlib
import http.client
import queue
import re
import socket
import threading
from dataclasses import replace

import pytest
from support.program import wait_until
from support.scene import Scene
from support.server_requests import request_for

from ecsvnc.browser.handoff import Handoff, Verdict, verdict
from ecsvnc.errors import ServiceError, UsageError
from ecsvnc.tickets.ticket import MIN_LEFT_S, VALIDITY_S, Ticket, VncUrl

VNC_URL = VncUrl.parse("wss%3A%2F%2Fvnc.example.com%2Fwebsockify%2F%3Fs%3Dt0ken")


NONCE = "q" * 43
ADDRESS = f"/{NONCE}"
PAGE = "https://page.example.com/"


def ticket(scene, name):
    """A ticket issued now."""
    vnc_url = VncUrl.parse(f"wss%3A%2F%2Fvnc.example.com%2F%3Fs%3D{name}")
    return Ticket(vnc_url, issued_at=scene.at_s, issued_monotonic_s=scene.at_s, request_id="R")


class Tickets:
    """A fake of `InstanceTickets`, as far as a handoff uses it."""

    instance_id, name, region_id, is_windows = "i-bp1", "web-1", "cn-hangzhou", False

    def __init__(self, scene, first=None):
        self.scene = scene
        self.first = first
        self.taken = 0
        self.failure = None

    def claim(self, is_cancelled):
        return not is_cancelled()

    def take(self):
        first, self.first = self.first, None
        if first is not None and first.is_fresh(self.scene.runtime):
            return first
        if self.failure is not None:
            raise self.failure
        self.taken += 1
        return ticket(self.scene, f"n{self.taken}")


class Visitor:
    """Visits a handoff."""

    def __init__(self, scene, *, first=None, page=PAGE, claim=None, name=None, **options):
        self.tickets = Tickets(scene, first)
        self.tickets.claim = claim or self.tickets.claim
        self.tickets.name = name or self.tickets.name
        self.handoff = Handoff(self.tickets, page, runtime=scene.runtime, **options)
        self.handoff.start()

    def ask(self, method="GET", path=None, **headers):
        """Status, headers (lower-case) and body of one answer."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.handoff.port, timeout=10)) as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            client.request(method, path or self.path, headers=named)
            answer = client.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()

    def ticket_name(self):
        """The name of the ticket that a visit got."""
        return re.search("s%3D(\\w+)", self.ask()[1]["location"])[1]

    @property
    def path(self):
        return "/" + self.handoff.address.rsplit("/", 1)[1]


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def visit(scene):
    visitors = []

    def start(**options):
        visitor = Visitor(scene, **options)
        visitors.append(visitor)
        return visitor

    yield start
    for visitor in visitors:
        visitor.handoff.stop()


# What a request is


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "LocalHost", "[::1]", "[::1]:65535", "127.0.0.1:9000"]
)
def test_loopback_hosts_with_any_port_are_visits(host):
    assert verdict(request_for(ADDRESS, host=host), NONCE) is Verdict.VISIT


@pytest.mark.parametrize(
    "host",
    ["", "evil.example.com", "127.0.0.1.evil.example.com", "localhost.evil.example.com:80", "localhost:", "127.0.0.2",
     "127.0.0.1:80:80", "user@127.0.0.1", "::1", "[::1", "0.0.0.0", "127.0.0.1 ", "localhost:123456", "2130706433"],
)  # fmt: skip
def test_any_other_host_is_refused(host):
    assert verdict(request_for(ADDRESS, host=host), NONCE) is Verdict.WRONG_HOST


@pytest.mark.parametrize(
    "target",
    ["/", f"/{NONCE}/", f"/{NONCE}?", f"/{NONCE}?x", f"/{NONCE[:-1]}", f"//{NONCE}", f"http://127.0.0.1/{NONCE}", "*",
     f"/{NONCE.upper()}", f"/%71{NONCE[1:]}"],
)  # fmt: skip
def test_any_other_target_is_not_found(target):
    assert verdict(request_for(target), NONCE) is Verdict.WRONG_PATH


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "DELETE", "TRACE"])
def test_other_methods_are_refused(method):
    assert verdict(request_for(ADDRESS, method=method), NONCE) is Verdict.WRONG_METHOD


def test_head_is_a_probe():
    assert verdict(request_for(ADDRESS, method="HEAD"), NONCE) is Verdict.HEAD_PROBE


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_purpose": "prefetch"},
        {"sec_purpose": "prefetch;prerender"},
        {"sec_purpose": "prefetch;anonymous-client-ip"},
        {"purpose": "prefetch"},
        {"purpose": "Prefetch"},
        {"x_purpose": "preview"},
        {"x_moz": "prefetch"},
        {"sec_fetch_mode": "no-cors"},
        {"sec_fetch_mode": "cors"},
        {"sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
        {"sec_fetch_mode": "navigate", "sec_fetch_dest": "object"},
        {"sec_fetch_mode": "navigate", "sec_fetch_dest": "embed"},
        {"sec_fetch_dest": "empty"},
        {"upgrade": "websocket", "connection": "Upgrade"},
    ],
)
def test_what_would_show_no_console_is_not_a_visit(headers):
    assert verdict(request_for(ADDRESS, **headers), NONCE) is Verdict.NOT_A_VISIT


def test_a_navigation_is_a_visit():
    headers = {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document", "sec_fetch_user": "?1"}
    assert verdict(request_for(ADDRESS, **headers), NONCE) is Verdict.VISIT


# What is answered


def test_address_has_256_random_bits_on_127_0_0_1(visit):
    first, second = visit().handoff.address, visit().handoff.address
    assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+/[A-Za-z0-9_-]{43}", first)
    assert first.rsplit("/", 1)[1] != second.rsplit("/", 1)[1]


def test_visit_is_redirected_and_leaves_no_trace(visit):
    visitor = visit()
    status, headers, _ = visitor.ask()
    assert status == 302
    assert headers["location"] == (
        f"{PAGE}?vncUrl=wss%3A%2F%2Fvnc.example.com%2F%3Fs%3Dn1&instanceId=i-bp1&isWindows=false"
    )
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert visitor.handoff.wait_opened(5)
    assert visitor.handoff.visits == 1


def test_the_first_ticket_is_used_while_it_is_fresh(visit, scene):
    visitor = visit(first=ticket(scene, "first"))
    scene.at_s += VALIDITY_S - MIN_LEFT_S
    assert visitor.ticket_name() == "first"
    assert visitor.tickets.taken == 0


def test_an_old_ticket_is_replaced(visit, scene):
    visitor = visit(first=ticket(scene, "first"))
    assert visitor.handoff.progress() == f"waiting for the browser; ticket: {VALIDITY_S:.0f} s"
    scene.at_s += VALIDITY_S - MIN_LEFT_S + 0.01
    assert visitor.handoff.progress().endswith("a fresh ticket will be used")
    assert visitor.ticket_name() == "n1"


@pytest.mark.parametrize(("left_s", "good"), [(15.0, True), (7.0, True), (6.99, False), (-1.0, False)])
def test_a_ticket_is_fresh_with_seven_of_its_seconds_left(scene, left_s, good):
    issued = scene.at_s + left_s - VALIDITY_S
    assert Ticket(VNC_URL, issued_at=0, issued_monotonic_s=issued, request_id="R").is_fresh(scene.runtime) is good


def test_a_request_that_is_not_a_visit_does_not_use_the_address_up(visit):
    visitor = visit()
    assert visitor.ask("HEAD")[0] == 200
    assert visitor.ask(Sec_Purpose="prefetch;prerender")[0] == 503
    assert visitor.ask(path="/favicon.ico")[0] == 404
    assert visitor.ask(Host="evil.example.com")[0] == 403
    status, headers, _ = visitor.ask("POST")
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert visitor.tickets.taken == 0
    assert not visitor.handoff.wait_opened(0)
    assert visitor.ask()[0] == 302


def test_a_second_visit_shows_the_command_to_run(visit):
    visitor = visit(name="web <1>")
    assert visitor.ask()[0] == 302
    status, headers, page = visitor.ask()
    assert status == 410
    assert "location" not in headers
    assert "ecsvnc open &#x27;web &lt;1&gt;&#x27;" in page


def test_of_two_visits_at_once_exactly_one_gets_the_console(visit):
    visitor = visit()
    begin = threading.Barrier(8)
    statuses = queue.Queue()

    def browser():
        begin.wait(10)
        statuses.put(visitor.ask()[0])

    threads = [threading.Thread(target=browser) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses.queue) == [302] + [410] * 7
    assert visitor.tickets.taken == 1


def test_with_stay_each_visit_gets_a_fresh_ticket(visit, scene):
    visitor = visit(stay=True)
    assert [visitor.ticket_name() for _ in range(3)] == ["n1", "n2", "n3"]


def test_failure_is_shown_in_the_browser_and_raised_in_the_terminal(visit):
    visitor = visit()
    visitor.tickets.failure = ServiceError("It <broke>.", hint="Try & retry.", request_id="ABC-1")
    status, headers, page = visitor.ask()
    assert status == 502
    assert "It &lt;broke&gt;." in page
    assert "Try &amp; retry." in page
    assert "ABC-1" in page
    assert "default-src 'none'" in headers["content-security-policy"]
    with pytest.raises(ServiceError, match="broke"):
        visitor.handoff.wait_opened(5)


def test_in_the_demo_the_page_names_the_demos_commands(visit, scene):
    scene.runtime = replace(scene.runtime, program="ecsvnc demo")
    visitor = visit()
    visitor.tickets.failure = ServiceError("It broke.", hint="Run `ecsvnc list`.")
    assert "Run `ecsvnc demo list`." in visitor.ask()[2]


def test_with_stay_a_failure_is_reported_and_the_next_visit_tries_again(visit, scene):
    visitor = visit(stay=True)
    visitor.tickets.failure = ServiceError("It broke.", hint="Wait.")
    assert visitor.ask()[0] == 502
    assert not visitor.handoff.wait_opened(0)
    wait_until(lambda: scene.warnings == ["The console could not be opened. It broke. Wait."])  # after the page
    visitor.tickets.failure = None
    assert visitor.ask()[0] == 302
    assert visitor.handoff.wait_opened(5)


@pytest.mark.parametrize("stay", [False, True])
def test_a_bug_is_raised_where_the_command_waits_and_never_shown(visit, stay):
    visitor = visit(stay=stay)
    visitor.tickets.failure = KeyError("t0ken")
    status, _, page = visitor.ask()
    assert status == 500
    assert "t0ken" not in page
    with pytest.raises(KeyError):
        visitor.handoff.wait_opened(5)
    with pytest.raises(KeyError):
        visitor.handoff.check()


def test_each_redirect_claims_a_place_in_the_budget_first(visit, scene):
    claims = []

    def claim(is_cancelled):
        claims.append(scene.at_s)
        scene.sleep(40)
        return True

    visitor = visit(claim=claim, first=ticket(scene, "first"))
    visitor.ask("HEAD")
    # The first ticket expired while the visit waited for the budget.
    assert visitor.ticket_name() == "n1"
    assert len(claims) == 1


def test_a_visitor_who_left_while_the_ticket_was_fetched_does_not_use_the_address_up(visit):
    entered, go_on = threading.Event(), threading.Event()

    def slow_claim(is_cancelled):
        entered.set()
        return go_on.wait(10)

    visitor = visit(claim=slow_claim)
    with socket.create_connection(("127.0.0.1", visitor.handoff.port), timeout=10) as sock:
        sock.sendall(f"GET {visitor.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert entered.wait(10)
    go_on.set()
    assert visitor.ask()[0] == 302
    assert visitor.tickets.taken == 1


def test_visitors_who_hang_up_while_they_wait_for_the_budget_use_none_of_it(visit):
    """Many impatient reloads, one after another, and then a visitor who waits."""
    is_free, asked, counted = threading.Event(), queue.Queue(), []

    def claim(is_cancelled):
        asked.put(None)
        while not is_cancelled():
            if is_free.wait(0.01):
                counted.append(None)
                return True
        return False

    visitor = visit(claim=claim)
    request = f"GET {visitor.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    impatient = [socket.create_connection(("127.0.0.1", visitor.handoff.port), timeout=10) for _ in range(29)]
    for sock in impatient:
        sock.sendall(request)
    asked.get(timeout=10)
    for sock in impatient:
        sock.close()
    answers = queue.Queue()
    patient = threading.Thread(target=lambda: answers.put(visitor.ask()[0]))
    patient.start()
    asked.get(timeout=10)  # by the patient one: the others had gone by then
    is_free.set()
    assert answers.get(timeout=10) == 302
    patient.join()
    assert len(counted) == 1
    assert visitor.tickets.taken == 1
    assert asked.empty()


def test_console_page_beyond_ascii_becomes_a_uri(visit, scene):
    visitor = visit(first=ticket(scene, "a%252Fb"), page="https://page.example.com/é/?x='1'")
    location = visitor.ask()[1]["location"]
    assert location.startswith(
        "https://page.example.com/%C3%A9/?x='1'&vncUrl=wss%3A%2F%2Fvnc.example.com%2F%3Fs%3Da%252Fb&"
    )


def test_without_a_visit_the_wait_ends_with_the_timeout(visit, scene):
    visitor = visit()
    scene.at_s += 1
    assert not visitor.handoff.wait_opened(0)


def test_a_peer_that_is_not_admitted_gets_no_ticket(visit):
    visitor = visit(admit=lambda peer, local: False)
    assert visitor.ask()[0] == 403
    assert visitor.tickets.taken == 0


def test_stop_closes_the_port(visit):
    visitor = visit()
    visitor.handoff.stop()
    with pytest.raises(ConnectionRefusedError):
        visitor.ask()


def test_a_port_that_is_taken_is_a_usage_error(visit, scene):
    visitor = visit()
    with pytest.raises(UsageError):
        Handoff(visitor.tickets, PAGE, runtime=scene.runtime, port=visitor.handoff.port)
