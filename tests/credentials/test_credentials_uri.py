"""An address that serves keys: what answers there and is none."""

import socket

import pytest
from support.raw_peers import RawServer, answering

from ecsvnc.credentials import credentials_uri
from ecsvnc.errors import ConnectError, UnexpectedAnswerError

REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: https://signin.example.com/\r\nContent-Length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000)
NO_HTTP = b"220 mail.example.com ESMTP\r\n"


@pytest.mark.parametrize("answer", [REDIRECT, TOO_LARGE, NO_HTTP], ids=["redirect", "too large", "no HTTP"])
def test_an_invalid_answer_does_not_name_the_endpoint_of_ecs(world, answer):
    server = RawServer(answering(answer))
    world.environ["ALIBABA_CLOUD_CREDENTIALS_URI"] = server.origin
    try:
        with pytest.raises(UnexpectedAnswerError) as caught:
            credentials_uri.find(world.context())
    finally:
        server.stop()
    assert caught.value.what.startswith("Credentials from the credentials URI (ALIBABA_CLOUD_CREDENTIALS_URI): ")
    assert "endpoint" not in caught.value.hint
    assert caught.value.hint.startswith("Check what is listening there")


def test_a_refused_connection_has_a_hint_about_the_network(world):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    world.environ["ALIBABA_CLOUD_CREDENTIALS_URI"] = f"http://127.0.0.1:{port}/"
    with pytest.raises(ConnectError) as caught:
        credentials_uri.find(world.context())
    assert "endpoint" not in caught.value.hint
    assert caught.value.hint.startswith("Check the network")
