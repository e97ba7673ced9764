"""Consoles that are made up, over real sockets on loopback."""

import pytest
from support.raw_peers import Authority, RawServer


@pytest.fixture
def raw_server():
    servers = []

    def start(serve, tls=None):
        servers.append(RawServer(serve, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def vnc_authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("vnc-authority"), "a-console-authority")
