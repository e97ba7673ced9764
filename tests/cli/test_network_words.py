"""What the command says of failures on the network: plain words, and the advice that fits this environment."""

import pytest
from support.raw_peers import Authority

INSTANCE = f"i-bp1{'a' * 17}"
KEY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tExample01", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret-0000000000000000"}


@pytest.fixture
def url(cli):
    """`url("https://127.0.0.1:1", NAME="value")`: what the command prints on stderr, which fails with 8."""

    def run(endpoint, **environ):
        arguments = ("url", INSTANCE, "--os", "linux", "--timeout", "1", "--endpoint", endpoint)
        status, stdout, stderr = cli.with_environ(**KEY, **environ)(*arguments)
        assert (status, stdout) == (8, "")
        return stderr

    return run


def hang_up(connection):
    connection.recv(65536)


@pytest.mark.parametrize(
    ("serve", "said"),
    [
        (lambda connection: connection.sendall(b"HTTP/1.1 400 No\r\n\r\n"), "does not speak TLS"),
        (hang_up, "closed the connection"),
    ],
    ids=["http", "end"],
)
def test_a_port_that_does_not_speak_tls_is_reported_without_openssl_s_names(url, raw_server, serve, said):
    stderr = url(f"https://127.0.0.1:{raw_server(serve).port}")
    assert stderr.startswith(f"Error: 127.0.0.1 {said}")
    assert not any(word in stderr for word in ("EOF", "WRONG_VERSION", "wrong version", "_ssl"))


def test_an_unknown_authority_is_explained_by_the_variable_that_is_set_and_wins(url, raw_server, tmp_path):
    ours, another = Authority(tmp_path, "ours"), Authority(tmp_path, "another")
    server = raw_server(hang_up, ours.server_context("127.0.0.1"))
    endpoint = f"https://127.0.0.1:{server.port}"
    assert "name the file of its certificate in SSL_CERT_FILE." in url(endpoint)
    stderr = url(endpoint, SSL_CERT_FILE=str(ours.pem), REQUESTS_CA_BUNDLE=str(another.pem))
    assert (
        f"REQUESTS_CA_BUNDLE is set ({another.pem}) and replaces the system's certificates, and SSL_CERT_FILE" in stderr
    )
