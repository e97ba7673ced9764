import threading

import pytest

from ecsvnc.cli.several import for_each
from ecsvnc.cli.terminal import Terminal
from ecsvnc.errors import InstanceNotFoundError, StateError


def test_results_are_delivered_in_the_order_of_the_arguments_however_they_settle(capsys):
    second_is_done = threading.Event()
    delivered = []

    def fetch(item):
        if item == "first":
            assert second_is_done.wait(10)
        else:
            second_is_done.set()
        return item

    assert (
        for_each(["first", "second"], fetch, lambda _, value: delivered.append(value), terminal=Terminal({}), name=str)
        == 0
    )
    assert delivered == ["first", "second"]


def test_a_result_does_not_wait_for_those_after_it(capsys):
    first_is_delivered = threading.Event()

    def fetch(item):
        if item == "second":
            assert first_is_delivered.wait(10)
        return item

    def deliver(_, item):
        if item == "first":
            first_is_delivered.set()

    assert for_each(["first", "second"], fetch, deliver, terminal=Terminal({}), name=str) == 0


def test_failures_stop_nothing_are_reported_in_turn_and_the_first_gives_the_status(capsys):
    def fetch(item):
        if item == "gone":
            raise InstanceNotFoundError("It is gone.")
        if item == "stopped":
            raise StateError("It is stopped.")
        return item

    delivered = []

    status = for_each(
        ["web", "stopped", "gone", "win"],
        fetch,
        lambda _, value: delivered.append(value),
        terminal=Terminal({}),
        name=str,
    )

    assert delivered == ["web", "win"]
    assert capsys.readouterr().err == "Error: It is stopped.\nError: It is gone.\n"
    assert status == 6


def test_a_failed_delivery_is_a_failure_like_any_other(capsys):
    def deliver(_, item):
        if item == "web":
            raise StateError("It stopped meanwhile.")

    assert for_each(["web", "win"], str, deliver, terminal=Terminal({}), name=str) == 6
    assert "It stopped meanwhile." in capsys.readouterr().err


def test_what_a_delivery_leaves_is_waited_for_after_all_are_delivered(capsys):
    events = []

    def deliver(_, item):
        events.append(f"delivered {item}")

        def rest():
            events.append(f"waited for {item}")
            if item == "a":
                raise InstanceNotFoundError("a came too late.")

        return rest

    status = for_each(["a", "b"], str, deliver, terminal=Terminal({}), name=str)

    assert events == ["delivered a", "delivered b", "waited for a", "waited for b"]
    assert status == 5


def test_the_failure_of_a_single_item_is_raised(capsys):
    def fetch(item):
        raise StateError("It is stopped.")

    with pytest.raises(StateError):
        for_each(["web"], fetch, print, terminal=Terminal({}), name=str)
    assert capsys.readouterr() == ("", "")


def test_what_deliveries_leave_is_waited_for_when_all_are_delivered(capsys):
    happened = []

    def deliver(_, item):
        happened.append(f"deliver {item}")
        return lambda: happened.append(f"wait for {item}")

    assert for_each(["web", "win"], lambda item: item, deliver, terminal=Terminal({}), name=str) == 0
    assert happened == ["deliver web", "deliver win", "wait for web", "wait for win"]


def test_a_failure_while_waiting_gives_the_status_in_the_order_of_the_arguments(capsys):
    def fetch(item):
        if item == "gone":
            raise InstanceNotFoundError("It is gone.")
        return item

    def deliver(_, item):
        def rest():
            raise StateError("It stopped meanwhile.")

        return rest

    assert for_each(["web", "gone"], fetch, deliver, terminal=Terminal({}), name=str) == 6
    assert capsys.readouterr().err == "Error: It is gone.\nError: web: It stopped meanwhile.\n"


def test_of_one_item_the_wait_raises_its_failure_itself():
    def deliver(_, item):
        def rest():
            raise StateError("It stopped meanwhile.")

        return rest

    with pytest.raises(StateError):
        for_each(["web"], lambda item: item, deliver, terminal=Terminal({}), name=str)
