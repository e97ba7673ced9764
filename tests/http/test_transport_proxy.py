"""The transport behind proxies: peers that answer CONNECT, and then are the server themselves."""

import base64
import importlib.util

import pytest
from support.raw_peers import read_request

from ecsvnc.errors import ConfigurationError, ConnectError, NetworkError, ProxyError, TlsError
from ecsvnc.http.messages import HttpRequest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
ECS = "https://ecs.test.invalid"


class Tunnel:
    """A proxy that grants CONNECT, and plays the host behind it."""

    def __init__(self, tls):
        self._tls = tls
        self.connects = []
        self.requests = []

    def __call__(self, connection):
        self.connects.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self._tls.wrap_socket(connection, server_side=True) as inside:
            while request := read_request(inside):
                self.requests.append(request)
                inside.sendall(OK)


def saying_to_connect(response):
    def serve(connection):
        read_request(connection)
        connection.sendall(response)

    return serve


def send(transport, url=ECS, **bounds):
    request = HttpRequest("POST", f"{url}/", {"authorization": "signature"})
    return transport.send(request, **{"total_timeout_s": 10.0, **bounds})


def failing_send(transport, kind, url=ECS, **bounds):
    with pytest.raises((NetworkError, ConfigurationError)) as caught:
        send(transport, url, **bounds)
    assert type(caught.value) is kind
    assert caught.value.hint
    assert "hunter2" not in f"{caught.value.what}{caught.value.hint}{caught.value.__cause__}"
    return caught.value


def through(server, user="someone:hunter2@"):
    return f"http://{user}127.0.0.1:{server.port}"


def test_a_request_goes_through_the_tunnel_and_its_headers_stay_inside(raw_server, transport_in, authority):
    tunnel = Tunnel(authority.server_context("ecs.test.invalid"))
    server = raw_server(tunnel)
    transport = transport_in(HTTPS_PROXY=through(server), SSL_CERT_FILE=str(authority.pem))
    assert send(transport).status == 200
    assert send(transport).status == 200
    (connect,) = tunnel.connects
    assert connect.startswith(b"CONNECT ecs.test.invalid:443 HTTP/1.")
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"someone:hunter2") in connect
    assert b"signature" not in connect
    assert len(tunnel.requests) == 2
    assert b"signature" in tunnel.requests[0]
    assert b"proxy-authorization" not in tunnel.requests[0].lower()


def test_the_certificate_of_the_host_behind_the_proxy_is_checked(raw_server, transport_in, authority):
    server = raw_server(Tunnel(authority.server_context("other.test.invalid")))
    error = failing_send(transport_in(HTTPS_PROXY=through(server), SSL_CERT_FILE=str(authority.pem)), TlsError)
    assert error.what == "The TLS certificate of ecs.test.invalid is for another host name."


def test_a_proxy_with_tls_of_its_own_is_checked_too(raw_server, transport_in, authority, other_authority):
    server = raw_server(Tunnel(authority.server_context("x")), authority.server_context("127.0.0.1"))
    proxy = f"https://someone:hunter2@127.0.0.1:{server.port}"
    error = failing_send(transport_in(HTTPS_PROXY=proxy, SSL_CERT_FILE=str(other_authority.pem)), TlsError)
    assert f"the proxy https://127.0.0.1:{server.port} (from HTTPS_PROXY)" in error.what


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (407, ProxyError, "requires a user name and password, or rejected them"),
        (403, ProxyError, "refused to connect to ecs.test.invalid (403)"),
        (502, ConnectError, "could not connect to ecs.test.invalid (502)"),
    ],
)
def test_a_proxy_that_refuses_is_named_without_its_password(raw_server, transport_in, status, kind, words):
    server = raw_server(saying_to_connect(f"HTTP/1.1 {status} \x1b[31mNo\r\nContent-Length: 0\r\n\r\n".encode()))
    error = failing_send(transport_in(https_proxy=through(server)), kind)
    assert error.what == f"The proxy http://127.0.0.1:{server.port} (from https_proxy) {words}."


def test_a_proxy_that_forwards_plain_http_may_want_a_password_too(raw_server, transport_in):
    server = raw_server(saying_to_connect(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"))
    error = failing_send(transport_in(HTTP_PROXY=through(server)), ProxyError, "http://creds.test.invalid")
    assert "HTTP_PROXY" in error.hint


def test_a_proxy_that_is_not_there_is_named_with_its_variable(transport_in):
    error = failing_send(transport_in(ALL_PROXY="http://someone:hunter2@127.0.0.1:1"), ConnectError)
    assert error.what == "The proxy http://127.0.0.1:1 (from ALL_PROXY) refused the connection."
    assert "ALL_PROXY" in error.hint


def test_a_proxy_whose_name_does_not_resolve_is_named(transport_in):
    error = failing_send(transport_in(HTTPS_PROXY="http://someone:hunter2@proxy.invalid:1"), ConnectError)
    assert error.what == (
        "The name of the proxy http://proxy.invalid:1 (from HTTPS_PROXY) could not be resolved (DNS)."
    )


@pytest.mark.parametrize("response", [b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nX: "], ids=["no HTTP", "cut off"])
def test_what_does_not_answer_as_a_proxy_is_a_network_error(raw_server, transport_in, response):
    server = raw_server(saying_to_connect(response))
    with pytest.raises(NetworkError):
        send(transport_in(HTTPS_PROXY=through(server)))


def test_a_proxy_that_drips_its_answer_is_given_up(raw_server, transport_in):
    def serve(connection):
        read_request(connection)
        while not server.stopped.wait(0.02):
            connection.sendall(b"H")

    server = raw_server(serve)
    error = failing_send(transport_in(HTTPS_PROXY=through(server)), ConnectError, total_timeout_s=0.3)
    assert f"through the proxy http://127.0.0.1:{server.port}" in error.what


def test_a_host_in_no_proxy_is_reached_directly(transport_in):
    transport = transport_in(HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY=".invalid")
    assert "ecs.test.invalid could not be resolved" in failing_send(transport, ConnectError).what


@pytest.mark.skipif(importlib.util.find_spec("socks") is not None, reason="PySocks is installed: nothing is missing")
def test_a_socks_proxy_without_its_package_says_what_to_install(transport_in):
    error = failing_send(transport_in(ALL_PROXY="socks5h://someone:hunter2@127.0.0.1:1"), ProxyError)
    assert "PySocks" in error.what
    assert "pip install" in error.hint


def test_a_proxy_variable_that_holds_no_url_is_a_configuration_error(transport_in):
    assert "HTTPS_PROXY" in failing_send(transport_in(HTTPS_PROXY="hunter2://x"), ConfigurationError).what
