"""The local page between real sockets: its browser on one side, the embedded ECS on the other."""

import json
import random
import re
import socket
import threading
import time

import pytest
from support.local_pages import PageBrowser, serve
from support.program import wait_until
from support.raw_console import RawConsole
from support.server_requests import request_for
from support.vnc_client import key, request, set_encodings
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ecsvnc.browser.presence import PresenceLimits
from ecsvnc.errors import ConnectError, ConsoleError, LaunchError, StateError
from ecsvnc.pictures import png_of
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.rfb.handshake import ClientHandshake, ServerHandshake, State
from ecsvnc.simulator.consoles import CUT, IDLE, INSTANCE_STOPPED, TAKEN_OVER
from ecsvnc.tickets.ticket import Ticket, VncUrl


@pytest.fixture
def page_of(stage):
    """Serves a page, and gives the browser that was there first; `browser.served` is the page's server."""

    def start(**options):
        served = serve(stage, **options)
        browser = PageBrowser(served.address).visit()
        browser.served = served
        return browser

    return start


# The browser that was first


def test_the_first_visit_sets_a_cookie_for_this_path_that_scripts_and_other_sites_do_not_get(stage):
    browser = PageBrowser(serve(stage).address)
    headers = browser.ask()[1]
    name_and_value, *attributes = headers["set-cookie"].split("; ")
    assert len(name_and_value.removeprefix("ecsvnc=")) == 22, "128 bits, base64"
    assert set(attributes) == {f"Path={browser.path}", "HttpOnly", "SameSite=Strict"}
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_each_page_has_its_own_cookie(page_of):
    one, other = page_of(), page_of()
    assert one.cookie != other.cookie
    other.cookie = one.cookie
    assert other.ask(path="/")[0] == 403


def test_a_second_browser_is_told_and_gets_nothing_and_the_first_goes_on(stage, page_of):
    first = page_of()
    second = PageBrowser(first.served.address)
    for path in ("", "/", "/console.js"):
        status, headers, body = second.ask(path=path)
        assert status == 403
        assert "set-cookie" not in headers
        assert b"another browser" in body
    with pytest.raises(InvalidStatus, match="403"):
        second.socket()
    assert (stage.tickets, stage.claims) == (0, 0)
    with first.page() as page:
        assert page.open().name == "web-1"


def test_of_two_first_visits_at_once_one_gets_in(stage):
    address = serve(stage).address
    answers = []
    visits = [threading.Thread(target=lambda: answers.append(PageBrowser(address).ask())) for _ in range(8)]
    for visit in visits:
        visit.start()
    for visit in visits:
        visit.join()
    assert sorted(status for status, _, _ in answers) == [200] + [403] * 7


def test_head_prefetches_and_scanners_do_not_use_the_address_up(stage):
    browser = PageBrowser(serve(stage).address)
    assert browser.ask("HEAD")[0] == 200
    assert browser.ask(sec_purpose="prefetch;prerender")[0] == 503
    assert browser.ask(sec_fetch_mode="cors")[0] == 503
    assert browser.ask("OPTIONS")[0] == 405
    assert browser.ask(host="evil.example.com")[0] == 403
    browser.visit()


def test_a_first_visit_whose_answer_could_not_be_sent_does_not_use_it_up(stage):
    served = serve(stage)
    browser = PageBrowser(served.address)
    answer = served._answer(request_for(browser.path))
    assert browser.ask()[0] == 403, "it is being answered"
    answer.sent(False)
    browser.visit()


def test_the_page_s_files_load_nothing_from_elsewhere(page_of):
    browser = page_of()
    _, headers, html = browser.ask(path="/")
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "connect-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert b"http" not in html.replace(b"http-equiv", b"")
    assert browser.ask(path="/../../etc/passwd")[0] == 404
    assert browser.ask(path="/index.html?x")[0] == 404


# A hostile page, another user


@pytest.mark.parametrize(
    "options",
    [
        {"origin": None},
        {"origin": "http://evil.example.com"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
        {"additional_headers": {}},
        {"additional_headers": {"Cookie": "ecsvnc=guessed"}},
    ],
)
def test_a_websocket_from_elsewhere_is_refused_and_uses_nothing_up(stage, page_of, options):
    browser = page_of()
    with pytest.raises(InvalidStatus, match="403"):
        browser.socket(**options)
    assert (stage.tickets, stage.claims) == (0, 0)


def test_a_name_that_was_rebound_to_this_machine_gets_nothing(stage, page_of):
    browser = page_of()
    rebound = PageBrowser(browser.served.address, host=f"evil.example.com:{browser.port}")
    rebound.cookie = browser.cookie
    for path in ("", "/", "/console.js"):
        assert rebound.ask(path=path)[0] == 403
    assert rebound.ask("POST", "/text", origin=rebound.origin)[0] == 403
    assert stage.claims == 0


def test_a_form_of_another_page_reads_no_text(page_of):
    browser = page_of()
    assert browser.ask("POST", "/text", body=b"x=1", origin="http://evil.example.com")[0] == 403
    assert browser.ask("POST", "/text", body=b"x=1")[0] == 403


def test_another_local_user_gets_nothing_and_uses_nothing_up(stage):
    is_foreign = True
    browser = PageBrowser(serve(stage, admit=lambda peer, local: not is_foreign).address)
    assert browser.ask()[0] == 403
    assert "set-cookie" not in browser.ask()[1]
    is_foreign = False
    browser.visit()


def test_through_a_forwarded_port_the_page_works(stage):
    """The browser's port is that of `ssh -L` then."""
    browser = PageBrowser(serve(stage).address, host="localhost:9999").visit()
    with silent_socket(browser) as sock:
        assert sock.recv(100).startswith(b"HTTP/1.1 101 ")


def silent_socket(browser):
    """A WebSocket that answers nothing, no pings either."""
    sock = socket.create_connection(("127.0.0.1", browser.port), timeout=30)
    sock.sendall(
        f"GET {browser.path}/console HTTP/1.1\r\nHost: {browser.host}\r\nOrigin: {browser.origin}\r\n"
        f"Cookie: {browser.cookie}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return sock


# The console


def test_the_page_is_told_whose_console_it_is_and_has_it(stage, page_of):
    with page_of().page() as page:
        assert page.hello == {
            "type": "hello",
            "instance_id": stage.instance.id,
            "instance_name": "web-1",
            "region_id": "cn-hangzhou",
            "layouts": ["us", "gb", "de", "de-nodeadkeys", "fr", "es", "jp"],
            "layout": "us",
            "command": f"ecsvnc open {stage.instance.id} --console-page local",
        }
        init = page.open()
        assert init.name == "web-1"
        page.socket.send(set_encodings(0) + request(0, 0, init.width, init.height, incremental=False))
        assert page.rfb()[:1] == b"\0", "an update of the screen"
        page.socket.send(key(0x61, down=True) + key(0x61, down=False))
        wait_until(lambda: stage.session.screen.input_events == 2)
    assert (stage.tickets, stage.claims) == (1, 1)


def test_the_vnc_password_is_answered_here_and_not_by_the_page(stage, page_of):
    stage.instance.vnc_password = "Abc123"
    with page_of(vnc_password="Abc123").page() as page:
        page.open()
        sent = json.dumps([page.hello, *page.messages])
    assert "Abc123" not in sent


def test_a_wrong_vnc_password_is_told_with_what_to_do(stage, page_of):
    stage.instance.vnc_password = "Abc123"
    with page_of(vnc_password="Xyz789").page() as page:
        ended = page.message("ended")
        assert "VNC password" in ended["what"]
        assert "config vnc-password" in ended["hint"]
        assert ended["again_s"] is None
        assert "Xyz789" not in json.dumps(ended)


@pytest.mark.parametrize(
    ("ending", "again_s", "words"),
    [
        (CUT, 1.0, "was lost"),
        (IDLE, 1.0, "idle"),
        (INSTANCE_STOPPED, 1.0, "stopped"),
        (TAKEN_OVER, None, "another session"),
    ],
)
def test_when_the_console_ends_the_page_is_told_why_and_whether_to_connect_again(
    stage, page_of, ending, again_s, words
):
    browser = page_of()
    with browser.page() as page:
        page.open()
        stage.ecs.consoles.end(stage.instance.id, ending)
        ended = page.message("ended")
        assert words in ended["what"]
        assert ended["again_s"] == again_s
        with browser.page() as again:
            again.open()
    assert (stage.tickets, stage.claims) == (2, 2), "a fresh ticket, and a place in the budget"


def test_a_console_that_ends_five_times_in_a_row_is_no_longer_taken_by_itself(stage, page_of):
    browser = page_of()
    endings = []
    for _ in range(5):
        with browser.page() as page:
            page.open()
            stage.ecs.consoles.end(stage.instance.id, CUT)
            endings.append(page.message("ended")["again_s"])
    assert endings == [1.0, 1.0, 1.0, 1.0, None]


def test_an_idle_console_that_is_not_kept_open_is_connected_by_the_button_only(stage, page_of):
    with page_of(keepalive_s=0.0).page() as page:
        page.open()
        stage.ecs.consoles.end(stage.instance.id, IDLE)
        assert page.message("ended")["again_s"] is None


def test_a_first_console_that_cannot_be_connected_is_told_and_the_button_tries_again(stage, page_of):
    browser = page_of()
    stage.failure = StateError("web-1 is stopped.", hint="Start it: `ecsvnc open web-1 --start`.")
    with browser.page() as page:
        ended = page.message("ended")
        assert (ended["what"], ended["again_s"]) == ("web-1 is stopped.", None)
    stage.failure = None
    with browser.page() as page:
        page.open()


def test_after_a_break_a_failure_that_may_pass_is_tried_again_by_itself(stage, page_of):
    browser = page_of()
    with browser.page() as page:
        page.open()
        stage.ecs.consoles.end(stage.instance.id, CUT)
        page.message("ended")
    stage.failure = ConnectError("No way.", hint="Wait.")
    with browser.page() as page:
        assert page.message("ended")["again_s"] == 1.0
    stage.failure = ConsoleError("Refused.", hint="Wait.")
    with browser.page() as page:
        assert page.message("ended")["again_s"] == pytest.approx(1.6)


def test_a_newer_page_gets_the_console_and_the_older_is_told(stage, page_of):
    browser = page_of()
    with browser.page() as older:
        older.open()
        with browser.page() as newer:
            newer.open()
            ended = older.message("ended")
            assert "another tab" in ended["what"]
            assert ended["again_s"] is None
            newer.socket.send(key(0x61, down=True))
            wait_until(lambda: stage.session.screen.input_events == 1)
    assert stage.ecs.consoles.open_sessions <= 1


def test_a_reload_gets_a_new_console(stage, page_of):
    browser = page_of()
    for _ in range(3):
        assert browser.ask(path="/")[0] == 200
        with browser.page() as page:
            page.open()
            page.tell(type="bye")
    assert stage.tickets == 3


def test_a_page_that_leaves_while_it_waits_for_its_place_takes_none(stage, page_of):
    is_waiting, cancelled = threading.Event(), threading.Event()

    def claim(is_over):
        is_waiting.set()
        wait_until(is_over)
        cancelled.set()
        return False

    browser = page_of(claim=claim)
    with browser.page() as page:
        assert is_waiting.wait(30)
        assert page.message("state")["text"] == "Waiting: ECS allows 30 consoles a minute to one instance."
    assert cancelled.wait(30)
    assert stage.tickets == 0


# Typing


def test_a_paste_is_typed_between_the_page_s_own_messages(stage, page_of):
    with page_of().page() as page:
        page.open()
        page.tell(type="paste", text="Ab", layout="us")
        for _ in range(20):
            page.socket.send(set_encodings(0))
        done = [page.message("typed")]
        while not done[-1]["is_over"]:
            done.append(page.message("typed"))
        assert done[-1] == {"type": "typed", "done": 2, "total": 2, "is_over": True, "what": None, "hint": None}
        # Shift, A and b, each down and up; and no error of the far side, which reads whole messages.
        wait_until(lambda: stage.session.screen.input_events == 6)


def test_what_the_layout_cannot_type_is_refused_before_the_first_key(stage, page_of):
    with page_of().page() as page:
        page.open()
        page.tell(type="paste", text="abc€", layout="us")
        typed = page.message("typed")
        assert (typed["done"], typed["is_over"]) == (0, True)
        assert "€" in typed["what"]
        page.tell(type="paste", text="a", layout="klingon")
        assert "layout" in page.message("typed")["what"]
        page.tell(type="paste", text="a" * 100_001, layout="us")
        assert "too long" in page.message("typed")["what"]
        assert stage.session.screen.input_events == 0


def test_a_paste_that_is_cancelled_releases_what_is_pressed(stage, page_of):
    with page_of().page() as page:
        page.open()
        page.tell(type="paste", text="A" * 500, layout="us")
        wait_until(lambda: stage.session.screen.input_events > 2)
        page.tell(type="cancel")
        typed = page.message("typed")
        while not typed["is_over"]:
            typed = page.message("typed")
        assert typed["done"] < 500
        wait_until(lambda: stage.session.screen.input_events % 2 == 0)  # what went down is up again


def test_a_paste_without_a_console_is_refused(stage, page_of):
    stage.failure = StateError("Stopped.", hint="Start it.")
    with page_of().page() as page:
        page.message("ended")
        page.tell(type="paste", text="a", layout="us")
        assert "no console" in page.message("typed")["what"]


# A page that is broken or hostile


@pytest.mark.parametrize(
    "garbage",
    ["no JSON", "{}", '{"type": "paste"}', "[" * 5000, b"GET / HTTP/1.1\r\n\r\n", b"\0" * 200_000],
    ids=["text", "object", "half a message", "nested", "HTTP", "zeros"],
)
def test_a_page_that_sends_garbage_is_left_and_the_next_is_served(stage, page_of, garbage):
    browser = page_of()
    with browser.page() as page:
        page.rfb()
        page.socket.send(garbage)
        with pytest.raises(ConnectionClosed):
            while True:
                page.socket.recv(timeout=30)
        assert page.socket.protocol.close_rcvd.code == 1002
    with browser.page() as page:
        page.open()


def test_a_message_that_is_too_long_ends_the_connection(stage, page_of):
    browser = page_of()
    with browser.page() as page:
        page.open()
        page.socket.send("x" * (1024 * 1024 + 1))
        with pytest.raises(ConnectionClosed):
            while True:
                page.socket.recv(timeout=30)
        assert page.socket.protocol.close_rcvd.code == 1009
    with browser.page() as page:
        page.open()


@pytest.mark.parametrize(
    "frame",
    [
        b"\x82\x01a",  # not masked
        b"\xc2\x81\0\0\0\0a",  # a reserved bit
        b"\x83\x80\0\0\0\0",  # an opcode that there is not
        b"\x82\xff\x7f" + b"\xff" * 7 + bytes(4),  # 2^63 bytes are announced
        b"\x09\x80\0\0\0\0",  # a ping in fragments
        b"\x80\x80\0\0\0\0",  # the rest of nothing
        b"\x81\x82\0\0\0\0\xff\xfe",  # text that is not UTF-8
        b"\x88\x81\0\0\0\0a",  # half a close code
    ],
)
def test_frames_that_break_the_protocol_end_the_connection_only(stage, page_of, frame):
    browser = page_of()
    with silent_socket(browser) as sock:
        sock.sendall(frame)
        while sock.recv(65536):
            pass
    with browser.page() as page:
        page.open()
    assert not stage.reporter.warnings


def test_a_side_that_is_half_closed_ends_the_console(stage, page_of):
    browser = page_of()
    with silent_socket(browser) as sock:
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):
            pass
    wait_until(lambda: not stage.ecs.consoles.open_sessions)


def test_a_message_in_fragments_is_one(stage, page_of):
    with page_of().page() as page:
        page.open()
        page.socket.send(iter(['{"type": "paste", ', '"text": "a", "lay', 'out": "us"}']))
        assert page.message("typed")["total"] == 1


def test_half_a_message_of_rfb_keeps_typing_waiting_and_its_end_lets_it_go_on(stage, page_of):
    with page_of().page() as page:
        page.open()
        whole = key(0x62, down=True)
        page.socket.send(whole[:3])
        page.tell(type="paste", text="a", layout="us")
        assert page.message("typed")["done"] == 0
        page.socket.send(whole[3:])
        assert page.message("typed") == {
            "type": "typed", "done": 1, "total": 1, "is_over": True, "what": None, "hint": None,
        }  # fmt: skip
        wait_until(lambda: stage.session.screen.input_events == 3)


def test_a_page_that_is_cut_off_ends_its_console(stage, page_of):
    page = page_of().page()
    page.open()
    page.socket.socket.shutdown(socket.SHUT_RDWR)
    wait_until(lambda: stage.ecs.consoles.open_sessions == 0)
    page.socket.close()


def test_what_is_no_websocket_is_refused(page_of):
    browser = page_of()
    assert browser.ask(path="/console", origin=browser.origin)[0] == 405
    status, _, _ = browser.ask(path="/console", origin=browser.origin, upgrade="websocket", connection="Upgrade")
    assert status in (400, 426)


# Whether a page is there


def test_a_browser_that_answers_no_pings_is_gone(stage, page_of):
    browser = page_of(limits=PresenceLimits(goodbye_s=600, silent_s=1.0, ping_s=0.2))
    with silent_socket(browser) as sock:
        assert sock.recv(100).startswith(b"HTTP/1.1 101 ")
        wait_until(lambda: browser.served.is_over)
        while sock.recv(65536):
            pass  # it is closed from the other side


def test_a_browser_that_answers_pings_is_there_though_its_page_says_nothing(stage, page_of):
    browser = page_of(limits=PresenceLimits(goodbye_s=600, silent_s=3.0, ping_s=0.1))
    with browser.page() as page:
        page.open()
        time.sleep(4.0)
        assert not browser.served.is_over
        assert stage.ecs.consoles.open_sessions == 1


def test_a_page_that_was_left_before_its_console_ends_with_the_reason(stage, page_of):
    stage.failure = StateError("web-1 is stopped.", hint="Start it.")
    browser = page_of(limits=PresenceLimits(goodbye_s=0.1, silent_s=600, ping_s=600))
    with browser.page() as page:
        page.message("ended")
        page.tell(type="bye")
    with pytest.raises(StateError, match="web-1 is stopped"):
        browser.served.wait_shown()


def test_a_page_that_never_connects_is_told(page_of):
    browser = page_of(limits=PresenceLimits(goodbye_s=0.1, silent_s=0.1, ping_s=600))
    with pytest.raises(LaunchError, match="closed before") as caught:
        browser.served.wait_shown()
    assert re.fullmatch("To open it again: `ecsvnc open i-[a-z0-9]+ --console-page local`.", caught.value.hint)


def test_with_stay_it_is_served_though_no_page_is_there(stage, page_of):
    browser = page_of(limits=PresenceLimits(goodbye_s=0.0, silent_s=600, ping_s=600), stay=True)
    for visit in (1, 2):
        with browser.page() as page:
            page.open()
        wait_until(lambda: not stage.ecs.consoles.open_sessions)
        assert browser.served.visits == visit
        assert not browser.served.is_over
        browser.visit()


def test_the_end_of_the_command_closes_console_and_page_with_a_goodbye(stage, page_of):
    browser = page_of()
    with browser.page() as page:
        page.open()
        browser.served.stop()
        with pytest.raises(ConnectionClosed):
            while True:
                assert "ended" not in page.socket.recv(timeout=30), "no `ended`: the process is gone"
        assert page.socket.protocol.close_rcvd.code == 1001
    wait_until(lambda: stage.ecs.consoles.open_sessions == 0)
    assert stage.session.ending is None, "it was closed from this side"


# A page that does not read


def test_a_page_that_does_not_read_holds_the_console_up_and_then_gets_all(stage, page_of):
    """What is on the way is bounded, however much the console has to send."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sent = []

        def flood():
            connection, _ = listener.accept()
            with connection:
                console = RawConsole(connection, early=b"RFB 003.008\n")
                handshake = ServerHandshake(password=None, challenge=b"")
                while handshake.state is not State.VERDICT:
                    console.send(handshake.receive(console.receive()))
                console.send(handshake.accept())
                console.receive()
                connection.settimeout(1.0)
                try:
                    while len(sent) < 256:
                        console.send(bytes(1024 * 1024))
                        sent.append(1)
                except TimeoutError:
                    connection.settimeout(60)
                    go_on.wait(60)

        go_on = threading.Event()
        flooding = threading.Thread(target=flood)
        flooding.start()
        url = VncUrl.parse(f"ws://127.0.0.1:{listener.getsockname()[1]}/")
        ticket = Ticket(url, stage.runtime.now(), stage.runtime.monotonic(), "")
        with page_of(take_ticket=lambda: ticket).page() as page:
            handshake = ClientHandshake(password=lambda: None)
            while not handshake.is_done:
                if answer := handshake.receive(page.rfb()):
                    page.socket.send(answer)
            page.socket.send(b"\x01")
            flooding.join(0.1)
            wait_until(lambda: len(sent) > 0)
            still = -1
            while still != len(sent):
                still = len(sent)
                time.sleep(1)
            assert still < 100, "MiB: what the buffers of two connections take"
            got = 0
            while got < still * 1024 * 1024:
                got += len(page.rfb())
        go_on.set()
        flooding.join(60)


# The text on the screen


@pytest.fixture
def picture(stage):
    """A PNG of the text screen of web-1."""
    with stage.client(bytes_per_pixel=4) as console:
        console.settle()
        return png_of(console.framebuffer)


def test_the_text_in_a_picture_of_the_screen_is_read(page_of, picture):
    browser = page_of()
    status, headers, body = browser.ask("POST", "/text", body=picture, origin=browser.origin)
    assert (status, headers["content-type"]) == (200, "application/json")
    answer = json.loads(body)
    assert "login:" in answer["text"]
    assert answer["unknown"] == 0


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "not a PNG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), 400, "not a PNG"),
        (png_of(Framebuffer(320, 200, 4, bytearray(random.Random(1).randbytes(320 * 200 * 4)))), 422, "No text"),
    ],
)
def test_a_picture_without_text_is_refused_with_a_reason(page_of, body, status, words):
    browser = page_of()
    got, _, answer = browser.ask("POST", "/text", body=body, origin=browser.origin)
    assert got == status
    assert words in json.loads(answer)["what"]


def test_a_picture_that_is_too_large_is_not_taken(page_of):
    browser = page_of()
    assert browser.ask("POST", "/text", body=bytes(8 * 1024 * 1024 + 1), origin=browser.origin)[0] == 413
