"""The proxy between real sockets: viewers on one side, the embedded ECS on the other."""

import contextlib
import resource
import socket
import threading
import time
from dataclasses import replace

import pytest
from support.no_threads import no_thread_allowed
from support.program import wait_until
from support.proxy_stage import PASSWORD
from support.rfb_viewer import RfbViewer, has_ipv6
from support.vnc_client import key, pointer, request, set_encodings, type_text

from ecsvnc.background import in_background
from ecsvnc.errors import ConnectError, RfbError, StateError, UsageError
from ecsvnc.rfb.vnc_auth import CHALLENGE_BYTES, response_to
from ecsvnc.simulator.consoles import CUT, IDLE, INSTANCE_STOPPED, TAKEN_OVER
from ecsvnc.tickets.ticket import VncUrl
from ecsvnc.viewer.pending_viewer import penalty_s
from ecsvnc.viewer.proxy_server import MOST_CONNECTIONS, one_time_password


def test_a_viewer_with_the_password_sees_the_instance_and_types_into_it(stage):
    with RfbViewer(stage.proxy().port, PASSWORD) as viewer:
        init = viewer.open()
        assert init.name == "web-1"
        viewer.sock.sendall(type_text("ls"))
        wait_until(lambda: stage.session.screen.input_events == 4)
        viewer.sock.sendall(request(0, 0, init.width, init.height, incremental=False))
        assert viewer.sock.recv(4)[:1] == b"\0", "an update of the screen"


def test_a_wrong_password_is_refused_with_a_reason_and_costs_nothing(stage):
    server = stage.proxy()
    for _ in range(2):
        with RfbViewer(server.port, "wrong") as viewer, pytest.raises(RfbError, match="The password is wrong"):
            viewer.open()
    assert (stage.tickets, stage.claims) == (0, 0)
    with RfbViewer(server.port, PASSWORD) as viewer:
        viewer.open()
    assert (stage.tickets, stage.claims) == (1, 1)


def test_three_wrong_passwords_in_a_row_delay_the_next_verdict():
    assert [penalty_s(wrong) for wrong in range(9)] == [0, 0, 0, 1, 2, 4, 8, 8, 8]


@pytest.fixture
def slept(stage):
    """The sleeps of the proxy, in seconds; they take no time."""
    slept = []
    stage.runtime = replace(stage.runtime, sleep=slept.append)
    return slept


def test_the_verdict_after_three_wrong_passwords_waits_and_a_right_one_resets_that(stage, slept):
    server = stage.proxy()
    for _ in range(3):
        with RfbViewer(server.port, "wrong") as viewer, pytest.raises(RfbError):
            viewer.open()
    assert sum(slept) == 0
    for waited_s in (1, 1):
        with RfbViewer(server.port, PASSWORD) as viewer:
            viewer.open()
        assert sum(slept) == waited_s
        wait_until(lambda: not server.is_occupied)


def test_passwords_guessed_in_parallel_get_their_verdicts_one_after_another(stage):
    """So that 20 guesses take as long as in a row, and not as long as one."""
    sleeping, most_at_a_time, slept = 0, 0, []

    def sleep(seconds):
        nonlocal sleeping, most_at_a_time
        sleeping += 1
        most_at_a_time = max(most_at_a_time, sleeping)
        time.sleep(0.01)
        slept.append(seconds)
        sleeping -= 1

    stage.runtime = replace(stage.runtime, sleep=sleep)
    server = stage.proxy()
    with contextlib.ExitStack() as guessers:
        guesses = [guessers.enter_context(RfbViewer(server.port, "wrong")) for _ in range(20)]
        outcomes = [guess.exception(20) for guess in [in_background(each.open) for each in guesses]]
    assert all(isinstance(outcome, RfbError) for outcome in outcomes)
    assert slept == [penalty_s(wrong) for wrong in range(20)]
    assert most_at_a_time == 1


def test_a_viewer_that_leaves_before_its_verdict_delays_no_other(stage):
    is_asleep, go_on = threading.Event(), threading.Event()
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        is_asleep.set()
        assert go_on.wait(10)

    stage.runtime = replace(stage.runtime, sleep=sleep)
    server = stage.proxy()
    with RfbViewer(server.port, PASSWORD) as first:
        console = in_background(first.open)
        assert is_asleep.wait(10)
        for _ in range(5):
            with RfbViewer(server.port) as guesser:
                for answer in (b"RFB 003.008\n", b"\x02", bytes(16)):
                    assert guesser.sock.recv(100)
                    guesser.sock.sendall(answer)
        go_on.set()
        assert console.result(10).name == "web-1"
        wait_until(lambda: server.viewers_connected == 1)
    assert slept == [0.0], "one verdict"


@pytest.mark.parametrize("sent", [b"", b"RFB 003.00", b"RFB 003.008\n", b"RFB 003.008\n\x02", b"RFB 003.008\n\x02abc"])
def test_no_ticket_is_taken_before_the_viewer_has_authenticated(stage, sent):
    server = stage.proxy()
    with RfbViewer(server.port) as viewer:
        viewer.sock.sendall(sent)
        with RfbViewer(server.port, PASSWORD) as other:
            other.open()
        assert stage.tickets == stage.claims == 1, "the other one's"


def test_without_authentication_the_version_is_enough(stage):
    with RfbViewer(stage.proxy(asks_password=False).port) as viewer:
        assert viewer.open().name == "web-1"


def test_it_stays_up_over_ten_viewers_each_with_a_fresh_ticket(stage):
    server = stage.proxy()
    for number in range(1, 11):
        with RfbViewer(server.port, PASSWORD) as viewer:
            viewer.open()
        wait_until(lambda: not server.is_occupied)
        assert stage.tickets == number
    assert server.consoles_shown == 10


def test_a_second_viewer_is_refused_with_a_reason(stage):
    server = stage.proxy()
    with RfbViewer(server.port, PASSWORD) as first:
        first.open()
        with RfbViewer(server.port, PASSWORD) as second, pytest.raises(RfbError, match="Another viewer is connected"):
            second.open()
        first.sock.sendall(key(0x61, down=True))
        wait_until(lambda: stage.session.screen.input_events == 1)
    assert stage.tickets == 1


def test_with_take_over_the_second_viewer_ends_the_first(stage):
    server = stage.proxy(takes_over=True)
    with RfbViewer(server.port, PASSWORD) as first, RfbViewer(server.port, PASSWORD) as second:
        first.open()
        assert second.open().name == "web-1"
        first.read_to_end()
        second.sock.sendall(key(0x61, down=True))
        wait_until(lambda: stage.session.screen.input_events == 1)


def test_a_viewer_with_a_wrong_password_does_not_take_over(stage):
    server = stage.proxy(takes_over=True)
    with RfbViewer(server.port, PASSWORD) as first:
        first.open()
        with RfbViewer(server.port, "wrong") as second, pytest.raises(RfbError):
            second.open()
        first.sock.sendall(key(0x61, down=True))
        wait_until(lambda: stage.session.screen.input_events == 1)


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (IDLE, "idle for too long"),
        (TAKEN_OVER, "another session took it over"),
        (INSTANCE_STOPPED, "the instance was stopped"),
        (CUT, "was lost"),
    ],
)
def test_when_ecs_ends_the_console_the_reason_is_reported_and_the_next_viewer_gets_a_fresh_one(stage, ending, words):
    server = stage.proxy()
    with RfbViewer(server.port, PASSWORD) as viewer:
        viewer.open()
        stage.ecs.consoles.end(stage.instance.id, ending)
        viewer.read_to_end()
    wait_until(lambda: not server.is_occupied)
    assert [words in text for text in stage.reporter.warnings] == [True]
    with RfbViewer(server.port, PASSWORD) as viewer:
        assert viewer.open().name == "web-1"


def test_the_viewer_is_shown_why_there_is_no_console(stage):
    server = stage.proxy()
    stage.failure = StateError("Instance web-1 is Stopped.", hint="Start it.")
    with RfbViewer(server.port, PASSWORD) as viewer, pytest.raises(RfbError, match=r"web-1 is Stopped\. Start it\."):
        viewer.open()
    wait_until(lambda: server.failure is stage.failure)
    assert stage.reporter.warnings == ["No console for the viewer: Instance web-1 is Stopped. Start it."]
    assert server.consoles_shown == 0
    stage.failure = None
    with RfbViewer(server.port, PASSWORD) as viewer:
        viewer.open()


def test_a_used_ticket_is_reported_as_used(stage):
    used = stage.take_ticket()
    server = stage.proxy(take_ticket=lambda: used)
    with RfbViewer(server.port, PASSWORD) as viewer:
        viewer.open()
    wait_until(lambda: not server.is_occupied)
    with RfbViewer(server.port, PASSWORD) as viewer, pytest.raises(RfbError, match="expired, or was used before"):
        viewer.open()
    assert used.vnc_url.value not in repr(stage.reporter.warnings)
    assert used.vnc_url.value.rpartition("=")[2] not in repr(stage.reporter.warnings + stage.reporter.details)


def test_the_instance_s_vnc_password_is_answered(stage):
    stage.ecs.fleet.remove(stage.instance.id)
    stage.ecs.fleet.add(replace(stage.instance, vnc_password="Ecs123"))
    server = stage.proxy()
    stage.vnc_password = "Ecs123"
    with RfbViewer(server.port, PASSWORD) as viewer:
        assert viewer.open().name == "web-1"
    for answer, words in (("Ecs124", "rejected the VNC password"), (None, "none is stored")):
        wait_until(lambda: not server.is_occupied)
        stage.vnc_password = answer
        with RfbViewer(server.port, PASSWORD) as viewer, pytest.raises(RfbError, match=words):
            viewer.open()


def test_raw_relays_the_console_s_own_handshake(stage):
    with RfbViewer(stage.proxy(is_raw=True).port) as viewer:
        assert viewer.open().name == "web-1"


def test_a_viewer_that_leaves_inside_a_message_leaves_the_proxy_up(stage):
    server = stage.proxy()
    with RfbViewer(server.port, PASSWORD) as viewer:
        viewer.open()
        viewer.sock.sendall(key(0x61, down=True)[:3])
    wait_until(lambda: not server.is_occupied)
    assert stage.reporter.warnings == ["The viewer disconnected in the middle of a message."]
    with RfbViewer(server.port, PASSWORD) as viewer:
        viewer.open()


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"RFB 003.008\n\x09", b"\0" * 9000]
)
def test_garbage_from_a_viewer_is_reported_on_one_line(stage, garbage):
    server = stage.proxy()
    with RfbViewer(server.port) as viewer:
        viewer.sock.sendall(garbage)
        with contextlib.suppress(ConnectionError):
            viewer.read_to_end()
    wait_until(lambda: stage.reporter.warnings)
    assert len(stage.reporter.warnings) == 1
    assert stage.reporter.warnings[0].startswith("A connection was closed: ")
    assert "\n" not in stage.reporter.warnings[0]
    with RfbViewer(server.port, PASSWORD) as viewer:
        viewer.open()


def test_a_viewer_whose_console_gets_no_thread_is_told_and_the_next_one_is_served(stage):
    server = stage.proxy()
    with RfbViewer(server.port, PASSWORD) as viewer:
        viewer.sock.recv(12)
        viewer.sock.sendall(b"RFB 003.008\n")
        viewer.sock.recv(2)
        with no_thread_allowed():
            viewer.sock.sendall(b"\x02")
            viewer.sock.sendall(response_to(viewer.sock.recv(CHALLENGE_BYTES), PASSWORD))
            assert b"does not allow another thread" in viewer.read_to_end()
    with RfbViewer(server.port, PASSWORD) as viewer:
        viewer.open()
    (warning,) = stage.reporter.warnings
    assert warning.startswith("No console for the viewer: The system does not allow another thread. Raise the limits")


def test_a_viewer_is_served_beside_hundreds_of_silent_connections(stage):
    server = stage.proxy()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    threads = threading.active_count()
    try:
        with contextlib.ExitStack() as silent:
            for _ in range(300):
                silent.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            with RfbViewer(server.port, PASSWORD) as viewer:
                assert viewer.open().name == "web-1"
            assert threading.active_count() <= threads + MOST_CONNECTIONS + 4
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert stage.tickets == 1
    assert len(stage.reporter.warnings) == 1
    assert "idle longest was closed" in stage.reporter.warnings[0]


def test_a_viewer_whose_password_is_being_typed_stays_beside_silent_connections(stage):
    server = stage.proxy()
    with RfbViewer(server.port, PASSWORD) as viewer, contextlib.ExitStack() as silent:
        assert viewer.sock.recv(12) == b"RFB 003.008\n"
        viewer.sock.sendall(b"RFB 003.008\n")
        assert viewer.sock.recv(2) == b"\x01\x02"
        for _ in range(2 * MOST_CONNECTIONS):
            silent.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
        wait_until(lambda: server.viewers_seen == 2 * MOST_CONNECTIONS + 1)
        viewer.sock.sendall(b"\x02")
        challenge = viewer.sock.recv(CHALLENGE_BYTES)
        viewer.sock.sendall(response_to(challenge, PASSWORD) + b"\x01")
        assert viewer.sock.recv(4) == bytes(4)


@pytest.mark.parametrize(
    ("begin", "after_s", "then"),
    [(b"", 9.9, b"RFB "), (b"RFB 003.008\n", 179.9, b"\x02"), (b"RFB 003.008\n\x02", 179.9, b"half")],
)
def test_a_viewer_that_is_too_slow_with_its_version_or_password_is_closed(stage, begin, after_s, then):
    offset_s = 0.0
    stage.runtime = replace(stage.runtime, monotonic=lambda: time.monotonic() + offset_s)
    server = stage.proxy()
    with RfbViewer(server.port) as viewer:
        expected = 12 + 2 * begin.startswith(b"RFB") + CHALLENGE_BYTES * begin.endswith(b"\x02")
        viewer.sock.sendall(begin)
        while expected > 0:
            expected -= len(viewer.sock.recv(expected))
        offset_s = after_s
        viewer.sock.sendall(then)
        viewer.read_to_end()
    wait_until(lambda: "Closed an idle connection." in stage.reporter.details)
    assert server.viewers_with_password == 0
    assert stage.reporter.warnings == []


def test_an_idle_viewer_outlives_the_idle_limit_with_keepalives(stage_with):
    stage = stage_with(idle_limit_s=2.0)
    with RfbViewer(stage.proxy(keepalive_s=0.2, max_idle_s=3600).port, PASSWORD) as viewer:
        viewer.open()
        viewer.sock.sendall(set_encodings(0))
        viewer.sock.settimeout(4.2)  # two idle limits
        with pytest.raises(TimeoutError):
            viewer.sock.recv(1)
        viewer.sock.sendall(pointer(1, 1, 0))
        wait_until(lambda: stage.session.screen.input_events == 1)


def test_an_idle_viewer_is_disconnected_without_keepalives_and_that_is_reported(stage_with):
    stage = stage_with(idle_limit_s=0.5)
    with RfbViewer(stage.proxy(keepalive_s=0, max_idle_s=3600).port, PASSWORD) as viewer:
        viewer.open()
        viewer.read_to_end()
    wait_until(lambda: stage.reporter.warnings)
    assert "idle for too long" in stage.reporter.warnings[0]


def test_keepalives_end_after_max_idle_and_then_ecs_closes(stage_with):
    stage = stage_with(idle_limit_s=2.0)
    with RfbViewer(stage.proxy(keepalive_s=0.2, max_idle_s=0.6).port, PASSWORD) as viewer:
        viewer.open()
        viewer.sock.sendall(set_encodings(0))
        viewer.read_to_end()
    wait_until(lambda: any("idle for too long" in text for text in stage.reporter.warnings))


def test_stopping_closes_the_port_and_the_viewer_s_connection(stage):
    server = stage.proxy()
    with RfbViewer(server.port, PASSWORD) as viewer, RfbViewer(server.port) as pending:
        viewer.open()
        server.stop()
        viewer.read_to_end()
        pending.read_to_end()
    with pytest.raises(ConnectionRefusedError):
        RfbViewer(server.port)


def test_a_port_that_is_taken_is_a_usage_error(stage):
    server = stage.proxy()
    with pytest.raises(UsageError, match=f"port {server.port}") as caught:
        stage.new_proxy(port=server.port)
    assert "--bind" not in caught.value.hint, "`ecsvnc open` has no such option"
    with pytest.raises(UsageError, match=r"host\.invalid") as caught:
        stage.new_proxy(host="host.invalid")
    assert "--bind" in caught.value.hint


HERE = {"127.0.0.1": "127.0.0.1", "localhost": "localhost", "0.0.0.0": "127.0.0.1", "*": "127.0.0.1"}


@pytest.mark.parametrize(("host", "here"), [*HERE.items(), *([("::1", "::1"), ("::", "::1")] if has_ipv6() else [])])
def test_it_knows_where_viewers_of_this_machine_reach_it(stage, host, here):
    server = stage.proxy(asks_password=False, host=host)
    assert server.host_here == here
    with RfbViewer(server.port, host=here) as viewer:
        assert viewer.open().name == "web-1"


@pytest.mark.parametrize(
    ("options", "words"),
    [({}, "protected only by VNC authentication"), ({"is_raw": True}, "not protected by a password")],
)
def test_a_proxy_off_loopback_warns(stage, options, words):
    stage.proxy(host="0.0.0.0", **options)
    assert len(stage.reporter.warnings) == 1
    assert words in stage.reporter.warnings[0]


@pytest.mark.parametrize("options", [{"is_raw": True}, {"asks_password": False}])
def test_a_proxy_that_every_local_user_can_connect_to_warns(stage, options):
    stage.runtime = replace(stage.runtime, platform="darwin")
    stage.proxy()
    assert stage.reporter.warnings == []
    stage.proxy(**options)
    assert ["Every user of this machine can connect" in text for text in stage.reporter.warnings] == [True]


def test_a_bug_ends_one_connection_and_is_reported_without_its_text(stage):
    def take_ticket():
        raise ZeroDivisionError("the ticket is wss://secret")

    server = stage.proxy(take_ticket=take_ticket)
    with RfbViewer(server.port, PASSWORD) as viewer, pytest.raises(ConnectionError):
        viewer.open()
    wait_until(lambda: stage.reporter.warnings)
    assert "ZeroDivisionError" in stage.reporter.warnings[0]
    assert "secret" not in stage.reporter.warnings[0]
    wait_until(lambda: not server.is_occupied)


def test_a_console_that_cannot_be_reached_is_reported(stage):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    nowhere = replace(stage.take_ticket(), vnc_url=VncUrl.parse(f"ws://127.0.0.1:{port}/"))
    server = stage.proxy(take_ticket=lambda: nowhere)
    with RfbViewer(server.port, PASSWORD) as viewer, pytest.raises(RfbError, match="refused the connection"):
        viewer.open()
    wait_until(lambda: isinstance(server.failure, ConnectError))


def test_one_time_passwords_are_eight_plain_letters_and_differ(stage):
    passwords = {one_time_password(stage.runtime) for _ in range(100)}
    assert len(passwords) == 100
    assert all(len(password) == 8 and password.isalnum() for password in passwords)
    assert not set("".join(passwords)) & set("lIO01o")
