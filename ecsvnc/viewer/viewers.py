"""The known VNC viewers, and which one to start. Pure: `launch_viewer` starts it.

A new viewer is one entry in VIEWERS. How it gets the password follows from the entry: `{password_file}` among its
arguments is a file in VNC's obscured form, `stdin` is written to it; otherwise the password is shown on the terminal. A
password is never an argument: every local user can see those.

This file is longer than others: most of it is the table.
"""

from __future__ import annotations

import ntpath
import posixpath
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ecsvnc.errors import LaunchError

LINUX, MACOS, WINDOWS = "linux", "darwin", "win32"
_EVERYWHERE = (LINUX, MACOS, WINDOWS)

_HOST_AND_PORT = "{host}::{port}"
"""A single colon would be followed by a display number: TigerVNC takes `127.0.0.1:5901` for port 11801."""

_DISPLAY_0_PORT = 5900


@dataclass(frozen=True, slots=True)
class Viewer:
    """One viewer.

    `name` is for --viewer-command and the setting. It is searched for as each of `programs` in PATH and at each of
    `places` (`%NAME%` is an environment variable). Since many viewers are installed as `vncviewer`, one of that name
    counts only if its file contains `marker`. `arguments` may contain `{host}`, `{port}`, `{display}` (the port minus
    5900) and `{password_file}`; `stdin` these and `{password}`. `detaches`: its process ends at once, and the viewer is
    another process.
    """

    name: str
    title: str
    platforms: tuple[str, ...]
    programs: tuple[str, ...]
    arguments: tuple[str, ...]
    places: tuple[str, ...] = ()
    marker: bytes = b""
    stdin: str = ""
    detaches: bool = False


_GENERIC = "vncviewer"

VIEWERS: tuple[Viewer, ...] = (
    Viewer(
        name="tigervnc",
        title="TigerVNC",
        platforms=_EVERYWHERE,
        programs=("xtigervncviewer", "vncviewer"),
        arguments=("-passwd", "{password_file}", _HOST_AND_PORT),
        places=(
            "/Applications/TigerVNC Viewer.app/Contents/MacOS/TigerVNC Viewer",
            "/Applications/TigerVNC.app/Contents/MacOS/TigerVNC",
            "%PROGRAMFILES%\\TigerVNC\\vncviewer.exe",
        ),
        marker=b"TigerVNC",
    ),
    Viewer(
        name="turbovnc",
        title="TurboVNC",
        platforms=_EVERYWHERE,
        programs=("vncviewer",),
        arguments=("-passwd", "{password_file}", _HOST_AND_PORT),
        places=("/opt/TurboVNC/bin/vncviewer", "%PROGRAMFILES%\\TurboVNC\\vncviewer.bat"),
        marker=b"TurboVNC",
    ),
    Viewer(
        name="realvnc",
        title="RealVNC Viewer",
        platforms=_EVERYWHERE,
        programs=("realvnc-viewer", "vncviewer"),
        arguments=(_HOST_AND_PORT,),
        places=(
            "/Applications/RealVNC Viewer.app/Contents/MacOS/vncviewer",
            "/Applications/VNC Viewer.app/Contents/MacOS/vncviewer",
            "%PROGRAMFILES%\\RealVNC\\VNC Viewer\\vncviewer.exe",
        ),
        marker=b"RealVNC",
    ),
    Viewer(
        name="tightvnc",
        title="TightVNC",
        platforms=(LINUX,),
        programs=("xtightvncviewer", "ssvncviewer", "vncviewer"),
        arguments=("-autopass", _HOST_AND_PORT),
        marker=b"TightVNC",
        stdin="{password}\n",
    ),
    Viewer(
        name="tightvnc",
        title="TightVNC",
        platforms=(WINDOWS,),
        programs=("tvnviewer",),
        arguments=(_HOST_AND_PORT,),
        places=("%PROGRAMFILES%\\TightVNC\\tvnviewer.exe",),
    ),
    Viewer(
        name="ultravnc",
        title="UltraVNC",
        platforms=(WINDOWS,),
        programs=(),
        arguments=("-connect", _HOST_AND_PORT),
        places=("%PROGRAMFILES%\\uvnc bvba\\UltraVNC\\vncviewer.exe", "%PROGRAMFILES%\\UltraVNC\\vncviewer.exe"),
    ),
    Viewer(
        name="remote-viewer",
        title="remote-viewer",
        platforms=_EVERYWHERE,
        programs=("remote-viewer",),
        arguments=("-",),  # a connection file on stdin (remote-viewer(1))
        stdin="[virt-viewer]\ntype=vnc\nhost={host}\nport={port}\npassword={password}\n",
    ),
    Viewer(
        name="remmina",
        title="Remmina",
        platforms=(LINUX,),
        programs=("remmina",),
        arguments=("-c", "vnc://{host}:{port}"),
        detaches=True,  # an instance that is running already opens the address
    ),
    Viewer(
        name="gnome-connections",
        title="GNOME Connections",
        platforms=(LINUX,),
        programs=("gnome-connections",),
        arguments=("vnc://{host}:{port}",),
        detaches=True,  # as above
    ),
    Viewer(
        name="gvncviewer",
        title="gvncviewer",
        platforms=(LINUX,),
        programs=("gvncviewer",),
        arguments=("{host}:{display}",),  # it takes a second colon for the display number 0
    ),
    Viewer(
        name="krdc",
        title="KRDC",
        platforms=(LINUX,),
        programs=("krdc",),
        arguments=("vnc://{host}:{port}",),
    ),
    Viewer(
        name="screen-sharing",
        title="Screen Sharing",
        platforms=(MACOS,),
        programs=("open",),
        arguments=("vnc://{host}:{port}",),
        detaches=True,
    ),
    Viewer(
        name=_GENERIC,
        title="VNC viewer",
        platforms=_EVERYWHERE,
        programs=(_GENERIC,),
        arguments=(_HOST_AND_PORT,),  # every viewer of that name accepts this form
    ),
)
"""In the order of preference: first the viewers that get the password without typing."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the choice of a viewer depends on.

    `find` returns the path of a program by its name in PATH or by its path, or None; `contains` tells whether a
    program's file contains some bytes.
    """

    platform: str
    environ: Mapping[str, str]
    find: Callable[[str], str | None]
    contains: Callable[[str, bytes], bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """A viewer that can be started: the program, and how it gets address and password."""

    title: str
    program: str
    arguments: tuple[str, ...]
    stdin: str = ""
    detaches: bool = False
    is_own: bool = False
    """Whether it is the user's own command: then it is not known whether it detaches."""

    @property
    def wants_password_file(self) -> bool:
        """Whether it takes the password from a file."""
        return any("{password_file}" in argument for argument in self.arguments)

    @property
    def wants_password_shown(self) -> bool:
        """Whether the user has to type the password."""
        return not self.wants_password_file and "{password}" not in self.stdin

    def command_line(self, *, host: str, port: int, password_file: str) -> list[str]:
        """The program and its arguments."""
        values = {**_address(host, port), "{password_file}": password_file}
        return [self.program, *(_filled(argument, values) for argument in self.arguments)]

    def input_text(self, *, host: str, port: int, password: str) -> str:
        """The text for its stdin; empty for none."""
        return _filled(self.stdin, {**_address(host, port), "{password}": password})


def choose(name_or_command: str | None, machine: Machine) -> Plan:
    """The viewer to start.

    `name_or_command` is the user's: a name of the table, a program, or a command with `{host}` and `{port}` (or
    `{display}`) in it; None takes the first of the table that is installed. Raises LaunchError if there is none, and
    ValueError for an invalid command, with a message that completes "the viewer's command …".
    """
    if name_or_command is None:
        return _first_installed(machine)
    program = machine.find(name_or_command)
    if program is not None:
        return _plan_for_program(program, machine)
    named = [
        viewer
        for viewer in VIEWERS
        if viewer.name == name_or_command.strip().lower() and machine.platform in viewer.platforms
    ]
    for viewer in named:
        program = _find(viewer, machine)
        if program is not None:
            return _plan(viewer, program)
    if named:
        raise LaunchError(f"{named[0].title} was not found.", hint=_hint())
    return _plan_for_command(name_or_command, machine)


def installed(machine: Machine) -> list[Plan]:
    """Every viewer of the table that is installed, in the order of preference, each program once."""
    plans: dict[str, Plan] = {}
    for viewer in VIEWERS:
        program = _find(viewer, machine) if machine.platform in viewer.platforms else None
        if program is not None:
            plans.setdefault(program, _plan(viewer, program))
    return list(plans.values())


def _first_installed(machine: Machine) -> Plan:
    plans = installed(machine)
    if plans:
        return plans[0]
    titles = dict.fromkeys(viewer.title for viewer in VIEWERS if machine.platform in viewer.platforms)
    raise LaunchError(f"No VNC viewer was found (looked for {', '.join(titles)}).", hint=_hint())


def _find(viewer: Viewer, machine: Machine) -> str | None:
    """Where the viewer is on this machine, or None."""
    for name in viewer.programs:
        program = machine.find(name)
        if program is not None and (not viewer.marker or name != _GENERIC or machine.contains(program, viewer.marker)):
            return program
    places = (_with_variables(place, machine.environ) for place in viewer.places)
    return next((program for place in places if place and (program := machine.find(place))), None)


def _with_variables(place: str, environ: Mapping[str, str]) -> str:
    """A place with its `%NAME%` filled in; empty if that variable is not set."""
    if not place.startswith("%"):
        return place
    name, _, rest = place[1:].partition("%")
    folder = environ.get(name)
    return folder + rest if folder else ""


def _plan(viewer: Viewer, program: str) -> Plan:
    return Plan(viewer.title, program, viewer.arguments, stdin=viewer.stdin, detaches=viewer.detaches)


def _plan_for_program(program: str, machine: Machine) -> Plan:
    """How to start a program that the user named without arguments: as the table says, if it is in it."""
    name = _base_name(program, machine.platform)
    for viewer in VIEWERS:
        is_of_that_name = name in viewer.programs or program in viewer.places
        is_certain = not viewer.marker or name != _GENERIC or machine.contains(program, viewer.marker)
        if machine.platform in viewer.platforms and is_of_that_name and is_certain:
            return _plan(viewer, program)
    return Plan(name, program, (_HOST_AND_PORT,), is_own=True)


def _plan_for_command(command: str, machine: Machine) -> Plan:
    try:
        words = shlex.split(command, posix=machine.platform != WINDOWS)
    except ValueError:
        raise ValueError("has an unbalanced quote") from None
    words = [word.strip('"') for word in words] if machine.platform == WINDOWS else words
    program = machine.find(words[0]) if words else None
    if program is None:
        called = words[0] if words else command
        raise LaunchError(f"The viewer {called} was not found.", hint=_hint())
    arguments = tuple(words[1:])
    if not arguments:
        return _plan_for_program(program, machine)
    if not any("{port}" in argument or "{display}" in argument for argument in arguments):
        arguments = (*arguments, _HOST_AND_PORT)
    return Plan(_base_name(program, machine.platform), program, arguments, is_own=True)


def _base_name(program: str, platform: str) -> str:
    return ntpath.basename(program).lower().removesuffix(".exe") if platform == WINDOWS else posixpath.basename(program)


def _address(host: str, port: int) -> dict[str, str]:
    return {"{host}": host, "{port}": str(port), "{display}": str(port - _DISPLAY_0_PORT)}


def _filled(text: str, values: Mapping[str, str]) -> str:
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    return text


_EXAMPLE = "--viewer-command 'vncviewer {host}::{port}'"


def _hint() -> str:
    return (
        f"Install one, name its command ({_EXAMPLE}), or run `ecsvnc proxy` and connect any viewer to the address that "
        "it prints."
    )
