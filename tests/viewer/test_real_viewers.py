"""Real VNC clients on the proxy: TigerVNC's viewer on an X display, and vncdotool."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from support.program import processes_with, wait_until
from support.proxy_stage import PASSWORD
from support.x_display import XDisplay

from ecsvnc.background import in_background
from ecsvnc.rfb.vnc_auth import obscured
from ecsvnc.viewer.choose_viewer import this_machine
from ecsvnc.viewer.launch_viewer import show
from ecsvnc.viewer.viewers import choose

VNCDO = [sys.executable, "-m", "vncdotool.command"]


@pytest.fixture
def display(need, tmp_path):
    need("xdotool")
    made = XDisplay(need("Xvfb"), tmp_path)
    yield made
    made.stop()


@pytest.fixture
def tigervnc(need, display, tmp_path):
    """Starts TigerVNC's viewer on a proxy; a dialogue would wait for a person, so it shows none."""
    command = need("xtigervncviewer")
    running = []

    def start(port, password=PASSWORD):
        file = tmp_path / f"passwd-{len(running)}"
        file.write_bytes(obscured(password))
        options = ["-passwd", str(file), "-AlertOnFatalError=0", "-ReconnectOnError=0"]
        running.append(
            subprocess.Popen(
                [command, *options, f"127.0.0.1::{port}"],
                env={"DISPLAY": display.name, "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def vncdo(tmp_path):
    """Runs vncdotool's commands on a proxy; returns its status and what it said."""

    def run(port, *commands, password=PASSWORD):
        arguments = [*VNCDO, "-s", f"127.0.0.1::{port}", "-p", password, "-t", "20", *map(str, commands)]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
        return done.returncode, done.stdout + done.stderr

    return run


def machine_of(stage):
    return stage.ecs.consoles.machine(stage.instance.id)


def screen_of(stage):
    """What the instance shows, but for its last line: there is the time."""
    machine = machine_of(stage)
    with machine.lock:
        machine.draw()
        framebuffer = machine.framebuffer
        size = (framebuffer.width, framebuffer.height)
        picture = Image.frombuffer("RGB", size, bytes(framebuffer.pixels), "raw", "BGRX", 0, 1)
    return without_time(picture)


def without_time(picture):
    return picture.crop((0, 0, picture.width, picture.height - 32))


def find_screen(display, stage):
    """Where the instance's screen is on the X display; None if it is not there as it should be."""
    wanted = screen_of(stage)
    whole = display.picture()
    corner = wanted.crop((0, 0, wanted.width, 16)).tobytes()
    for y in range(whole.height - wanted.height):
        for x in range(3):
            if whole.crop((x, y, x + wanted.width, y + 16)).tobytes() == corner:
                found = whole.crop((x, y, x + wanted.width, y + wanted.height))
                return (x, y) if _almost_equal(found, wanted) else None
    return None


def _almost_equal(one, other):
    """But for the text cursor, which blinks, and the pointer."""
    differences = ImageChops.difference(one, other).convert("L").point(lambda value: 255 if value else 0)
    return differences.histogram()[255] <= 400


def test_tigervnc_shows_the_login_prompt_and_echoes_what_is_typed(stage, display, tigervnc):
    tigervnc(stage.proxy().port)
    wait_until(lambda: find_screen(display, stage) is not None, timeout_s=30)
    display.xdotool("search", "--onlyvisible", "--name", "web-1 - TigerVNC", "windowfocus")
    display.xdotool("type", "--delay", "60", "root")
    wait_until(lambda: stage.session.screen.input_events >= 8, timeout_s=20)
    wait_until(lambda: find_screen(display, stage) is not None, timeout_s=20)
    assert "web-1 login: root" in machine_of(stage).text, "and that is what was found on the display"


def test_tigervnc_gets_the_password_from_a_file_that_is_gone_once_it_is_connected(
    need, stage, display, monkeypatch, tmp_path
):
    need("xtigervncviewer")
    for name, value in (("DISPLAY", display.name), ("HOME", str(tmp_path))):
        monkeypatch.setenv(name, value)
    stage.runtime.environ["PATH"] = os.environ["PATH"]
    plan = choose("tigervnc", this_machine(stage.runtime))
    server = stage.proxy()
    shown = in_background(lambda: show(server, plan, runtime=stage.runtime))
    wait_until(lambda: find_screen(display, stage) is not None, timeout_s=30)
    (command_line,) = processes_with(f"127.0.0.1::{server.port}").values()
    file = Path(command_line.split()[2])
    assert file.name == "passwd"
    assert file.parent.exists()
    wait_until(lambda: not file.exists())
    display.stop()
    shown.result(20)
    assert server.consoles_shown == 1
    assert not file.parent.exists()


def test_tigervnc_shows_why_it_was_refused(stage, tigervnc):
    viewer = tigervnc(stage.proxy().port, password="wrong")
    _, said = viewer.communicate(timeout=30)
    assert "The password is wrong" in said
    assert stage.tickets == 0


def test_tigervnc_can_connect_ten_times(stage, tigervnc):
    server = stage.proxy()
    for number in range(1, 11):
        viewer = tigervnc(server.port)
        wait_until(lambda number=number: len(stage.ecs.consoles.sessions) == number, timeout_s=20)
        wait_until(lambda: stage.session.screen.messages > 2, timeout_s=20)
        viewer.terminate()
        wait_until(lambda: not server.is_occupied, timeout_s=20)
    assert (server.consoles_shown, stage.tickets) == (10, 10)


def test_vncdotool_sees_the_login_prompt_and_types(stage, vncdo, tmp_path):
    port = stage.proxy().port
    status, said = vncdo(port, "capture", "before.png", "type", "root", "pause", 1, "capture", "after.png")
    assert status == 0, said
    before, after = (without_time(Image.open(tmp_path / name).convert("RGB")) for name in ("before.png", "after.png"))
    assert before.tobytes() != after.tobytes()
    assert _almost_equal(after, screen_of(stage))
    assert "web-1 login: root" in machine_of(stage).text


def test_vncdotool_with_a_wrong_password_is_refused(stage, vncdo):
    status, said = vncdo(stage.proxy().port, "capture", "x.png", password="wrong")
    assert status != 0, said
    assert stage.tickets == 0
