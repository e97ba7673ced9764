"""Whom the transport trusts, against TLS servers on loopback with certificates made on the fly."""

import ssl

import pytest
from support.raw_peers import answering

from ecsvnc.errors import ConfigurationError, ConnectError, NetworkError, TlsError
from ecsvnc.http.messages import HttpRequest
from ecsvnc.http.trust import tls_context

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def send(transport, origin):
    return transport.send(HttpRequest("POST", f"{origin}/"), total_timeout_s=10.0)


def refusal(transport, origin, kind=TlsError):
    with pytest.raises(NetworkError) as caught:
        send(transport, origin)
    assert type(caught.value) is kind
    assert caught.value.hint
    return caught.value


@pytest.fixture
def tls_server(raw_server, authority):
    return raw_server(answering(OK), authority.server_context("127.0.0.1", "localhost"))


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_private_authority_is_trusted_when_a_variable_names_it(tls_server, transport_in, authority, variable):
    assert send(transport_in(**{variable: str(authority.pem)}), tls_server.origin).status == 200


def test_a_directory_of_hashed_certificates_is_taken_too(tls_server, transport_in, hashed, other_hashed, tmp_path):
    for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"):
        assert send(transport_in(**{variable: str(hashed)}), tls_server.origin).status == 200
    import os

    both = os.pathsep.join((str(other_hashed), str(hashed)))
    assert send(transport_in(SSL_CERT_DIR=both), tls_server.origin).status == 200


def test_a_private_authority_is_refused_otherwise(tls_server, transport_in):
    error = refusal(transport_in(), tls_server.origin)
    assert error.what == ("The TLS certificate of 127.0.0.1 is not signed by an authority that this machine trusts.")
    assert "SSL_CERT_FILE" in error.hint


def test_another_authority_than_the_named_one_is_refused(tls_server, transport_in, other_authority):
    refusal(transport_in(SSL_CERT_FILE=str(other_authority.pem)), tls_server.origin)


def test_the_bundle_of_requests_wins_over_that_of_openssl(tls_server, transport_in, authority, other_authority):
    files = {"REQUESTS_CA_BUNDLE": str(other_authority.pem), "SSL_CERT_FILE": str(authority.pem)}
    refusal(transport_in(**files), tls_server.origin)


def test_a_certificate_for_another_name_is_refused(raw_server, transport_in, authority):
    transport = transport_in(SSL_CERT_FILE=str(authority.pem))
    server = raw_server(answering(OK), authority.server_context("ecs.example.com"))
    assert "is for another" in refusal(transport, server.origin).what
    assert "is for another host name" in refusal(transport, f"https://localhost:{server.port}").what


def test_the_common_name_alone_names_no_host(raw_server, transport_in, authority):
    server = raw_server(answering(OK), authority.server_context())
    refusal(transport_in(SSL_CERT_FILE=str(authority.pem)), server.origin)


def test_an_expired_certificate_is_called_expired_and_the_clock_suspected(raw_server, transport_in, authority):
    server = raw_server(answering(OK), authority.server_context("127.0.0.1", expired=True))
    error = refusal(transport_in(SSL_CERT_FILE=str(authority.pem)), server.origin)
    assert error.what == "The TLS certificate of 127.0.0.1 has expired."
    assert "clock" in error.hint


def test_a_server_without_tls_is_a_tls_error(raw_server, transport_in):
    server = raw_server(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n" * 50))
    error = refusal(transport_in(), f"https://127.0.0.1:{server.port}")
    assert "does not speak TLS" in error.what


def test_a_handshake_that_was_cut_off_is_worth_another_attempt(raw_server, transport_in):
    server = raw_server(lambda connection: connection.recv(65536))
    assert "closed the connection" in refusal(transport_in(), f"https://127.0.0.1:{server.port}", ConnectError).what


def test_a_handshake_that_never_ends_is_given_up(raw_server, transport_in):
    server = raw_server(lambda connection: server.stopped.wait(30))
    with pytest.raises(ConnectError):
        transport_in().send(HttpRequest("POST", f"https://127.0.0.1:{server.port}/"), total_timeout_s=0.3)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_bad_store_is_a_configuration_error_before_anything_is_sent(tls_server, transport_in, variable, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    for value in (tmp_path / "missing", empty, text):
        with pytest.raises(ConfigurationError, match=variable) as caught:
            send(transport_in(**{variable: str(value)}), tls_server.origin)
        assert str(value) in caught.value.what
    assert tls_server.connections == 0


def test_the_authorities_are_loaded_once_for_all_connections(raw_server, transport_in, authority, tmp_path):
    """A store that has gone after the first connection is not missed: nothing reads it again."""
    pem = tmp_path / "authority.pem"
    pem.write_bytes(authority.pem.read_bytes())
    transport = transport_in(SSL_CERT_FILE=str(pem))
    servers = [raw_server(answering(OK), authority.server_context("127.0.0.1")) for _ in range(3)]
    for server in servers:
        assert send(transport, server.origin).status == 200
        pem.unlink(missing_ok=True)
    # requests would have added certifi's hundred and more.
    assert tls_context({"SSL_CERT_FILE": str(pem), "SSL_CERT_DIR": ""}).cert_store_stats()["x509_ca"] == 1


def test_tls_below_1_2_is_refused(raw_server, transport_in, authority):
    context = authority.server_context("127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    server = raw_server(answering(OK), context)
    refusal(transport_in(SSL_CERT_FILE=str(authority.pem)), server.origin)


@pytest.fixture
def hashed(authority, tmp_path):
    return authority.hashed_directory(tmp_path / "hashed")


@pytest.fixture
def other_hashed(other_authority, tmp_path):
    return other_authority.hashed_directory(tmp_path / "other")
