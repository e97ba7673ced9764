import select
import socket
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from support.no_threads import no_thread_allowed
from support.raw_console import RawConsole
from support.raw_peers import read_request

from ecsvnc.console.connect import CONNECT_WITHIN_S, ConsoleConnect
from ecsvnc.console.dial import dial
from ecsvnc.console.tls_in_tls import socket_through
from ecsvnc.errors import (
    ConfigurationError,
    ConnectError,
    ConsoleError,
    NetworkError,
    ProxyError,
    ResourceError,
    TlsError,
    UnexpectedAnswerError,
)
from ecsvnc.runtime import Runtime
from ecsvnc.tickets.ticket import VncUrl

TOKEN = "Dvh%2FIA%2BYc73"


def url(server, scheme="ws", host="127.0.0.1"):
    return VncUrl.parse(f"{scheme}://{host}:{server.port}/websockify/?s={TOKEN}")


def runtime(**environ):
    return replace(Runtime.of_this_process(), environ=environ)


def connect(vnc_url, runtime):
    return dial(vnc_url, lambda sock: None, runtime)


def connecting(vnc_url, runtime, **options):
    """A console that is being connected, and an event that is set when it is done."""
    tickets = SimpleNamespace(claim=lambda is_over: True, take=lambda: SimpleNamespace(vnc_url=vnc_url))
    is_done = threading.Event()
    made = ConsoleConnect(tickets, lambda: None, is_done.set, is_raw=True, runtime=runtime, **options)
    return made, is_done


def wait_for(made, is_done):
    while not is_done.wait(0.05):
        made.check_time()
    return made.result()


def read_some(stream, timeout_s=30):
    data = b""
    while not data and not stream.has_ended:
        if not stream.holds_received:
            assert select.select([stream], [], [], timeout_s)[0], "nothing came"
        data = b"".join(stream.receive())
    return data


def echo(connection):
    console = RawConsole(connection, early=b"RFB 003.008\n")
    while data := console.receive():
        console.send(data.upper())


def test_it_opens_with_what_consoles_are_known_to_accept(raw_server):
    requests = []

    def serve(connection):
        requests.append(RawConsole(connection).request)

    server = raw_server(serve)
    address = url(server)
    connect(address, runtime()).close()
    server.stop()
    (request,) = requests
    assert request.path == f"/websockify/?s={TOKEN}", "the ticket as it came: decoding it again would break it"
    assert request.headers["Sec-WebSocket-Protocol"] == "binary"
    assert request.headers["Origin"] == address.value.partition("/websockify")[0].replace("ws", "http", 1)
    assert "Sec-WebSocket-Extensions" not in request.headers, "no compression: it costs more than it saves"


def test_what_came_in_one_piece_with_the_handshake_is_not_lost(raw_server):
    stream = connect(url(raw_server(echo)), runtime())
    assert read_some(stream) == b"RFB 003.008\n"
    stream.send(b"hello")
    assert read_some(stream) == b"HELLO"
    stream.close()


def test_tls_is_verified_with_the_user_s_authority(raw_server, vnc_authority):
    server = raw_server(echo, tls=vnc_authority.server_context("localhost"))
    stream = connect(url(server, "wss", "localhost"), runtime(REQUESTS_CA_BUNDLE=str(vnc_authority.pem)))
    assert read_some(stream) == b"RFB 003.008\n"
    stream.send(b"a" * 100_000)
    got = b""
    while len(got) < 100_000:
        got += read_some(stream)
    assert got == b"A" * 100_000
    stream.close()


@pytest.mark.parametrize("names", [("localhost",), ("other.example",)])
def test_a_certificate_that_cannot_be_trusted_is_refused(raw_server, vnc_authority, names):
    server = raw_server(echo, tls=vnc_authority.server_context(*names))
    environ = {} if names == ("localhost",) else {"SSL_CERT_FILE": str(vnc_authority.pem)}
    with pytest.raises(TlsError, match="certificate"):
        connect(url(server, "wss", "localhost"), runtime(**environ))


def test_tls_with_a_peer_that_does_not_speak_it_is_reported(raw_server):
    with pytest.raises(TlsError, match="TLS"):
        connect(url(raw_server(lambda connection: connection.sendall(b"hello\n")), "wss", "localhost"), runtime())


def test_an_unencrypted_console_off_loopback_is_refused_before_anything_is_sent():
    with pytest.raises(NetworkError, match="not encrypted") as caught:
        connect(VncUrl.parse(f"ws://console.example.com/websockify/?s={TOKEN}"), runtime())
    assert TOKEN not in repr(caught.value.what + caught.value.hint)


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_cancelled_from_another_thread_it_ends_at_once(raw_server, vnc_authority, scheme):
    is_asked = threading.Event()

    def serve(connection):
        read_request(connection)
        is_asked.set()
        connection.recv(1)

    server = raw_server(serve, tls=vnc_authority.server_context("localhost") if scheme == "wss" else None)
    made, is_done = connecting(url(server, scheme, "localhost"), runtime(SSL_CERT_FILE=str(vnc_authority.pem)))
    assert is_asked.wait(10)
    made.cancel()
    assert is_done.wait(CONNECT_WITHIN_S / 2)
    with pytest.raises(ConnectError):
        made.result()


def test_cancelled_before_the_console_is_asked_for_the_ticket_is_not_used(raw_server):
    heard = []
    server = raw_server(lambda connection: heard.append(connection.recv(4096)))
    is_resolving, go_on = threading.Event(), threading.Event()

    def after_a_slow_resolver(vnc_url, hold, runtime):
        is_resolving.set()
        assert go_on.wait(10)
        return dial(vnc_url, hold, runtime)

    made, is_done = connecting(url(server), runtime(), dial=after_a_slow_resolver)
    assert is_resolving.wait(10)
    made.cancel()
    go_on.set()
    assert is_done.wait(10)
    with pytest.raises(ConnectError, match="cancelled"):
        made.result()
    server.stop()
    assert heard in ([b""], [])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("403 Forbidden", ConsoleError),
        ("429 Too Many", ConsoleError),
        ("502 Bad", ConsoleError),
        ("302 Found\r\nLocation: ws://127.0.0.1/", UnexpectedAnswerError),
        ("200 OK", UnexpectedAnswerError),
        ("403 Forbidden\r\nTransfer-Encoding: chunked", ConsoleError),
    ],
)
def test_a_refusal_is_reported_by_its_status(raw_server, status, kind):
    def serve(connection):
        read_request(connection)
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    with pytest.raises(kind) as caught:
        connect(url(raw_server(serve)), runtime())
    assert TOKEN not in caught.value.what + caught.value.hint


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", ConnectError),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgr", ConnectError),
        (b"RFB 003.008\n", UnexpectedAnswerError),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", UnexpectedAnswerError),
        (b"HTTP/1.1 101 X\r\n" + b"A: b\r\n" * 300 + b"\r\n", UnexpectedAnswerError),
        (b"\xff" * 100_000, UnexpectedAnswerError),
    ],
)
def test_what_does_not_answer_as_a_console_is_reported(raw_server, answer, kind):
    def serve(connection):
        read_request(connection)
        connection.sendall(answer)

    with pytest.raises(kind):
        connect(url(raw_server(serve)), runtime())


def test_a_console_that_never_answers_is_given_up(raw_server):
    def serve(connection):
        read_request(connection)
        while True:  # a byte now and then, for ever
            connection.sendall(b"H")
            connection.recv(1)

    with pytest.raises(ConnectError, match=r"did not open within 0\.3 seconds"):
        wait_for(*connecting(url(raw_server(serve)), runtime(), within_s=0.3))


def test_a_resolver_that_does_not_answer_is_given_up():
    go_on = threading.Event()

    def silent_resolver(*_):
        go_on.wait(30)
        raise ConnectError("It never answered.", hint="")

    address = VncUrl.parse("wss://console.example.com/")
    with pytest.raises(ConnectError, match=r"did not open within 0\.2 seconds"):
        wait_for(*connecting(address, runtime(), within_s=0.2, dial=silent_resolver))
    go_on.set()


def test_a_console_that_connects_too_late_is_closed(raw_server):
    heard = []
    go_on = threading.Event()

    def serve(connection):
        go_on.wait(10)
        heard.append(connection.recv(4096))
        heard.append(connection.recv(4096))

    server = raw_server(serve)
    with pytest.raises(ConnectError, match="did not open"):
        wait_for(*connecting(url(server), runtime(), within_s=0.2))
    go_on.set()
    server.stop()
    assert heard[-1] == b""


def test_a_port_where_nobody_listens_is_reported(raw_server):
    server = raw_server(echo)
    address = url(server)
    server.stop()
    with pytest.raises(ConnectError, match=r"127\.0\.0\.1 refused"):
        connect(address, runtime())


def test_a_name_that_does_not_exist_is_reported():
    with pytest.raises(ConnectError, match="could not be resolved"):
        connect(VncUrl.parse("wss://console.invalid/"), runtime())


# --- proxies


def tunnel(connect_to, requests, status=b"200 Connection established"):
    """An HTTP proxy that leads every CONNECT to one server."""

    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass

    def serve(connection):
        requests.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 " + status + b"\r\n\r\n")
        if not status.startswith(b"200"):
            return
        with socket.create_connection(("127.0.0.1", connect_to.port)) as far:
            back = threading.Thread(target=pump, args=(far, connection), daemon=True)
            back.start()
            pump(connection, far)
            far.shutdown(socket.SHUT_RDWR)
            back.join(30)

    return serve


PUBLIC = f"wss://console.example.com:8443/websockify/?s={TOKEN}"


def test_the_proxy_of_the_environment_is_used(raw_server, vnc_authority):
    requests = []
    console = raw_server(echo, tls=vnc_authority.server_context("console.example.com"))
    proxy = raw_server(tunnel(console, requests))
    environ = {
        "HTTPS_PROXY": f"http://user:p%40ss@127.0.0.1:{proxy.port}",
        "REQUESTS_CA_BUNDLE": str(vnc_authority.pem),
    }
    stream = connect(VncUrl.parse(PUBLIC), runtime(**environ))
    assert read_some(stream) == b"RFB 003.008\n"
    stream.close()
    head = requests[0].decode().split("\r\n")
    assert head[0] == "CONNECT console.example.com:8443 HTTP/1.1"
    assert "Host: console.example.com:8443" in head
    assert "Proxy-Authorization: Basic dXNlcjpwQHNz" in head
    assert TOKEN not in requests[0].decode()


def test_a_proxy_that_speaks_tls_carries_the_console_s_own_tls(raw_server, vnc_authority):
    requests = []
    console = raw_server(echo, tls=vnc_authority.server_context("console.example.com"))
    proxy = raw_server(tunnel(console, requests), tls=vnc_authority.server_context("localhost"))
    environ = {"HTTPS_PROXY": f"https://localhost:{proxy.port}", "REQUESTS_CA_BUNDLE": str(vnc_authority.pem)}
    stream = connect(VncUrl.parse(PUBLIC), runtime(**environ))
    assert read_some(stream) == b"RFB 003.008\n"
    stream.send(b"a" * 3_000_000)
    got = b""
    while len(got) < 3_000_000:
        if not stream.has_sent_all:
            select.select([], [stream], [], 5)
            stream.flush()
        got += read_some(stream) if select.select([stream], [], [], 0.01)[0] or stream.holds_received else b""
    assert got == b"A" * 3_000_000
    stream.close()


def test_tls_through_tls_without_another_thread_is_an_error():
    outer, peer = socket.socketpair()
    with outer, peer, no_thread_allowed(), pytest.raises(ResourceError, match="does not allow another thread"):
        socket_through(outer)


def test_loopback_is_never_proxied(raw_server):
    stream = connect(url(raw_server(echo)), runtime(HTTP_PROXY="http://127.0.0.1:9", HTTPS_PROXY="http://127.0.0.1:9"))
    stream.close()


@pytest.mark.parametrize("status", [b"407 Proxy Authentication Required", b"403 Forbidden", b"502 Bad Gateway"])
def test_a_proxy_that_refuses_is_reported_without_its_password(raw_server, status):
    proxy = raw_server(tunnel(None, [], status))
    with pytest.raises(NetworkError) as caught:
        connect(VncUrl.parse(PUBLIC), runtime(HTTPS_PROXY=f"http://user:geheim@127.0.0.1:{proxy.port}"))
    assert (status[:3].decode() in caught.value.what) == (status[:3] != b"407")
    assert "geheim" not in caught.value.what + caught.value.hint


def test_the_final_answer_of_a_proxy_may_come_together_with_an_interim_one(raw_server):
    proxy = raw_server(tunnel(None, [], b"102 Processing\r\n\r\nHTTP/1.1 403 Forbidden"))
    with pytest.raises(ProxyError, match="403"):
        connect(VncUrl.parse(PUBLIC), runtime(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}"))


@pytest.mark.parametrize("answer", [b"", b"hello\r\n\r\n", b"\x00" * 200_000])
def test_what_does_not_answer_as_a_proxy_is_a_proxy_error(raw_server, answer):
    def serve(connection):
        read_request(connection)
        connection.sendall(answer)

    proxy = raw_server(serve)
    with pytest.raises((ProxyError, ConnectError)):
        connect(VncUrl.parse(PUBLIC), runtime(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}"))


@pytest.mark.parametrize(("value", "kind"), [("socks5://127.0.0.1:1080", ProxyError), ("ftp://x", ConfigurationError)])
def test_a_proxy_that_cannot_be_used_is_reported(value, kind):
    with pytest.raises(kind):
        connect(VncUrl.parse(PUBLIC), runtime(HTTPS_PROXY=value))
