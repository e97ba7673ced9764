from pathlib import Path

import pytest

from ecsvnc.console.waiting import wait_for
from ecsvnc.errors import InstanceNotFoundError, InstanceNotReadyError, StateError
from ecsvnc.runtime import Runtime


class Clock:
    def __init__(self):
        self.s, self.pauses, self.said = 0.0, [], []

    def runtime(self):
        return Runtime({}, Path("/nowhere"), monotonic=lambda: self.s, sleep=self.sleep, talk=self)

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.s += seconds

    def warn(self, text):
        self.said.append(text)

    detail = debug = warn


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
    assert [text.split(". ", 1)[1] for text in clock.said] == ["It is Stopped.", "Not ready."]


def test_when_the_time_is_up_the_last_state_is_the_error():
    clock = Clock()

    def take(left_s):
        raise StateError("It is Stopped.", hint="Start it.", request_id="R-1", code="IncorrectInstanceStatus")

    with pytest.raises(StateError, match=r"Waited 30 s\. It is Stopped\.") as caught:
        wait_for(take, timeout_s=30, runtime=clock.runtime())
    assert clock.s == pytest.approx(30)
    assert caught.value.request_id == "R-1"
    assert "--wait-timeout" in caught.value.hint


def test_anything_but_a_state_is_raised_at_once():
    clock = Clock()

    def take(left_s):
        raise InstanceNotFoundError("gone")

    with pytest.raises(InstanceNotFoundError):
        wait_for(take, timeout_s=30, runtime=clock.runtime())
    assert clock.s == 0


def test_no_time_at_all_means_one_try():
    clock = Clock()
    tries = []

    def take(left_s):
        tries.append(left_s)
        raise StateError("It is Stopped.")

    with pytest.raises(StateError):
        wait_for(take, timeout_s=0, runtime=clock.runtime())
    assert len(tries) == 1
