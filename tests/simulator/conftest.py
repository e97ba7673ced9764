from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from raw_requests import Caller

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.embedded import EmbeddedEcs


class Clock:
    """A clock that moves only when told to, or when somebody sleeps by it."""

    def __init__(self) -> None:
        self.posix_s = 1_790_000_000.0
        self.monotonic_s = 5_000.0

    def advance(self, seconds: float) -> None:
        self.posix_s += seconds
        self.monotonic_s += seconds

    def now(self) -> float:
        return self.posix_s

    def monotonic(self) -> float:
        return self.monotonic_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runtime(clock: Clock) -> Runtime:
    return Runtime(
        environ={},
        home=Path("/nowhere"),
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.advance,
        random_bytes=secrets.token_bytes,
    )


@pytest.fixture
def ecs(runtime: Runtime) -> Iterator[EmbeddedEcs]:
    with EmbeddedEcs(runtime) as running:
        yield running


@pytest.fixture
def caller(ecs: EmbeddedEcs, clock: Clock) -> Caller:
    return Caller(ecs.port, ecs.identity.access_key_id, ecs.identity.access_key_secret, clock.now)
