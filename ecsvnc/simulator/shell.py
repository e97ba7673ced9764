"""The shell of the simulated Linux machine: a few commands about the machine itself."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from ecsvnc.keyboard.layout_names import LAYOUT_NAMES

README = """\
This machine is simulated.

`ecsvnc demo` simulates its screen, keyboard and clock, the API that issued
your ticket, and the page that shows this console. The protocols are the
real ones: a signed request, a ticket that works once within 15 seconds, and
RFB (VNC) over a WebSocket.

With an account of your own: `ecsvnc config login`, then `ecsvnc open NAME`.
"""

_FILES = {"readme.txt": README}


class Then(Enum):
    """What the console does after a command's output."""

    PROMPT = auto()
    CLEAR = auto()
    LOG_OUT = auto()
    REBOOT = auto()


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that commands print. Times are POSIX seconds."""

    host: str
    instance_id: str
    user: str
    now: float
    started_at: float
    logged_in_at: float


@dataclass(frozen=True, slots=True)
class Output:
    """A command's output, ending in a line end unless empty, and what follows it."""

    text: str = ""
    then: Then = Then.PROMPT
    layout: str | None = None
    """The keyboard layout that it sets, if any."""


def run(line: str, facts: Facts) -> Output:
    """Run one line as typed."""
    try:
        words = shlex.split(line)
    except ValueError:
        return Output("sh: a quote is not closed\n")
    if not words:
        return Output()
    name, *arguments = words
    command = _COMMANDS.get(name)
    if command is None:
        return Output(f"{name}: command not found. `help` lists the commands.\n")
    return command(arguments, facts)


def clock(posix_s: float) -> str:
    """A time as `date` writes it, in UTC."""
    return datetime.fromtimestamp(posix_s, UTC).strftime("%a %b %e %H:%M:%S UTC %Y")


def duration(seconds: float) -> str:
    """A length of time as `uptime` writes it."""
    minutes = int(seconds) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, rest = divmod(rest, 60)
    in_days = f"{days} day{'s' if days > 1 else ''}, " if days else ""
    return in_days + (f"{hours}:{rest:02}" if hours else f"{rest} min")


def _help(arguments: list[str], facts: Facts) -> Output:
    return Output("".join(f"  {name:<10}{_SUMMARIES[name]}\n" for name in sorted(_COMMANDS)))


def _uptime(arguments: list[str], facts: Facts) -> Output:
    time = datetime.fromtimestamp(facts.now, UTC).strftime("%H:%M:%S")
    return Output(f" {time} up {duration(facts.now - facts.started_at)}, 1 user, load average: 0.00, 0.00, 0.00\n")


def _uname(arguments: list[str], facts: Facts) -> Output:
    return Output(f"Linux {facts.host} (simulated) ecsvnc-demo\n" if "-a" in arguments else "Linux\n")


def _who(arguments: list[str], facts: Facts) -> Output:
    since = datetime.fromtimestamp(facts.logged_in_at, UTC).strftime("%Y-%m-%d %H:%M")
    return Output(f"{facts.user:<9}tty1         {since}\n")


def _ls(arguments: list[str], facts: Facts) -> Output:
    return Output("".join(f"{name}\n" for name in _FILES))


def _cat(arguments: list[str], facts: Facts) -> Output:
    if not arguments:
        return Output("cat: name a file, for example readme.txt\n")
    return Output("".join(_FILES.get(name, f"cat: {name}: no such file\n") for name in arguments))


def _loadkeys(arguments: list[str], facts: Facts) -> Output:
    if len(arguments) != 1 or arguments[0] not in LAYOUT_NAMES:
        return Output(f"loadkeys: name a keyboard layout: {', '.join(LAYOUT_NAMES)}\n")
    return Output(layout=arguments[0])


_Command = Callable[[list[str], Facts], Output]

_TABLE: list[tuple[str, str, _Command]] = [
    ("cat", "show a file", _cat),
    ("clear", "clear the screen (also Ctrl+L)", lambda arguments, facts: Output(then=Then.CLEAR)),
    ("date", "the time, in UTC", lambda arguments, facts: Output(clock(facts.now) + "\n")),
    ("echo", "print the arguments", lambda arguments, facts: Output(" ".join(arguments) + "\n")),
    ("exit", "log out (also Ctrl+D)", lambda arguments, facts: Output(then=Then.LOG_OUT)),
    ("help", "this list", _help),
    ("hostname", "this instance's name", lambda arguments, facts: Output(facts.host + "\n")),
    ("id", "this instance's id", lambda arguments, facts: Output(facts.instance_id + "\n")),
    ("loadkeys", "set the keyboard layout", _loadkeys),
    ("ls", "the files here", _ls),
    ("reboot", "start again (also Ctrl+Alt+Delete)", lambda arguments, facts: Output(then=Then.REBOOT)),
    ("uname", "the system's name", _uname),
    ("uptime", "how long it has been up", _uptime),
    ("who", "who is logged in", _who),
    ("whoami", "your login name", lambda arguments, facts: Output(facts.user + "\n")),
]
_COMMANDS: dict[str, _Command] = {name: command for name, _, command in _TABLE}
_SUMMARIES: dict[str, str] = {name: summary for name, summary, _ in _TABLE}
