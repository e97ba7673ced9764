"""When a page counts as gone."""

import pytest

from ecsvnc.browser.presence import Presence, PresenceLimits

LIMITS = PresenceLimits(goodbye_s=10, silent_s=60, ping_s=15)


@pytest.fixture
def presence():
    return Presence(LIMITS)


def test_before_the_first_page_nothing_is_over(presence):
    assert not presence.is_over(1e9)


def test_a_page_that_loads_and_never_connects_is_gone_after_the_silence(presence):
    presence.heard(100)
    assert not presence.is_over(159)
    assert presence.is_over(160)


def test_a_page_that_said_goodbye_is_gone_after_ten_seconds(presence):
    presence.connected(100)
    presence.left(200, said_goodbye=True)
    assert not presence.is_over(209)
    assert presence.is_over(210)


def test_a_reload_is_no_goodbye(presence):
    presence.connected(100)
    presence.left(200, said_goodbye=True)
    presence.heard(201)
    presence.connected(202)
    assert not presence.is_over(261)
    presence.heard(250)
    assert not presence.is_over(309)


def test_a_page_that_was_cut_off_has_the_time_of_a_silence_to_come_back(presence):
    presence.connected(100)
    presence.left(200, said_goodbye=False)
    assert not presence.is_over(259)
    assert presence.is_over(260)


def test_the_goodbye_of_one_of_two_pages_ends_nothing(presence):
    presence.connected(100)
    presence.connected(101)
    presence.left(102, said_goodbye=True)
    assert not presence.is_over(160)
    presence.left(103, said_goodbye=True)
    assert presence.is_over(113)
