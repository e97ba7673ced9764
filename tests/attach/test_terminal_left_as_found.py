"""However `ecsvnc attach` ends, the terminal is as it was before, and nothing of it runs any more."""

from __future__ import annotations

import os
import re
import signal
import sys

import pytest
from support.cli import group_members
from support.ecs.extended import ExtendedEcs
from support.emulators import PyteTerminal
from support.program import COMMAND, wait_until

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.consoles import TAKEN_OVER

DETACH, SUSPEND = "\x1dd", "\x1dz"

KNOWS_KITTY = {b"\x1b[?u": b"\x1b[?0u"}
"""The question that a terminal answers if it has kitty's keyboard protocol."""

AS_FOUND = {"1049": "l", "7": "h", "2004": "l", "25": "h", "2026": "l", "kitty": 0, "sgr": "0"}
"""The other screen, wrapping, bracketed paste, the cursor, synchronised updates, kitty's flags, colours."""


def modes_after(written):
    """What the modes of a terminal are after this was written to it."""
    modes = dict(AS_FOUND)
    for mode, state, kitty, sgr in re.findall(r"\x1b\[(?:\?(\d+)([hl])|([<>])\d*u|([0-9;]*)m)", written.decode()):
        if mode:
            modes[mode] = state
        elif kitty:
            modes["kitty"] += 1 if kitty == ">" else -1
        else:
            modes["sgr"] = sgr
    return modes


class Found:
    """A terminal, as it was found."""

    def __init__(self, terminal):
        self._terminal = terminal
        self._settings = terminal.settings

    @property
    def is_again(self):
        """Whether it is so again, as far as stty and what was written tell."""
        return self._terminal.settings == self._settings and modes_after(self._terminal.written) == AS_FOUND


@pytest.fixture
def ecs():
    with ExtendedEcs(Runtime.of_this_process()) as ecs:
        yield ecs


@pytest.fixture
def on_terminal(ecs, environ_of):
    def on_terminal(*arguments, **options):
        environ = environ_of(ecs.exports())
        return PyteTerminal(*arguments, environ=environ, columns=80, rows=24, answers=KNOWS_KITTY, **options)

    return on_terminal


def end_by(*, number=None, typed=None):
    def end(terminal, ecs):
        if typed:
            terminal.type(typed)
        else:
            os.kill(terminal.process.pid, number)

    return end


def take_over(terminal, ecs):
    ecs.consoles.end(ecs.fleet.named("web-1").id, TAKEN_OVER)


def stop_and_terminate(terminal, ecs):
    for number in (signal.SIGSTOP, signal.SIGCONT):
        os.kill(terminal.process.pid, number)
    before = len(terminal.written)
    terminal.wait_until(lambda: b"\x1b[?1049h" in terminal.written[before:])
    os.kill(terminal.process.pid, signal.SIGTERM)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (end_by(typed=DETACH), 0),
        (end_by(number=signal.SIGTERM), 143),
        (end_by(number=signal.SIGHUP), 143),
        (end_by(number=signal.SIGINT), 130),
        (stop_and_terminate, 143),
        (take_over, 9),
    ],
    ids=["detach", "TERM", "HUP", "INT", "STOP, CONT, TERM", "given up"],
)
def test_after_its_end(on_terminal, ecs, end, status):
    with on_terminal("attach", "web-1") as terminal:
        found = Found(terminal)
        terminal.wait_for("login:")
        terminal.wait_until(lambda: modes_after(terminal.written)["kitty"] == 1)
        assert not found.is_again, "it has the terminal"
        end(terminal, ecs)
        assert terminal.status() == status
        assert found.is_again
        assert os.get_blocking(terminal.inner), "for whatever runs next on it"
        assert group_members(terminal.process.pid) == []


CRASH = """
import sys
from types import SimpleNamespace
from ecsvnc.attach.colours import Depth
from ecsvnc.attach.own_terminal import OwnTerminal
from ecsvnc.attach.session import AttachOptions, AttachSession
from ecsvnc.keyboard.layout import load_layout
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.runtime import Runtime
from pathlib import Path

class Console:
    framebuffer, version, is_open, now = Framebuffer(8, 8, 1, bytearray(range(64))), 0, True, 0.0
    connections, has_extended_keys, has_caps_lock, turns = 1, False, None, 0
    def wait(self, *_, **__):
        self.turns += 1
        if self.turns > 2:
            raise ZeroDivisionError
        return set()

runtime = Runtime({}, Path("/nowhere"))
options = AttachOptions(name="web-1", layout=load_layout("us"), depth=Depth.TRUE)
with OwnTerminal(runtime) as terminal:
    AttachSession(Console(), terminal, options, [], runtime).run()
"""


def test_after_a_bug(on_terminal):
    with on_terminal(command=(sys.executable, "-c", CRASH)) as terminal:
        found = Found(terminal)
        assert terminal.status() == 1
        assert found.is_again
        before, _, after = terminal.written.partition(b"\x1b[?1049l")
        assert b"\x1b[?1049h" in before
        assert b"ZeroDivisionError" in after, "a traceback stands on the screen that one sees"


LEAVE_AT_ONCE = """
from pathlib import Path
from ecsvnc.attach.own_terminal import OwnTerminal
from ecsvnc.runtime import Runtime

with OwnTerminal(Runtime({}, Path("/nowhere")), answer_within_s=60):
    pass
"""


def test_when_its_answer_comes_only_at_the_end_the_shell_is_not_typed_it(environ_of, ecs):
    late = {b"\x1b[?1049l": b"\x1b[?0u"}
    command = (sys.executable, "-c", LEAVE_AT_ONCE)
    environ = environ_of(ecs.exports())
    with PyteTerminal(command=command, environ=environ, columns=80, rows=24, answers=late) as terminal:
        assert terminal.status() == 0
        assert b"?0u" not in terminal.written


def test_while_it_is_suspended_and_after(on_terminal):
    with on_terminal(command=("dash", "-i")) as terminal:
        terminal.wait_for("#")
        found = Found(terminal)
        for suspend in (SUSPEND, None):
            terminal.type(f"{COMMAND} attach web-1\r" if suspend else "fg\r")
            terminal.wait_for("login:")
            if suspend:
                terminal.type(suspend)
            else:
                os.killpg(terminal.foreground_group, signal.SIGTSTP)
            terminal.wait_for("Stopped")
            terminal.wait_until(lambda: found.is_again)
            terminal.type("clear\r")
            terminal.wait_until(lambda: "Stopped" not in "\n".join(terminal.rows))
        terminal.type("fg\r")
        terminal.wait_for("login:")
        terminal.type("ro")
        terminal.wait_for("login: ro")
        terminal.type(DETACH)
        terminal.wait_for("Detached from web-1")
        terminal.wait_until(lambda: found.is_again)


def test_after_the_window_was_closed_nothing_runs(on_terminal, ecs):
    with on_terminal("attach", "web-1") as terminal:
        terminal.wait_for("login:")
        terminal.hang_up()
        assert terminal.process.wait(60) == 143
        wait_until(lambda: group_members(terminal.process.pid) == [])
        wait_until(lambda: ecs.consoles.machine(ecs.fleet.named("web-1").id).watchers == 0)


def test_after_kill_the_modes_stay_but_nothing_runs(on_terminal):
    with on_terminal("attach", "web-1") as terminal:
        found = Found(terminal)
        terminal.wait_for("login:")
        terminal.process.kill()
        terminal.status()
        assert not found.is_again, "no program can do anything about this: `reset` can, as the docs say"
        assert group_members(terminal.process.pid) == []
