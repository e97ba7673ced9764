from pathlib import Path

import pytest

from ecsvnc.errors import ConnectError, InstanceNotFoundError, InstanceNotReadyError, StateError, ThrottledError
from ecsvnc.runtime import Runtime
from ecsvnc.tickets.waiting import wait_for


def raising(error):
    def take(left_s):
        raise error

    return take


class Clock:
    def __init__(self):
        self.s, self.pauses, self.said = 0.0, [], []

    def runtime(self):
        return Runtime({}, Path("/nowhere"), monotonic=lambda: self.s, sleep=self.sleep, reporter=self)

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.s += seconds

    def warn(self, text):
        self.said.append(text)

    notice = info = debug = warn


def test_what_is_there_at_once_is_not_waited_for():
    clock = Clock()

    assert wait_for(lambda left: left, timeout_s=300, runtime=clock.runtime()) == 300
    assert clock.pauses == []


def test_it_rides_out_every_state_with_growing_pauses_and_says_each_once():
    clock = Clock()
    states = [StateError("It is Stopped.")] * 3 + [InstanceNotReadyError("Not ready.")] * 9

    def take(left_s):
        if states:
            raise states.pop(0)
        return "console"

    assert wait_for(take, timeout_s=300, runtime=clock.runtime()) == "console"
    assert clock.pauses == sorted(clock.pauses)
    assert clock.pauses[0] == 1.0
    assert clock.pauses[-1] == 10.0
    assert [text.split(" Waiting up to ")[0] for text in clock.said] == ["It is Stopped.", "Not ready."]


def test_a_state_that_is_known_is_reported_with_the_name():
    clock = Clock()
    stopped = StateError("Instance db-1 is Stopped; a console needs it running.")
    stopped.state = "db-1 (i-0) is stopped"
    outcomes = [stopped]

    def take(left_s):
        if outcomes:
            raise outcomes.pop()
        return "console"

    wait_for(take, timeout_s=300, runtime=clock.runtime())
    assert clock.said == ["db-1 (i-0) is stopped; waiting up to 5 minutes for it to run."]


def test_when_the_time_is_up_the_last_state_is_the_error():
    clock = Clock()

    def take(left_s):
        raise StateError("It is Stopped.", hint="Start it.", request_id="R-1", code="IncorrectInstanceStatus")

    with pytest.raises(StateError, match=r"Waited 30 seconds\. It is Stopped\.") as caught:
        wait_for(take, timeout_s=30, runtime=clock.runtime())
    assert clock.s == pytest.approx(30)
    assert caught.value.request_id == "R-1"
    assert "--wait-timeout" in caught.value.hint


def test_what_no_waiting_changes_is_raised_at_once():
    clock = Clock()

    def take(left_s):
        raise StateError("Windows has none.", code="NotSupported")

    with pytest.raises(StateError, match=r"^Windows has none\."):
        wait_for(take, timeout_s=30, runtime=clock.runtime())
    assert clock.pauses == []


def test_anything_but_a_state_is_raised_at_once():
    clock = Clock()

    def take(left_s):
        raise InstanceNotFoundError("gone")

    with pytest.raises(InstanceNotFoundError):
        wait_for(take, timeout_s=30, runtime=clock.runtime())
    assert clock.s == 0


@pytest.mark.parametrize("failure", [ConnectError("It broke off."), ThrottledError("Too many requests.")])
def test_what_fails_after_a_state_was_seen_is_ridden_out_too(failure):
    clock = Clock()
    outcomes = [StateError("It is Stopped."), failure, failure]

    def take(left_s):
        if outcomes:
            raise outcomes.pop(0)
        return "console"

    assert wait_for(take, timeout_s=300, runtime=clock.runtime()) == "console"
    assert [text.split(" Waiting up to ")[0] for text in clock.said] == ["It is Stopped.", failure.what]


def test_a_failure_before_any_state_was_seen_is_the_error():
    with pytest.raises(ConnectError):
        wait_for(raising(ConnectError("refused")), timeout_s=30, runtime=Clock().runtime())


def test_when_the_last_try_fails_for_another_reason_the_last_state_is_the_error():
    clock = Clock()

    def take(left_s):
        if clock.s < 20:
            raise StateError("It is Stopped.")
        clock.s += left_s
        raise ConnectError("no whole answer")

    with pytest.raises(StateError, match=r"Waited 30 seconds\. It is Stopped\."):
        wait_for(take, timeout_s=30, runtime=clock.runtime())


def test_every_attempt_has_a_least_time():
    clock, allowed = Clock(), []

    def take(left_s):
        allowed.append(left_s)
        raise StateError("It is Stopped.")

    with pytest.raises(StateError):
        wait_for(take, timeout_s=6, runtime=clock.runtime())
    assert min(allowed) == 5


def test_no_time_at_all_means_one_try():
    clock = Clock()
    tries = []

    def take(left_s):
        tries.append(left_s)
        raise StateError("It is Stopped.")

    with pytest.raises(StateError):
        wait_for(take, timeout_s=0, runtime=clock.runtime())
    assert len(tries) == 1
