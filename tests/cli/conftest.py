from __future__ import annotations

import pytest
from support.ecs.extended import ExtendedEcs
from support.in_process import InProcess
from support.known_instances import store_instances
from support.program import Program
from support.terminal import OnTerminal

from ecsvnc.runtime import Runtime


@pytest.fixture
def ecs():
    """An embedded ECS in this process, so that a test sees what it was asked and may change its fleet."""
    with ExtendedEcs(Runtime.of_this_process()) as ecs:
        yield ecs


@pytest.fixture
def program(ecs, tmp_path):
    """The installed command, pointed at `ecs`, with its instances in the cache; whatever it started is ended."""
    program = Program(ecs.exports(), tmp_path)
    store_instances(ecs, tmp_path / "cache")
    yield program
    program.end_all()


@pytest.fixture
def on_terminal(cli, keyring):
    """`on_terminal("config", "login")`: a run on a terminal, with a keyring."""

    def on_terminal(*arguments, **environ):
        return OnTerminal(*arguments, environ={**cli.environ, **keyring.environ, **environ})

    return on_terminal


@pytest.fixture
def in_process(ecs, tmp_path, capsys):
    """`in_process("whoami")`: a run of the command tree in this process, which knows the instances of `ecs`."""
    store_instances(ecs, tmp_path / ".cache" / "ecsvnc")
    return InProcess(tmp_path, capsys, ecs.exports())
