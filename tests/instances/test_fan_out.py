import threading

import pytest

from ecsvnc.errors import ServiceError
from ecsvnc.instances.fan_out import fan_out


def test_every_key_has_one_outcome_a_value_or_an_error_of_the_tree():
    def ask(number):
        if number % 2:
            raise ServiceError(f"odd {number}")
        return number * 10

    outcomes = {outcome.key: outcome for outcome in fan_out(ask, range(6))}

    assert {key: outcome.value for key, outcome in outcomes.items() if outcome.error is None} == {0: 0, 2: 20, 4: 40}
    assert sorted(outcome.error.what for outcome in outcomes.values() if outcome.error) == ["odd 1", "odd 3", "odd 5"]


def test_a_quick_answer_does_not_wait_for_a_slow_one():
    gate = threading.Event()

    def ask(name):
        if name == "slow":
            assert gate.wait(10)
        return name

    outcomes = fan_out(ask, ["slow", "quick"])

    assert next(outcomes).value == "quick"
    gate.set()
    assert next(outcomes).value == "slow"


def test_no_more_than_the_limit_are_asked_at_once():
    lock, running, most = threading.Lock(), [0], [0]
    barrier = threading.Barrier(3, timeout=30)

    def ask(number):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        barrier.wait()
        with lock:
            running[0] -= 1

    list(fan_out(ask, range(9), at_once=3))

    assert most[0] == 3


def test_once_the_consumer_stops_nothing_more_is_asked():
    asked, gate = [], threading.Event()

    def ask(number):
        asked.append(number)
        if number:
            gate.wait(10)
        return number

    outcomes = fan_out(ask, range(100), at_once=2)
    assert next(outcomes).key == 0
    outcomes.close()
    gate.set()

    for thread in threading.enumerate():
        if thread.name == "ecsvnc-region":
            thread.join(10)
    assert len(asked) <= 4


def test_a_bug_surfaces_in_the_consumer():
    def ask(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(fan_out(ask, [1]))


def test_no_keys_no_outcomes():
    assert list(fan_out(lambda key: key, [])) == []
