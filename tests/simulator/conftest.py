from __future__ import annotations

import pytest
from raw_requests import Caller
from support.ecs.extended import ExtendedEcs


@pytest.fixture
def runtime(scene):
    """Its clock moves only when told to, or when somebody sleeps by it."""
    return scene.runtime


@pytest.fixture
def ecs(runtime):
    with ExtendedEcs(runtime) as running:
        yield running


@pytest.fixture
def caller(ecs, runtime):
    return Caller(ecs.port, ecs.identity.access_key_id, ecs.identity.access_key_secret, runtime.now)
