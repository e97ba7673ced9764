import pytest

from ecsvnc.errors import LaunchError
from ecsvnc.viewer.viewers import LINUX, MACOS, VIEWERS, WINDOWS, Machine, choose, installed

WINDOWS_PROGRAMS = "C:\\Program Files"


def machine(platform, *programs, contents=None, environ=None):
    """A machine with these programs: a bare name is in /usr/bin, a path is where it says."""
    paths = {name if "/" in name or "\\" in name else f"/usr/bin/{name}" for name in programs}

    def find(program):
        return program if program in paths else next((p for p in paths if p == f"/usr/bin/{program}"), None)

    return Machine(
        platform=platform,
        environ=environ or {"PROGRAMFILES": WINDOWS_PROGRAMS},
        find=find,
        contains=lambda program, marker: marker in (contents or {}).get(program, b""),
    )


def command_line(plan):
    return plan.command_line(host="127.0.0.1", port=5999, password_file="/tmp/x/passwd")


WITH_FILE = ["-passwd", "/tmp/x/passwd", "127.0.0.1::5999"]

# One row for each viewer of the table: how it is found, and its whole command line.
ROWS = [
    ("tigervnc", LINUX, "xtigervncviewer", WITH_FILE),
    ("tigervnc", MACOS, "/Applications/TigerVNC.app/Contents/MacOS/TigerVNC", WITH_FILE),
    ("tigervnc", WINDOWS, "C:\\Program Files\\TigerVNC\\vncviewer.exe", WITH_FILE),
    ("turbovnc", LINUX, "/opt/TurboVNC/bin/vncviewer", WITH_FILE),
    ("realvnc", LINUX, "realvnc-viewer", ["127.0.0.1::5999"]),
    ("realvnc", MACOS, "/Applications/RealVNC Viewer.app/Contents/MacOS/vncviewer", ["127.0.0.1::5999"]),
    ("realvnc", WINDOWS, "C:\\Program Files\\RealVNC\\VNC Viewer\\vncviewer.exe", ["127.0.0.1::5999"]),
    ("tightvnc", LINUX, "xtightvncviewer", ["-autopass", "127.0.0.1::5999"]),
    ("tightvnc", WINDOWS, "C:\\Program Files\\TightVNC\\tvnviewer.exe", ["127.0.0.1::5999"]),
    ("ultravnc", WINDOWS, "C:\\Program Files\\UltraVNC\\vncviewer.exe", ["-connect", "127.0.0.1::5999"]),
    ("remote-viewer", LINUX, "remote-viewer", ["-"]),
    ("remmina", LINUX, "remmina", ["-c", "vnc://127.0.0.1:5999"]),
    ("gnome-connections", LINUX, "gnome-connections", ["vnc://127.0.0.1:5999"]),
    ("gvncviewer", LINUX, "gvncviewer", ["127.0.0.1:99"]),
    ("krdc", LINUX, "krdc", ["vnc://127.0.0.1:5999"]),
    ("screen-sharing", MACOS, "open", ["vnc://127.0.0.1:5999"]),
    ("vncviewer", LINUX, "vncviewer", ["127.0.0.1::5999"]),
]


@pytest.mark.parametrize(("name", "platform", "program", "arguments"), ROWS)
def test_each_viewer_is_found_and_gets_the_address(name, platform, program, arguments):
    around = machine(platform, program)
    plan = choose(name, around)
    assert command_line(plan)[1:] == arguments
    assert plan == choose(None, around), "it is the only one, so it is the first"


def test_every_viewer_of_the_table_has_a_row():
    assert {(viewer.name, platform) for viewer in VIEWERS for platform in viewer.platforms} - {
        (name, platform) for name, platform, *_ in ROWS
    } <= {
        ("turbovnc", MACOS),
        ("turbovnc", WINDOWS),
        ("remote-viewer", MACOS),
        ("remote-viewer", WINDOWS),
        ("vncviewer", MACOS),
        ("vncviewer", WINDOWS),
    }


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: f"{viewer.name}-{viewer.platforms[0]}")
def test_a_password_is_in_no_command_line(viewer):
    assert not any("{password}" in argument for argument in viewer.arguments)


def test_the_password_goes_where_the_viewer_takes_it():
    tight = choose("tightvnc", machine(LINUX, "xtightvncviewer"))
    assert tight.input_text(host="127.0.0.1", port=5999, password="sesame12") == "sesame12\n"
    remote = choose("remote-viewer", machine(LINUX, "remote-viewer"))
    text = remote.input_text(host="127.0.0.1", port=5999, password="sesame12")
    assert {"type=vnc", "host=127.0.0.1", "port=5999", "password=sesame12"} <= set(text.splitlines())
    tiger = choose("tigervnc", machine(LINUX, "xtigervncviewer"))
    assert (tiger.wants_password_file, tiger.wants_password_shown, tiger.stdin) == (True, False, "")
    real = choose("realvnc", machine(LINUX, "realvnc-viewer"))
    assert (real.wants_password_file, real.wants_password_shown) == (False, True)


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (b"...TigerVNC Viewer...RealVNC Ltd...", "TigerVNC"),
        (b"#!/bin/sh\n# TurboVNC", "TurboVNC"),
        (b"RealVNC Limited", "RealVNC Viewer"),
        (b"TightVNC viewer version 1.3", "TightVNC"),
        (b"something else", "VNC viewer"),
    ],
)
def test_the_file_s_content_tells_which_vncviewer_it_is(content, title):
    around = machine(LINUX, "vncviewer", contents={"/usr/bin/vncviewer": content})
    assert choose(None, around).title == title
    assert choose("vncviewer", around) == choose(None, around)


def test_the_first_of_the_table_is_preferred():
    around = machine(LINUX, "remmina", "remote-viewer", "xtigervncviewer")
    assert [plan.title for plan in installed(around)] == ["TigerVNC", "remote-viewer", "Remmina"]
    assert choose(None, around).title == "TigerVNC"


def test_a_command_has_host_and_port_filled_in():
    around = machine(LINUX, "/opt/my viewer/run", "wlvncc")
    plan = choose("'/opt/my viewer/run' --at {host} --on={port}", around)
    assert command_line(plan) == ["/opt/my viewer/run", "--at", "127.0.0.1", "--on=5999"]
    assert plan.wants_password_shown


def test_a_display_is_the_port_less_5900():
    plan = choose("myviewer {host}:{display}", machine(LINUX, "myviewer"))
    assert command_line(plan) == ["/usr/bin/myviewer", "127.0.0.1:99"]


def test_a_command_without_a_port_gets_the_address_at_its_end():
    around = machine(LINUX, "vncviewer")
    assert command_line(choose("vncviewer -FullScreen", around))[1:] == ["-FullScreen", "127.0.0.1::5999"]


def test_a_program_of_the_table_by_its_path_is_reported_as_the_table_says():
    around = machine(LINUX, "/opt/tiger/vncviewer", contents={"/opt/tiger/vncviewer": b"TigerVNC"})
    assert command_line(choose("/opt/tiger/vncviewer", around)) == ["/opt/tiger/vncviewer", *WITH_FILE]


def test_an_unknown_program_gets_host_and_port_with_two_colons():
    assert command_line(choose("myviewer", machine(LINUX, "myviewer"))) == ["/usr/bin/myviewer", "127.0.0.1::5999"]


@pytest.mark.parametrize(
    ("wish", "is_own"),
    [(None, False), ("vncviewer", False), ("tigervnc", False), ("vncviewer -FullScreen", True), ("myviewer", True)],
)
def test_only_commands_of_the_user_may_detach_unknown_to_us(wish, is_own):
    around = machine(LINUX, "vncviewer", "myviewer", contents={"/usr/bin/vncviewer": b"TigerVNC"})
    assert choose(wish, around).is_own is is_own


@pytest.mark.parametrize("wish", [None, "tigervnc", "nosuch {host} {port}", "nosuch"])
def test_a_missing_viewer_is_an_error_that_names_alternatives(wish):
    with pytest.raises(LaunchError) as caught:
        choose(wish, machine(LINUX))
    assert "ecsvnc proxy" in caught.value.hint


def test_a_command_that_ends_inside_quotes_is_refused():
    with pytest.raises(ValueError, match="unbalanced quote"):
        choose("'vncviewer {host}", machine(LINUX))


def test_a_windows_command_keeps_its_backslashes():
    program = "C:\\Tools\\vv.exe"
    plan = choose('"C:\\Tools\\vv.exe" {host}:{port}', machine(WINDOWS, program))
    assert command_line(plan) == [program, "127.0.0.1:5999"]


def test_a_place_is_not_looked_at_when_its_variable_is_not_set():
    around = machine(WINDOWS, "\\TigerVNC\\vncviewer.exe", environ={"PATH": ""})
    assert installed(around) == []
