"""Consoles that are made up, over real sockets on loopback."""

import pytest
from support.proxy_stage import Stage
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


@pytest.fixture
def stage_with():
    stages = []

    def make(**ecs_options):
        stages.append(Stage(**ecs_options))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


@pytest.fixture
def stage(stage_with):
    return stage_with()
