"""When a broken console is connected again: by the decisions alone, with a made-up clock."""

import pytest

from ecsvnc.console.endings import NO_CLOSE_FRAME, TAKEN_OVER
from ecsvnc.console.reconnects import MOST_SHORT, SHORT_S, Reconnects
from ecsvnc.errors import (
    ConnectError,
    ConsoleError,
    InstanceNotReadyError,
    NotFoundError,
    PermissionDeniedError,
    RfbError,
    ServiceError,
    StateError,
    TlsError,
)


def test_a_console_that_is_cut_every_five_seconds_is_connected_again_at_once_without_end():
    reconnects = Reconnects(within_s=120)
    for number in range(1000):
        assert reconnects.lost(NO_CLOSE_FRAME, "cut.", lasted_s=4.9, now=number * 5) == 0


def test_a_session_that_lost_the_console_to_another_does_not_reconnect():
    with pytest.raises(ConsoleError, match="took over") as caught:
        Reconnects(120).lost(TAKEN_OVER, "Another session took over.", lasted_s=600, now=600)
    assert "Only one session" in caught.value.hint


def test_connections_that_end_within_seconds_are_given_up_and_a_long_one_in_between_counts_again():
    reconnects = Reconnects(120)
    for lasted_s in [1.0] * (MOST_SHORT - 1) + [SHORT_S] + [1.0] * (MOST_SHORT - 1):
        assert reconnects.lost(1000, "Ended.", lasted_s=lasted_s, now=0) == (1 if lasted_s < SHORT_S else 0)
    with pytest.raises(ConsoleError, match=f"{MOST_SHORT} times in a row") as caught:
        reconnects.lost(1000, "Ended.", lasted_s=1.0, now=0)
    assert "Another session may" in caught.value.hint


@pytest.mark.parametrize("connecting_s", [0.1, 0.5, 2.0])
def test_two_sessions_that_take_the_console_from_each_other_end(connecting_s):
    sessions, opened_at_s, now = [Reconnects(120), Reconnects(120)], [0.0, 0.0], 0.0
    for number in range(50):
        mine = number % 2
        try:
            now += sessions[mine].lost(1005, "Ended.", lasted_s=now - opened_at_s[mine], now=now) + connecting_s
        except ConsoleError:
            break
        opened_at_s[mine] = now
    else:
        pytest.fail("they never gave up")
    assert now < 60


@pytest.mark.parametrize(
    "error",
    [ConnectError, ServiceError, StateError, InstanceNotReadyError, ConsoleError],
    ids=lambda kind: kind.__name__,
)
def test_what_may_pass_is_tried_again_with_growing_pauses_until_the_time_is_over(error):
    reconnects, now, pauses = Reconnects(within_s=60), 100.0, []
    reconnects.lost(NO_CLOSE_FRAME, "cut.", lasted_s=10, now=now)
    with pytest.raises(error, match="in the end"):
        while True:
            pauses.append(reconnects.failed(error("no, in the end"), now=now))
            now += pauses[-1]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (1.0, 5.0)
    assert 160 <= now < 166


@pytest.mark.parametrize("error", [RfbError, TlsError, NotFoundError, PermissionDeniedError])
def test_what_does_not_pass_is_reported_at_once(error):
    reconnects = Reconnects(60)
    reconnects.lost(NO_CLOSE_FRAME, "cut.", lasted_s=10, now=0)
    with pytest.raises(error):
        reconnects.failed(error("no"), now=0.1)
