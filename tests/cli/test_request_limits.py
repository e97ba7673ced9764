"""How long one request may take, as a process sees it: the limits for connecting and reading end with the budget."""

import contextlib
import socket
import time

import pytest

INSTANCE = f"i-bp1{'a' * 17}"
KEY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tExample01", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret-0000000000000000"}


@pytest.fixture
def full_backlog():
    """The port of a listener that accepts nobody, and has no room for another connection to wait."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.fixture
def silent(raw_server):
    """The port of a server that takes a request and never answers."""
    server = raw_server(lambda connection: server.stopped.wait(90))
    return server.port


@pytest.mark.parametrize("peer", ["full_backlog", "silent"])
def test_a_peer_that_does_not_connect_or_answer_is_given_up_when_the_budget_ends(cli, request, peer):
    endpoint = f"http://127.0.0.1:{request.getfixturevalue(peer)}"
    began = time.monotonic()
    done = cli.with_environ(**KEY)(
        "url", INSTANCE, "--region", "cn-hangzhou", "--os", "linux", "--timeout", "0.6", "--endpoint", endpoint
    )
    assert (done.status, done.stdout) == (8, "")
    assert done.stderr.startswith("Error: 127.0.0.1 timed out (1 attempt in 1 s).\n")
    assert 0.6 <= time.monotonic() - began < 30
