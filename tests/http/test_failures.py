"""Words for exceptions that no server on loopback can be made to cause."""

import ssl

import pytest

from ecsvnc.errors import ConnectError, ProxyError, TlsError
from ecsvnc.http.failures import network_error
from ecsvnc.http.proxies import Proxy

SOCKS = Proxy("socks5h://me:hunter2@proxy.example.com:1080", "ALL_PROXY")
NAME = "proxy socks5h://proxy.example.com:1080 (from ALL_PROXY)"


class PySocksError(OSError):
    """As PySocks 1.7 raises it: a text alone, and the socket's own exception, if there was one."""

    def __init__(self, text, socket_err=None):
        super().__init__(text)
        self.socket_err = socket_err


def of_socks(name, *arguments):
    return type(name, (PySocksError,), {"__module__": "socks"})(*arguments)


@pytest.mark.parametrize(
    ("raised", "kind", "what"),
    [
        (
            of_socks("SOCKS5AuthError", "SOCKS5 authentication failed\x00"),
            ProxyError,
            f"The {NAME} requires a user name and password, or rejected them.",
        ),
        (
            of_socks("SOCKS5Error", "0x02: Connection not allowed by ruleset"),
            ProxyError,
            f"The {NAME} refused to connect to ecs.example.com.",
        ),
        (
            of_socks("SOCKS5Error", "0x05: Connection refused"),
            ConnectError,
            f"The {NAME} could not connect to ecs.example.com.",
        ),
        (
            of_socks("GeneralProxyError", "SOCKS5 proxy server sent invalid data"),
            ProxyError,
            f"The {NAME} did not answer as a SOCKS proxy.",
        ),
        (
            of_socks("GeneralProxyError", "Socket error: timed out", TimeoutError()),
            ConnectError,
            f"The {NAME} timed out.",
        ),
        (
            of_socks("ProxyConnectionError", "Error connecting", ConnectionRefusedError()),
            ConnectError,
            f"The {NAME} refused the connection.",
        ),
    ],
    ids=range(6),
)
def test_a_socks_proxy_is_named_with_what_it_did(raised, kind, what):
    error = network_error(raised, "ecs.example.com", environ={}, proxy=SOCKS)
    assert (type(error), error.what) == (kind, what)
    assert "ALL_PROXY" in error.hint
    assert "hunter2" not in error.what + error.hint


def tls_error(reason):
    error = ssl.SSLError(1, f"[SSL: {reason}] whatever (_ssl.c:1006)")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        ("WRONG_VERSION_NUMBER", "h does not speak TLS."),
        ("PACKET_LENGTH_TOO_LONG", "h does not speak TLS."),
        ("RECORD_LAYER_FAILURE", "h does not speak TLS."),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "h does not support TLS 1.2 or later."),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "h has no TLS cipher in common with this machine."),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "h requires a client certificate."),
        ("BAD_SIGNATURE", "The TLS handshake with h failed (OpenSSL: BAD_SIGNATURE)."),
        ("odd \x1b[2J", "The TLS handshake with h failed."),
        (None, "The TLS handshake with h failed."),
    ],
)
def test_a_tls_failure_is_reported_in_words(reason, what):
    error = network_error(tls_error(reason), "h", environ={})
    assert (type(error), error.what) == (TlsError, what)


def test_an_end_in_the_middle_of_tls_is_a_closed_connection():
    eof = ssl.SSLEOFError(8, "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol")
    error = network_error(eof, "h", environ={})
    assert (type(error), error.what) == (ConnectError, "h closed the connection.")


@pytest.mark.parametrize(
    ("environ", "hint"),
    [
        (
            {},
            (
                "If a proxy or private network uses its own certificate authority, name the file of its certificate in "
                "SSL_CERT_FILE."
            ),
        ),
        (
            {"SSL_CERT_FILE": "/a.pem"},
            "SSL_CERT_FILE is set (/a.pem): add the authority's certificate there, or unset it.",
        ),
        (
            {"SSL_CERT_FILE": "/a.pem", "REQUESTS_CA_BUNDLE": "/b.pem"},
            (
                "REQUESTS_CA_BUNDLE is set (/b.pem) and replaces the system's certificates, and SSL_CERT_FILE: add the "
                "authority's certificate there, or unset it."
            ),
        ),
        (
            {"CURL_CA_BUNDLE": "/c.pem", "REQUESTS_CA_BUNDLE": ""},
            (
                "CURL_CA_BUNDLE is set (/c.pem) and replaces the system's certificates: add the authority's "
                "certificate there, or unset it."
            ),
        ),
    ],
    ids=range(4),
)
def test_the_advice_on_authorities_names_the_variable_that_is_in_force(environ, hint):
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = 20
    assert network_error(error, "h", environ=environ).hint == hint
