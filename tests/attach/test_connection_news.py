"""What is told of the connection, by the messages and states that a test gives."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ecsvnc.attach.connection_news import ConnectionNews
from ecsvnc.attach.status import SHOWN_S, Status

BROKE = "The connection to the console broke. Connecting again …"


class Stage:
    """A connection that a test breaks and restores, with what is said of it."""

    def __init__(self):
        self.console = SimpleNamespace(is_open=True, connections=1, failure="", now=0.0)
        self.keyboard = SimpleNamespace(forget=lambda: False)
        self.messages = []
        self._status = Status()
        self._news = ConnectionNews(self.console, self.keyboard, self._status, self.messages)

    def break_it(self):
        self.console.is_open, self.console.failure = False, ""

    def restore(self):
        self.console.is_open, self.console.connections = True, self.console.connections + 1

    @property
    def said(self):
        self._news.follow()
        return self._status.text(self.console.now)


@pytest.fixture
def stage():
    return Stage()


def test_a_break_and_its_end_are_told(stage):
    assert stage.said == ""
    stage.break_it()
    assert stage.said == BROKE
    stage.restore()
    assert stage.said == "Connected again."
    stage.console.now += SHOWN_S
    assert stage.said == ""


def test_each_failure_to_connect_is_told_also_the_same_one_of_another_break(stage):
    for _ in range(2):
        stage.break_it()
        assert stage.said == BROKE
        for stage.console.failure in ("No answer.", "No way."):
            assert stage.said == stage.console.failure
        stage.restore()
        assert stage.said == "Connected again."


def test_keys_that_are_lost_are_told_until_it_is_connected_again(stage):
    stage.keyboard.forget = lambda: True
    stage.break_it()
    assert stage.said == f"{BROKE} Keys that waited to be sent are lost."
    stage.keyboard.forget = lambda: False
    stage.console.failure = "No answer."
    assert stage.said == "No answer. Keys that waited to be sent are lost."
    stage.restore()
    assert stage.said == "Connected again. Keys that waited to be sent are lost."


def test_a_break_that_is_over_before_it_was_noticed_is_told(stage):
    stage.break_it()
    stage.restore()
    assert stage.said == "Connected again."


def test_messages_that_come_while_it_is_broken_are_told_and_earlier_ones_stay_for_the_end(stage):
    stage.messages.append("Recorded to a.cast.")
    assert stage.said == ""
    stage.break_it()
    assert stage.said == BROKE
    stage.messages.append("30 consoles in a minute:\n  the next one waits")
    assert stage.said == "30 consoles in a minute: the next one waits"
    assert stage.messages == ["Recorded to a.cast."]
