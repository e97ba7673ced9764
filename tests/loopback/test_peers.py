"""Whose socket the other end of a loopback connection is."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.loopback.peers import Owner, find_owner, only_for
from ecsvnc.loopback.server import LoopbackServer, ServerResponse
from ecsvnc.runtime import Runtime

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
PEER, LOCAL = ("127.0.0.1", 54321), ("127.0.0.1", 8080)


def row(near, far, *, uid=1000, inode=4242, state="01"):
    return f"   0: {near} {far} {state} 00000000:00000000 00:00000000 00000000 {uid:5d}        0 {inode} 1 0 20 4 30\n"


V4 = HEADER + row("0100007F:D431", "0100007F:1F90")
V6_MAPPED = HEADER + row("0000000000000000FFFF00000100007F:D431", "0000000000000000FFFF00000100007F:1F90")
V6 = HEADER + row("00000000000000000000000001000000:D431", "00000000000000000000000001000000:1F90")


def find(table, near=PEER, far=LOCAL, order="little"):
    return find_owner(table, near=near, far=far, byte_order=order)


def test_owner_of_an_ipv4_socket():
    assert find(V4) == Owner(1000, is_held=True)


def test_owner_of_an_ipv4_connection_of_an_ipv6_socket():
    assert find(V6_MAPPED) == Owner(1000, is_held=True)


def test_owner_of_an_ipv6_socket():
    assert find(V6, ("::1", 54321), ("::1", 8080)) == Owner(1000, is_held=True)


def test_an_ipv4_mapped_peer_is_found_in_the_ipv4_table():
    assert find(V4, ("::ffff:127.0.0.1", 54321), ("::ffff:127.0.0.1", 8080)) == Owner(1000, is_held=True)


def test_a_big_endian_kernel_prints_words_the_other_way_round():
    assert find(HEADER + row("7F000001:D431", "7F000001:1F90"), order="big") == Owner(1000, is_held=True)


def test_our_own_end_of_the_connection_is_not_the_peer():
    assert find(HEADER + row("0100007F:1F90", "0100007F:D431")) is None


def test_a_socket_with_another_port_is_not_found():
    assert find(V4, ("127.0.0.1", 54322)) is None


def test_a_socket_without_inode_is_held_by_no_process():
    assert find(HEADER + row("0100007F:D431", "0100007F:1F90", uid=0, inode=0, state="06")) == Owner(0, is_held=False)


@given(st.text())
def test_no_table_makes_the_parser_fail(table):
    find(table)


class Scene:
    """Tables that change from look to look, and a clock."""

    def __init__(self, *looks):
        self.looks = list(looks)
        self.slept = []
        self.runtime = Runtime(environ={}, home=Path("/nowhere"), sleep=self.slept.append)

    def tables(self):
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(look, Exception):
            raise look
        return look

    def admits(self, uids, **options):
        return only_for(uids, runtime=self.runtime, tables=self.tables, **options)(PEER, LOCAL)


def test_own_socket_is_admitted():
    assert Scene([V4]).admits([1000])


def test_own_socket_is_admitted_from_the_second_table():
    assert Scene([HEADER, V6_MAPPED]).admits([1000])


def test_roots_socket_is_admitted():
    assert Scene([HEADER + row("0100007F:D431", "0100007F:1F90", uid=0)]).admits([1000])


def test_another_users_socket_is_refused():
    assert not Scene([V4]).admits([1001])


def test_a_closed_socket_is_refused_although_the_kernel_lists_it_as_roots():
    scene = Scene([HEADER + row("0100007F:D431", "0100007F:1F90", uid=0, inode=0)])
    assert not scene.admits([1000], foreign_network=True)


def test_a_missing_row_is_looked_for_again():
    scene = Scene([HEADER], [HEADER], [V4])
    assert scene.admits([1000])
    assert len(scene.slept) == 2


def test_a_peer_that_is_not_listed_is_refused():
    assert not Scene([HEADER]).admits([1000])


def test_a_peer_that_is_not_listed_is_admitted_where_peers_are_in_another_network():
    assert Scene([HEADER]).admits([1000], foreign_network=True)


def test_with_unreadable_tables_every_connection_is_refused():
    assert not Scene(PermissionError(13, "Permission denied")).admits([1000], foreign_network=True)


linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc/net/tcp is Linux's")

CLIENT = """
import os, socket, sys
if len(sys.argv) > 3:
    "".encode("idna")  # what connecting imports, while this user may still read it
    os.setgroups([])
    os.setgid(int(sys.argv[3]))
    os.setuid(int(sys.argv[3]))
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10)
sock.sendall(b"GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
print(sock.recv(100).split()[1].decode())
"""


@pytest.fixture
def guarded():
    runtime = Runtime(environ={}, home=Path("/nowhere"))
    servers = []

    def start(host="127.0.0.1"):
        server = LoopbackServer(
            lambda request: ServerResponse(200),
            runtime=runtime,
            host=host,
            admit=only_for([os.getuid()], runtime=runtime),
        )
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


def status_seen_by(address, port, *as_uid):
    command = [sys.executable, "-S", "-c", CLIENT, address, str(port), *map(str, as_uid)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()


@linux
@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_an_own_process_is_answered(guarded, address):
    assert status_seen_by(address, guarded().port) == "200"


@linux
def test_an_own_process_is_answered_over_ipv6(guarded):
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    assert status_seen_by("::1", guarded("::1").port) == "200"


@linux
@pytest.mark.skipif(sys.platform == "linux" and os.getuid() != 0, reason="only root can act as another user")
def test_another_users_process_is_refused(guarded):
    assert status_seen_by("127.0.0.1", guarded().port, 65534) == "403"


@linux
def test_a_client_that_left_at_once_is_not_admitted_as_root(guarded):
    server = guarded()
    sock = socket.create_connection(("127.0.0.1", server.port))
    near = sock.getsockname()
    sock.close()
    assert not only_for([], runtime=Runtime(environ={}, home=Path("/nowhere")))(near, ("127.0.0.1", server.port))
