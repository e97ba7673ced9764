"""The loopback server, through real sockets."""

import contextlib
import http.client
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support.no_threads import no_thread_allowed

from ecsvnc.errors import UsageError
from ecsvnc.loopback.server import Limits, LoopbackServer, ServerResponse, Upgrade
from ecsvnc.runtime import Runtime


class Words:
    """A `Reporter` that remembers."""

    def __init__(self):
        self.warned = []
        self.debugged = []

    def warn(self, text):
        self.warned.append(text)

    def info(self, text):
        pass

    def debug(self, text):
        self.debugged.append(text)


@pytest.fixture
def runtime():
    return Runtime(environ={}, home=Path("/nowhere"), reporter=Words())


@pytest.fixture
def serve(runtime):
    """Start a server with a handler; all are stopped in the end."""
    servers = []

    def start(handler, **options):
        server = LoopbackServer(handler, runtime=runtime, **options)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


def echo(request):
    body = f"{request.method} {request.path} {request.query} ".encode() + request.body
    return ServerResponse(200, [("content-type", "text/plain")], body)


def connect(server):
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def talk_raw(server, data):
    """Send bytes, and return all that comes back until the server closes."""
    with connect(server) as sock:
        sock.sendall(data)
        return read_all(sock)


def read_all(sock):
    received = b""
    while True:
        data = sock.recv(65536)
        if not data:
            return received
        received += data


GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def test_request_parts_reach_the_handler_undecoded(serve):
    seen = []

    def handler(request):
        seen.append(request)
        return echo(request)

    server = serve(handler)
    answer = talk_raw(
        server,
        b"POST /a%2Fb?x=%31&y HTTP/1.1\r\nHost: localhost\r\nX-Thing: one\r\nx-thing: two\r\n"
        b"Content-Length: 4\r\nConnection: close\r\n\r\nbody",
    )
    (request,) = seen
    assert (request.method, request.path, request.query, request.body) == ("POST", "/a%2Fb", "x=%31&y", b"body")
    assert [value for name, value in request.headers if name == "x-thing"] == ["one", "two"]
    assert request.header("x-thing") == "one"
    assert request.header("absent") == ""
    assert request.local == ("127.0.0.1", server.port)
    assert request.peer[0] == "127.0.0.1"
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"POST /a%2Fb x=%31&y body")


def test_absolute_form_target_has_the_same_path(serve):
    answer = talk_raw(serve(echo), b"GET http://localhost/p?q HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"GET /p q ")


def test_repr_of_a_request_shows_no_secret(serve):
    shown = []

    def handler(request):
        shown.append(repr(request))
        return echo(request)

    talk_raw(serve(handler), b"GET /n0nce?t1cket HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert "n0nce" not in shown[0]
    assert "t1cket" not in shown[0]


def test_answer_has_date_and_length_and_no_server_header(serve):
    answer = talk_raw(serve(echo), GET).lower()
    assert b"\r\ndate: " in answer
    assert b"\r\ncontent-length: 7\r\n" in answer
    assert b"\r\nserver:" not in answer


def test_handler_may_set_its_own_date(serve):
    answer = talk_raw(serve(lambda request: ServerResponse(200, [("Date", "then")])), GET)
    assert answer.lower().count(b"\r\ndate: ") == 1
    assert b"Date: then" in answer


def test_head_gets_the_length_but_no_body(serve):
    answer = talk_raw(serve(echo), b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert b"content-length: 8\r\n" in answer.lower()
    assert answer.endswith(b"\r\n\r\n")


def test_no_content_has_no_length(serve):
    answer = talk_raw(serve(lambda request: ServerResponse(204)), GET)
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert b"content-length" not in answer.lower()


def test_one_connection_serves_many_requests_quickly(serve):
    client = http.client.HTTPConnection("127.0.0.1", serve(echo).port, timeout=30)
    with contextlib.closing(client):
        took_s = []
        for number in range(50):
            began_s = time.monotonic()
            client.request("POST", f"/{number}", body=b"x" * 2000)
            assert client.getresponse().read().startswith(f"POST /{number} ".encode())
            took_s.append(time.monotonic() - began_s)
    # Nagle's algorithm against a delayed acknowledgement would cost 40 ms each time, after the first few; a busy
    # machine costs some of them more.
    assert min(took_s[25:]) < 0.03


def test_forty_kept_connections_are_served_in_parallel(serve):
    barrier = threading.Barrier(40, timeout=10)

    def handler(request):
        barrier.wait()
        return echo(request)

    server = serve(handler)
    statuses = []

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        with contextlib.closing(connection):
            for _ in range(2):
                connection.request("GET", "/")
                response = connection.getresponse()
                response.read()
                statuses.append(response.status)

    threads = [threading.Thread(target=client) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 80


def test_a_connection_that_gets_no_thread_is_closed_and_the_next_ones_are_served(serve, runtime):
    server = serve(echo)
    with no_thread_allowed():
        for _ in range(2):
            with connect(server) as sock:
                assert read_all(sock) == b""
    assert b"GET / " in talk_raw(server, GET)
    (warning,) = runtime.reporter.warned
    assert warning.startswith("A connection was closed: The system does not allow another thread. Raise the limits")


def test_pipelined_requests_are_answered_in_order(serve):
    first = b"GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = talk_raw(serve(echo), first + GET.replace(b"GET /", b"GET /2"))
    assert answer.index(b"GET /1 ") < answer.index(b"GET /2 ")


def test_expect_continue_is_answered_with_100(serve):
    with connect(serve(echo)) as sock:
        sock.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
            b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert sock.recv(1000).startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"abc")
        assert read_all(sock).endswith(b"abc")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"RFB 003.008\n\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_garbage_is_answered_with_400(serve, garbage):
    assert talk_raw(serve(echo), garbage).startswith(b"HTTP/1.1 400 ")


def test_endless_head_is_cut_off(serve):
    server = serve(echo, limits=Limits(head_bytes=2000))
    answer = talk_raw(server, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 5000)
    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000,
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" + b"x" * 5000 + b"\r\n0\r\n\r\n",
    ],
)
def test_large_body_is_refused_and_the_client_can_read_why(serve, request_bytes):
    answer = talk_raw(serve(echo, limits=Limits(body_bytes=1000)), request_bytes)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_head_that_trickles_is_cut_off_in_time(serve):
    server = serve(echo, limits=Limits(head_s=0.3))
    stop = threading.Event()
    with connect(server) as sock:

        def trickle():
            with contextlib.suppress(OSError):
                sock.sendall(b"GET / HTTP/1.1\r\n")
                while not stop.wait(0.02):
                    sock.sendall(b"x")

        thread = threading.Thread(target=trickle)
        thread.start()
        answer = read_all(sock)
        stop.set()
        thread.join()
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_missing_body_is_cut_off_in_time(serve):
    server = serve(echo, limits=Limits(body_s=0.2))
    assert talk_raw(server, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n").startswith(b"HTTP/1.1 408 ")


def test_a_silent_client_is_closed_without_an_answer(serve):
    with connect(serve(echo, limits=Limits(idle_s=0.2))) as sock:
        assert read_all(sock) == b""


def test_silent_clients_do_not_block_others(serve):
    server = serve(echo, limits=Limits(connections=10))
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(connect(server))
        assert talk_raw(server, GET).startswith(b"HTTP/1.1 200 ")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="The limit of descriptors is Unix's.")
def test_without_free_descriptors_silent_clients_are_closed_and_nothing_spins(tmp_path):
    """In a process of its own, since the limit is a process's."""
    script = tmp_path / "few_descriptors.py"
    script.write_text(FEW_DESCRIPTORS)
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        port = int(process.stdout.readline())
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
                sock.sendall(GET)
                assert read_all(sock).startswith(b"HTTP/1.1 200 ")
            assert process.communicate("go\n", timeout=20)[0] == "a file can be opened\n"


FEW_DESCRIPTORS = """
import os, resource, sys, time
from pathlib import Path
from ecsvnc.loopback.server import LoopbackServer, ServerResponse
from ecsvnc.runtime import Runtime

server = LoopbackServer(
    lambda request: ServerResponse(200), runtime=Runtime(environ={}, home=Path("/nowhere"))
)
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
server.start()
print(server.port, flush=True)
sys.stdin.readline()
used_s = time.process_time()
time.sleep(0.5)
assert time.process_time() - used_s < 0.25, "it spins"
open(os.devnull).close()
print("a file can be opened", flush=True)
os._exit(0)
"""


def test_a_connection_with_a_request_is_not_closed_for_another(serve):
    go_on = threading.Event()
    inside = threading.Semaphore(0)

    def handler(request):
        inside.release()
        go_on.wait(10)
        return echo(request)

    server = serve(handler, limits=Limits(connections=2))
    with connect(server) as first, connect(server) as second:
        for sock in (first, second):
            sock.sendall(GET)
            assert inside.acquire(timeout=30)
        with connect(server) as third:
            assert read_all(third) == b""
        go_on.set()
        assert read_all(first).startswith(b"HTTP/1.1 200 ")
        assert read_all(second).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_is_not_admitted_gets_403_for_any_request(serve):
    asked = []

    def admit(peer, local):
        asked.append((peer, local))
        return False

    server = serve(echo, admit=admit)
    with connect(server) as sock:
        ends = (sock.getsockname(), sock.getpeername())
        sock.sendall(GET)
        answer = read_all(sock)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert asked == [ends]


def test_a_failing_handler_becomes_500_and_a_warning_and_the_server_continues(serve, runtime):
    def handler(request):
        if request.path == "/bad":
            message = "s3cret"
            raise ValueError(message) from KeyError(message)
        return echo(request)

    server = serve(handler)
    answer = talk_raw(server, GET.replace(b"GET /", b"GET /bad"))
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"s3cret" not in answer
    (word,) = runtime.reporter.warned
    assert "ValueError" in word
    assert "s3cret" not in "".join([word, *runtime.reporter.debugged])
    assert any(" in handler: " in line for line in runtime.reporter.debugged)
    assert talk_raw(server, GET).startswith(b"HTTP/1.1 200 ")


def test_an_invalid_answer_is_reported(serve, runtime):
    assert talk_raw(serve(lambda request: ServerResponse(200, [("bad name", "x")])), GET) == b""
    assert "LocalProtocolError" in runtime.reporter.warned[0]


def test_sent_is_called_with_true_after_the_whole_answer(serve):
    told = queue.Queue()
    talk_raw(serve(lambda request: ServerResponse(200, sent=told.put)), GET)
    assert told.get(timeout=30) is True


def test_sent_is_called_with_false_if_the_client_does_not_read_the_answer(serve):
    told = queue.Queue()
    server = serve(
        lambda request: ServerResponse(200, body=b"x" * 50_000_000, sent=told.put), limits=Limits(send_s=0.2)
    )
    with connect(server) as sock:
        sock.sendall(GET)
        assert told.get(timeout=30) is False


def test_handler_can_see_that_the_client_left(serve):
    seen = queue.Queue()
    left = threading.Event()

    def handler(request):
        seen.put(request.client_is_there())
        left.wait(30)
        while request.client_is_there():
            pass
        seen.put(False)
        return echo(request)

    with connect(serve(handler)) as sock:
        sock.sendall(GET)
        assert seen.get(timeout=30) is True
    left.set()
    assert seen.get(timeout=30) is False


def test_upgrade_hands_over_the_socket_and_every_byte(serve):
    seen = []

    def take_over(sock, raw):
        seen.append(raw)
        sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        sock.sendall(sock.recv(100).upper())

    head = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    with connect(serve(lambda request: Upgrade(take_over))) as sock:
        sock.sendall(head[:30])
        sock.sendall(head[30:] + b"early")
        assert sock.recv(1000).startswith(b"HTTP/1.1 101 ")
        sock.sendall(b"late")
        assert read_all(sock) == b"LATE"
    # What was sent together with the head may arrive in the read after it, then `serve` reads it from the socket.
    assert seen[0].startswith(head)


def test_upgrade_after_other_requests_on_the_same_connection(serve):
    seen = []

    def handler(request):
        if not request.header("upgrade"):
            return echo(request)
        return Upgrade(lambda sock, raw: seen.append(raw))

    head = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    talk_raw(serve(handler), b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" + head)
    assert seen == [head]


def test_failing_upgrade_is_reported(serve, runtime):
    def take_over(sock, raw):
        raise KeyError

    head = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert talk_raw(serve(lambda request: Upgrade(take_over)), head) == b""
    assert "KeyError" in runtime.reporter.warned[0]


def test_an_upgrade_that_is_not_accepted_is_answered_as_any_request(serve):
    head = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    assert talk_raw(serve(echo), head).startswith(b"HTTP/1.1 200 ")


def test_stop_closes_the_port_and_open_connections(serve):
    server = serve(echo)
    with connect(server) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 200 ")
        server.stop()
        assert read_all(sock) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(server)
    server.stop()


def test_stop_ends_an_upgraded_connection(serve):
    ended = threading.Event()

    def take_over(sock, raw):
        sock.sendall(b"hello")
        while sock.recv(100):
            pass
        ended.set()

    server = serve(lambda request: Upgrade(take_over))
    with connect(server) as sock:
        sock.sendall(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert sock.recv(100) == b"hello"
        server.stop()
        assert ended.wait(30)


def test_server_that_never_started_can_be_stopped(runtime):
    LoopbackServer(echo, runtime=runtime).stop()


def test_taken_port_is_a_usage_error_that_names_it(serve, runtime):
    server = serve(echo)
    with pytest.raises(UsageError, match=str(server.port)):
        LoopbackServer(echo, runtime=runtime, port=server.port)


def test_an_invalid_port_is_a_usage_error(runtime):
    with pytest.raises(UsageError):
        LoopbackServer(echo, runtime=runtime, port=70000)


def test_origin_names_host_and_port(serve):
    server = serve(echo)
    assert server.origin == f"http://127.0.0.1:{server.port}"
