from __future__ import annotations

from contextlib import contextmanager

import pytest
from support.program import Program
from support.qemu.gateway import NAME, GuestEcs

from ecsvnc.runtime import Runtime


@pytest.fixture
def environ_of(tmp_path):
    """`environ_of(exports)`: the environment of a run of the command that is pointed at an embedded ECS."""

    def environ_of(exports):
        return Program(exports, tmp_path).environ

    return environ_of


@pytest.fixture
def attached(environ_of):
    """`with attached(guest, PyteTerminal, 80, 24) as terminal`: `ecsvnc attach` in a terminal, at a guest's console."""

    @contextmanager
    def attached(guest, kind, columns, rows, *options, **environ):
        with GuestEcs(Runtime.of_this_process(), guest) as ecs:
            environ = {**environ_of(ecs.exports()), **environ}
            with kind("attach", NAME, *options, environ=environ, columns=columns, rows=rows) as terminal:
                terminal.ecs = ecs
                yield terminal

    return attached
