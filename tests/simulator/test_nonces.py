from __future__ import annotations

import pytest

from ecsvnc.simulator.nonces import Nonces
from ecsvnc.simulator.refusals import ApiError


def test_a_nonce_is_accepted_once_for_each_key():
    nonces = Nonces(window_s=900)
    assert nonces.use("a", "x", now=0)
    assert nonces.use("b", "x", now=0)
    assert nonces.use("a", "y", now=0)
    assert not nonces.use("a", "x", now=0)


def test_a_nonce_is_remembered_for_twice_the_window():
    """A request dated one window ahead is good until one window after that date."""
    nonces = Nonces(window_s=900)
    assert nonces.use("a", "x", now=0)
    assert not nonces.use("a", "x", now=1800)
    assert nonces.use("a", "x", now=1801)


def test_key_and_nonce_are_not_confused():
    nonces = Nonces(window_s=900)
    assert nonces.use("a", "bc", now=0)
    assert nonces.use("ab", "c", now=0)


def test_a_full_memory_of_nonces_refuses_rather_than_forgets():
    nonces = Nonces(window_s=900, maximum=2)
    assert nonces.use("a", "x", now=0)
    assert nonces.use("a", "y", now=0)
    with pytest.raises(ApiError, match="Throttling"):
        nonces.use("a", "z", now=0)
    assert not nonces.use("a", "x", now=0)
    assert nonces.use("a", "z", now=1801)
