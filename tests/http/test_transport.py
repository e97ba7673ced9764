"""The transport against peers that misbehave, over real sockets."""

import contextlib
import gc
import socket
import subprocess
import sys
import threading
import warnings

import pytest
from support.raw_peers import answering, read_request, saying

from ecsvnc import __version__
from ecsvnc.background import in_background
from ecsvnc.errors import ConnectError, NetworkError, UnexpectedAnswerError
from ecsvnc.http.messages import HttpRequest
from ecsvnc.http.transport import CONNECT_TIMEOUT_S, READ_TIMEOUT_S

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Acs-Request-Id: R-1\r\n\r\n{}"


def send(transport, origin, *, headers=None, path="/?a=b", body=b"", **bounds):
    request = HttpRequest("POST", f"{origin}{path}", headers or {}, body)
    return transport.send(request, **{"total_timeout_s": 10.0, **bounds})


def failing_send(transport, origin, kind, **more):
    with pytest.raises(NetworkError) as caught:
        send(transport, origin, **more)
    assert type(caught.value) is kind
    assert caught.value.hint
    return caught.value


def test_an_answer_comes_whole_whatever_its_status(raw_server, transport_in):
    server = raw_server(answering(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\nX-Acs-Request-Id: R-1\r\n\r\n{}"))
    response = send(transport_in(), server.origin)
    assert response.status == 403
    assert response.body == b"{}"
    assert response.headers["x-acs-request-id"] == "R-1"
    assert response.received_at == 1_700_000_000.0


def test_a_chunked_body_is_put_together(raw_server, transport_in):
    server = raw_server(
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    )
    assert send(transport_in(), server.origin).body == b"{}"


def heard_by(raw_server, transport, **request):
    heard = []

    def serve(connection):
        heard.append(read_request(connection))
        connection.sendall(OK)

    send(transport, raw_server(serve).origin, **request)
    return heard[0]


def test_what_is_sent_is_the_finished_request_and_nothing_else(raw_server, transport_in):
    heard = heard_by(raw_server, transport_in(), headers={"Host": "ecs.example.com", "x-acs-date": "now"})
    line, *headers = heard.split(b"\r\n\r\n")[0].split(b"\r\n")
    assert line == b"POST /?a=b HTTP/1.1"
    assert sorted(header.lower() for header in headers) == [
        b"accept-encoding: identity",
        b"content-length: 0",
        b"host: ecs.example.com",
        f"user-agent: ecsvnc/{__version__}".encode(),
        b"x-acs-date: now",
    ]


def test_a_body_is_sent_with_its_length(raw_server, transport_in):
    heard = heard_by(raw_server, transport_in(), body=b"a=b", headers={"content-type": "text/plain"})
    assert heard.endswith(b"\r\n\r\na=b")
    assert b"content-length: 3" in heard.lower()


def test_the_users_netrc_does_not_replace_the_signature(raw_server, transport_in, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    heard = heard_by(raw_server, transport_in(), headers={"authorization": "ACS3-HMAC-SHA256 x"})
    assert b"authorization: ACS3-HMAC-SHA256 x\r\n" in heard
    assert b"Basic" not in heard


def test_the_process_environment_is_not_looked_at(raw_server, transport_in, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    assert send(transport_in(), raw_server(answering(OK)).origin).status == 200


def test_a_dead_proxy_does_not_stand_before_loopback(raw_server, transport_in):
    transport = transport_in(HTTP_PROXY="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1")
    assert send(transport, raw_server(answering(OK)).origin).status == 200


def test_a_second_request_reuses_the_connection(raw_server, transport_in):
    server = raw_server(answering(OK))
    transport = transport_in()
    for _ in range(3):
        send(transport, server.origin)
    assert server.connections == 1


def test_cookies_are_not_kept(raw_server, transport_in):
    heard = []

    def serve(connection):
        while request := read_request(connection):
            heard.append(request)
            connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: tracking=1; Path=/\r\nContent-Length: 0\r\n\r\n")

    server = raw_server(serve)
    transport = transport_in()
    send(transport, server.origin)
    send(transport, server.origin)
    assert len(heard) == 2
    assert b"cookie" not in heard[1].lower()


def test_forty_eight_requests_are_under_way_at_once_and_their_connections_are_kept(raw_server, transport_in):
    everyone_is_here = threading.Barrier(48)

    def serve(connection):
        while read_request(connection):
            everyone_is_here.wait(30)
            connection.sendall(OK)

    server = raw_server(serve)
    transport = transport_in()
    for _ in range(2):
        answers = [in_background(send, transport, server.origin) for _ in range(48)]
        assert [answer.result(30).status for answer in answers] == [200] * 48
    assert server.connections == 48


def test_a_signed_request_whose_address_would_change_is_not_sent(raw_server, transport_in):
    server = raw_server(answering(OK))
    error = failing_send(
        transport_in(), server.origin, NetworkError, path="/?a=%7E", headers={"Authorization": "signature"}
    )
    assert "signature" not in error.what
    assert server.connections == 0
    assert send(transport_in(), server.origin, path="/?a=%7E").status == 200  # unsigned, nothing is at stake


def test_a_header_that_cannot_be_is_refused_without_being_quoted(raw_server, transport_in):
    server = raw_server(answering(OK))
    error = failing_send(
        transport_in(), server.origin, NetworkError, headers={"x-acs-security-token": "hunter2\r\nx: y"}
    )
    assert "x-acs-security-token" in error.what
    assert "hunter2" not in f"{error.what}{error.hint}"


@pytest.mark.parametrize("url", ["", "x", "ftp://x/", "http://", "http://[::1", "http://h:99999/", "http://h:0/"])
def test_what_is_no_http_url_is_a_network_error(transport_in, url):
    with pytest.raises(NetworkError):
        transport_in().send(HttpRequest("GET", url), total_timeout_s=5.0)


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://login.example.com/portal?token=x", " to login.example.com"),
        ("http://ev\x1b[31mil.example.com/", ""),
        ("/elsewhere", ""),
        ("http://[::1", ""),
    ],
)
def test_a_redirect_is_refused_and_its_host_named_only_if_it_is_plain(raw_server, transport_in, location, named):
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n".encode()
    error = failing_send(transport_in(), raw_server(saying(head)).origin, UnexpectedAnswerError)
    assert error.what == (f"127.0.0.1 redirected the request{named} (302); signed requests are not sent elsewhere.")


def endless(head, piece):
    def serve(connection):
        read_request(connection)
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return serve


def test_a_redirect_with_a_body_without_end_is_refused_at_once(raw_server, transport_in):
    head = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n"
    failing_send(transport_in(), raw_server(endless(head, b"x" * 65536)).origin, UnexpectedAnswerError)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
        b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_body_without_end_is_read_no_further_than_allowed(raw_server, transport_in, head):
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n" if b"chunked" in head else b"x" * 65536
    error = failing_send(
        transport_in(), raw_server(endless(head, piece)).origin, UnexpectedAnswerError, max_body_bytes=1024 * 1024
    )
    assert error.what == "127.0.0.1 sent an answer larger than 1 MiB."


def test_a_body_of_just_the_allowed_size_is_taken(raw_server, transport_in):
    server = raw_server(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000))
    assert len(send(transport_in(), server.origin, max_body_bytes=1000).body) == 1000
    failing_send(transport_in(), server.origin, UnexpectedAnswerError, max_body_bytes=999)


def test_a_compressed_answer_is_refused_undecoded(raw_server, transport_in):
    server = raw_server(saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab"))
    assert "compressed" in failing_send(transport_in(), server.origin, UnexpectedAnswerError).what


@pytest.mark.parametrize(
    "response",
    [
        b"RFB 003.008\n",
        b"\x16\x03\x01\x00\x01\x00\r\n\r\n",
        b"HTTP/9.9 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000,
    ],
    ids=range(5),
)
def test_what_is_not_http_is_an_unexpected_answer(raw_server, transport_in, response):
    error = failing_send(transport_in(), raw_server(saying(response)).origin, UnexpectedAnswerError)
    assert error.what == "127.0.0.1 did not answer with valid HTTP."


def test_two_lengths_are_an_unexpected_answer(raw_server, transport_in):
    server = raw_server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n{}"))
    with warnings.catch_warnings():
        # urllib3 leaves this connection's socket to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        failing_send(transport_in(), server.origin, UnexpectedAnswerError)
        gc.collect()


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    ],
    ids=range(4),
)
def test_an_answer_that_was_cut_off_is_worth_another_attempt(raw_server, transport_in, response):
    error = failing_send(transport_in(), raw_server(saying(response)).origin, ConnectError)
    assert error.what == "127.0.0.1 closed the connection."


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n",
    ],
    ids=["status line", "headers", "body", "body with length"],
)
def test_an_answer_that_drips_is_given_up_after_the_whole_time_and_its_connection_closed(
    raw_server, transport_in, head
):
    peer_saw_the_end = threading.Event()

    def serve(connection):
        read_request(connection)
        connection.sendall(head)
        try:
            while not server.stopped.wait(0.02):
                connection.sendall(b"a")
        except OSError:
            peer_saw_the_end.set()

    server = raw_server(serve)
    error = failing_send(transport_in(), server.origin, ConnectError, total_timeout_s=0.3, read_timeout_s=600.0)
    assert error.what == "127.0.0.1 timed out."
    assert peer_saw_the_end.wait(30)


def test_a_peer_that_says_nothing_is_given_up_after_the_time_for_a_read(raw_server, transport_in):
    server = raw_server(lambda connection: server.stopped.wait(30))
    error = failing_send(transport_in(), server.origin, ConnectError, read_timeout_s=0.2)
    assert error.what == "127.0.0.1 timed out."


def test_a_host_that_does_not_connect_is_given_up_after_the_time_for_that(transport_in):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as waiting:
        for _ in range(4):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        error = failing_send(transport_in(), origin, ConnectError, connect_timeout_s=0.2)
    assert error.what == "127.0.0.1 timed out."


def test_the_limits_are_those_of_the_contract():
    assert (CONNECT_TIMEOUT_S, READ_TIMEOUT_S) == (5.0, 40.0)


def test_a_refused_connection_is_called_that(transport_in):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failing_send(transport_in(), f"http://127.0.0.1:{port}", ConnectError).what.endswith(
        "refused the connection."
    )


def test_a_name_that_does_not_resolve_is_called_that(transport_in):
    error = failing_send(transport_in(), "https://ecs.nowhere.invalid", ConnectError)
    assert "ecs.nowhere.invalid could not be resolved" in error.what


def test_the_cause_is_not_chained_since_its_text_holds_the_address(transport_in):
    error = failing_send(transport_in(), "http://127.0.0.1:1", ConnectError, path="/?InstanceName=private")
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert "private" not in error.what


def test_requests_is_loaded_only_by_sending_and_nothing_heavier_with_it():
    script = """
import sys
from pathlib import Path
from ecsvnc.errors import ConnectError
from ecsvnc.http.messages import HttpRequest
from ecsvnc.http.transport import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from ecsvnc.http.transport import Transport
from ecsvnc.runtime import Runtime
import ecsvnc.openapi.client
early = {"requests", "urllib3", "logging", "asyncio"} & set(sys.modules)
assert not early, early
try:
    Transport(Runtime(environ={}, home=Path("/"))).send(HttpRequest("GET", "http://127.0.0.1:1/"), total_timeout_s=5)
except ConnectError:
    pass
assert "requests" in sys.modules
late = {"rich", "keyring", "websockets", "asyncio", "cryptography", "click", "h11"} & set(sys.modules)
assert not late, late
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
