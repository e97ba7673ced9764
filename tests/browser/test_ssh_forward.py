import shlex

import pytest

from ecsvnc.browser.ssh_forward import loopback_port, ssh_command


def test_the_ssh_command_forwards_the_port_to_the_same_number():
    command = ssh_command([8080], environ={}, user="ann", host="box")
    assert command == "ssh -N -L 8080:127.0.0.1:8080 ann@box"


def test_every_port_is_forwarded_once():
    command = ssh_command([8080, 9090, 8080], environ={}, user="ann", host="box")
    assert command == "ssh -N -L 8080:127.0.0.1:8080 -L 9090:127.0.0.1:9090 ann@box"


def test_in_an_ssh_session_the_address_of_this_machine_is_used():
    environ = {"SSH_CONNECTION": "198.51.100.7 51034 203.0.113.5 22"}
    assert ssh_command([1], environ=environ, user="ann", host="box").endswith(" ann@203.0.113.5")


def test_another_ssh_port_is_used():
    environ = {"SSH_CONNECTION": "2001:db8::7 51034 2001:db8::5 2222"}
    assert ssh_command([1], environ=environ, user="ann", host="box").endswith(" -p 2222 ann@2001:db8::5")


@pytest.mark.parametrize("connection", ["", "garbage", "a b c"])
def test_an_invalid_ssh_connection_is_ignored(connection):
    assert ssh_command([1], environ={"SSH_CONNECTION": connection}, user="ann", host="box").endswith(" ann@box")


def test_odd_names_stay_one_word_when_pasted():
    command = ssh_command([1], environ={}, user="a b;c", host="box")
    assert shlex.split(command)[-1] == "a b;c@box"


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://127.0.0.1:8080/console/index.html", 8080),
        ("ws://localhost:99/websockify/?s=x", 99),
        ("http://[::1]/", 80),
        ("wss://127.0.0.1/x", 443),
        ("https://g.alicdn.com/aliyun/ecs-console-vnc2/0.0.8/index.html", None),
        ("wss://vnc.example.com:8443/", None),
    ],
)
def test_only_loopback_ports_need_forwarding(url, port):
    assert loopback_port(url) == port
