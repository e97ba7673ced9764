import pytest

from ecsvnc.loopback.names import is_loopback


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost", "localhost.", "127.0.0.1", "127.255.0.9", "::1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_loopback_hosts(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "0.0.0.0",
        "::",
        "x.localhost",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "10.0.0.1",
        "127.1",
        "2130706433",
    ],
)
def test_hosts_that_may_be_another_machine(host):
    assert not is_loopback(host)
