"""Raw peers and certificate authorities for the tests of this room."""

from pathlib import Path

import pytest
from support.raw_peers import Authority

from ecsvnc.http.transport import Transport
from ecsvnc.runtime import Runtime


@pytest.fixture
def transport_in():
    """Makes transports that see the given environment."""
    transports = []

    def make(**environ):
        runtime = Runtime(environ=environ, home=Path("/nonexistent"), now=lambda: 1_700_000_000.0)
        transports.append(Transport(runtime))
        return transports[-1]

    yield make
    for transport in transports:
        transport.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"), "a-private-authority")


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("other"), "another-authority")
