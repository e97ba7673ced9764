from __future__ import annotations

from dataclasses import replace

import pytest

from ecsvnc.simulator.tickets import TicketRefusedError, Tickets, vnc_url
from ecsvnc.tickets.ticket import VncUrl


@pytest.fixture
def tickets(runtime):
    return Tickets(runtime)


def test_a_ticket_opens_its_instances_console_once(tickets):
    token = tickets.issue("i-1")
    other = tickets.issue("i-2")
    assert token != other
    assert tickets.redeem(other) == "i-2"
    assert tickets.redeem(token) == "i-1"
    with pytest.raises(TicketRefusedError, match="already used"):
        tickets.redeem(token)


@pytest.mark.parametrize("age_s", [0, 14.9, 15])
def test_a_ticket_is_valid_for_15_seconds(tickets, scene, age_s):
    token = tickets.issue("i-1")
    scene.sleep(age_s)
    assert tickets.redeem(token) == "i-1"


@pytest.mark.parametrize("age_s", [15.1, 16, 299])
def test_a_ticket_expires_after_15_seconds(tickets, scene, age_s):
    token = tickets.issue("i-1")
    scene.sleep(age_s)
    with pytest.raises(TicketRefusedError, match="expired"):
        tickets.redeem(token)


@pytest.mark.parametrize("token", ["", "A" * 64, "ä", "\x00"])
def test_an_unknown_ticket_is_refused(tickets, token):
    tickets.issue("i-1")
    with pytest.raises(TicketRefusedError, match="unknown"):
        tickets.redeem(token)


def test_a_refusal_does_not_hold_the_ticket(tickets):
    token = tickets.issue("i-1")
    tickets.redeem(token)
    with pytest.raises(TicketRefusedError) as refused:
        tickets.redeem(token)
    assert token not in str(refused.value)


def test_old_tickets_are_forgotten(tickets, scene):
    """Else a service that runs for weeks would grow."""
    tokens = [tickets.issue("i-1") for _ in range(3)]
    scene.sleep(301)
    tickets.issue("i-1")
    for token in tokens:
        with pytest.raises(TicketRefusedError, match="unknown"):
            tickets.redeem(token)


def test_last_dead_at_is_when_the_last_ticket_expires_or_was_used(tickets, scene):
    assert tickets.last_dead_at_s is None
    token = tickets.issue("i-1")
    assert tickets.last_dead_at_s == scene.at_s + 15
    scene.sleep(3)
    tickets.redeem(token)
    assert tickets.last_dead_at_s == scene.at_s


def test_a_token_with_slashes_and_plus_signs_is_unchanged_by_the_api(runtime):
    """Both mean something in a query, where `+` is a space: hence the token's own encoding inside the URL's."""
    tickets = Tickets(replace(runtime, random_bytes=lambda count: b"\xfb\xff\xbe" * (count // 3)))
    token = tickets.issue("i-1")
    assert {"+", "/"} <= set(token)
    value = vnc_url("http://127.0.0.1:8080", token)
    assert value.startswith("ws%3A%2F%2F127.0.0.1%3A8080%2Fwebsockify%2F%3Fs%3D")
    assert "%252F" in value
    assert "%252B" in value
    assert VncUrl.parse(value).encoded == value
