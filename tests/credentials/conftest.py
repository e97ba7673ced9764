from __future__ import annotations

from pathlib import Path

import pytest
from credential_world import Service, World
from support.ecs.extended import ExtendedEcs

from ecsvnc.runtime import Runtime


@pytest.fixture(scope="session")
def service():
    runtime = Runtime(environ={}, home=Path("/nonexistent"))
    ecs = ExtendedEcs(runtime)
    with ecs:
        yield Service(ecs, runtime.random_bytes)


@pytest.fixture
def world(tmp_path, service):
    return World(tmp_path / "home", service)
