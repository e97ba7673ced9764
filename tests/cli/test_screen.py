"""`ecsvnc screen` through the command tree, against the embedded ECS's consoles and screenshots."""

from __future__ import annotations

import io
import json
import re
import stat
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest
from PIL import Image
from support.program import COMMAND, wait_until

from ecsvnc.capture.shot import Shot
from ecsvnc.cli.screen_output import FORMATS
from ecsvnc.errors import StateError
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.simulator.consoles import CUT
from ecsvnc.simulator.framebuffer import Rectangle
from ecsvnc.simulator.power import STARTING_S

VNC_PASSWORD = "Zq7mk1"


def machine(ecs, name="web-1"):
    return ecs.consoles.machine(ecs.fleet.named(name).id)


def shown(ecs):
    """What the machine shows now. It takes its keys while it draws."""
    with machine(ecs).lock:
        machine(ecs).draw()
        return machine(ecs).text


def type_keys(ecs, text, name="web-1"):
    for character in text:
        for is_down in (True, False):
            with machine(ecs, name).lock:
                machine(ecs, name).key(0xFF0D if character == "\n" else ord(character), is_down=is_down)


def terminal_lines(ecs, name="web-1"):
    """What the machine shows, without its status line, which has a clock."""
    return machine(ecs, name).text.rpartition("\n")[0].rstrip().splitlines()


@contextmanager
def afterwards(seconds, act):
    """Do something while the block runs."""
    timer = threading.Timer(seconds, act)
    timer.start()
    yield
    timer.join()


def actions(ecs):
    return [call.action for call in ecs.calls]


def test_the_text_is_that_of_the_machine(in_process, ecs):
    type_keys(ecs, "root\nsecret\ncat readme.txt\n")
    wait_until(lambda: "cat readme.txt" in shown(ecs) and terminal_lines(ecs)[-1].endswith("#"))
    finished = in_process("screen", "web-1")
    assert (finished.status, finished.stderr) == (0, "")
    lines = finished.stdout.splitlines()
    assert len(lines) == 25
    assert "\n".join(lines[:24]).rstrip().splitlines() == terminal_lines(ecs)
    assert lines[24].startswith(" web-1 ")


def test_it_takes_one_ticket_and_ends_its_session(in_process, ecs):
    in_process("screen", "web-1")
    assert actions(ecs).count("DescribeInstanceVncUrl") == 1
    (session,) = ecs.consoles.sessions
    assert session.screen.input_events == 0
    wait_until(lambda: not session.is_open)


def test_ansi_has_its_colours_wherever_it_goes(in_process, ecs):
    printed = in_process("screen", "web-1", "-o", "ansi").stdout
    assert "\x1b[" in printed
    plain = re.sub(r"\x1b\[[0-9;]*m", "", printed).splitlines()
    assert [line.rstrip() for line in plain[:24]][:15] == terminal_lines(ecs)[:15]


def test_json_is_one_object(in_process, ecs):
    (line,) = in_process("screen", "web-1", "-o", "json").stdout.splitlines()
    values = json.loads(line)
    assert values["lines"][:14] == terminal_lines(ecs)[:14]
    assert (values["columns"], values["rows"], values["width"], values["height"]) == (80, 25, 720, 400)
    assert (values["unknown"], values["is_text"], values["source"]) == (0, True, "console")
    assert values["instance_name"] == "web-1"


@pytest.mark.parametrize("options", [[], ["--snapshot"]])
def test_a_picture_is_a_png_in_a_file_of_ones_own(in_process, ecs, tmp_path, options):
    path = tmp_path / "screen.png"
    path.write_text("an older one")
    finished = in_process("screen", "win-1", "-o", "png", "--file", str(path), *options)
    assert finished == (0, "", f"Wrote the screen of win-1 to {path}.\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    image = Image.open(path)
    assert (image.format, image.size) == ("PNG", (720, 400))
    drawn = machine(ecs, "win-1").framebuffer
    top_left = tuple(drawn.pixels[2::-1])
    assert all(abs(mine - theirs) <= 4 for mine, theirs in zip(image.getpixel((0, 0)), top_left, strict=True))


def test_text_goes_into_a_file_in_utf_8(in_process, ecs, tmp_path):
    path = tmp_path / "screen.txt"
    assert in_process("screen", "web-1", "--file", str(path)).stdout == ""
    assert path.read_bytes().decode().splitlines()[:14] == terminal_lines(ecs)[:14]


def test_a_png_goes_into_a_pipe(cli, ecs):
    done = subprocess.run(
        [COMMAND, "screen", "web-1", "-o", "png"],
        env={**cli.environ, **ecs.exports()},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert Image.open(io.BytesIO(done.stdout)).size == (720, 400)
    assert done.stderr == b""


def test_a_desktop_is_an_error_that_names_png(in_process):
    finished = in_process("screen", "win-1")
    assert (finished.status, finished.stdout) == (6, "")
    assert "shows a picture of 720 x 400 pixels" in finished.stderr
    assert "--output png" in finished.stderr


def test_json_says_that_a_desktop_is_no_text(in_process):
    values = json.loads(in_process("screen", "win-1", "-o", "json").stdout)
    assert (values["is_text"], values["lines"], values["columns"]) == (False, [], None)


def test_a_blank_screen_is_reported_with_what_wakes_it(in_process, ecs):
    with machine(ecs, "win-1").lock:  # which draws only what has changed
        machine(ecs, "win-1").framebuffer.fill(Rectangle(0, 0, 720, 400), 0)
    finished = in_process("screen", "win-1", "--snapshot")
    assert (finished.status, finished.stdout) == (0, "")
    assert "blank" in finished.stderr
    assert "`ecsvnc keys win-1 shift`" in finished.stderr


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("db-1", 6, "is Stopped; a console needs it running"),
        ("dup", 5, "2 instances"),
        ("nope", 5, "named nope"),
    ],
)
def test_why_there_is_none_is_reported(in_process, ecs, name, status, words):
    finished = in_process("screen", name)
    assert (finished.status, finished.stdout) == (status, "")
    assert words in finished.stderr
    assert ecs.consoles.sessions == []


def test_a_vnc_password_is_used(in_process, ecs, tmp_path):
    ecs.fleet.named("web-1").vnc_password = VNC_PASSWORD
    assert in_process("screen", "web-1").status == 9
    (tmp_path / "password").write_text(VNC_PASSWORD)
    assert in_process("screen", "web-1", "--vnc-password-file", str(tmp_path / "password")).status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--until", "("],
        ["--within", "5"],
        ["--file", "{folder}"],
        ["--file", "{folder}/no/such"],
        ["--file", "/dev/null"],
    ],
)
def test_invalid_usage_is_reported_before_anything_is_asked(in_process, ecs, tmp_path, arguments):
    finished = in_process("screen", "web-1", *(each.format(folder=tmp_path) for each in arguments))
    assert (finished.status, finished.stdout) == (2, "")
    assert "Hint: " in finished.stderr
    assert ecs.calls == []


# --until


def test_text_that_is_there_ends_the_wait_at_once(in_process):
    finished = in_process("screen", "web-1", "--until", r"login:\s*$")
    assert (finished.status, finished.stderr) == (0, "")
    assert "web-1 login:" in finished.stdout


def test_text_that_comes_later_is_waited_for(in_process, ecs):
    with afterwards(1.0, lambda: type_keys(ecs, "root\n\n")):
        finished = in_process("screen", "web-1", "--until", "^root@web-1", "--within", "20")
    assert finished.status == 0
    assert "root@web-1:~#" in finished.stdout
    assert len(ecs.consoles.sessions) == 1


def test_text_that_does_not_come_is_a_failure_with_the_last_screen_on_stderr(in_process):
    finished = in_process("screen", "web-1", "--until", "Kernel panic", "--within", "1")
    assert (finished.status, finished.stdout) == (6, "")
    assert "Error: The screen did not show 'Kernel panic' within 1 second." in finished.stderr
    assert "The last screen was:" in finished.stderr
    assert "  web-1 login:" in finished.stderr


def test_what_the_last_screen_of_a_desktop_was_is_reported(in_process):
    finished = in_process("screen", "win-1", "--until", "login", "--within", "0")
    assert finished.status == 6
    assert "a picture, and no text" in finished.stderr


def test_a_connection_that_breaks_is_taken_up_again(in_process, ecs):
    web = ecs.fleet.named("web-1").id

    def cut_and_type():
        ecs.consoles.end(web, CUT)
        wait_until(lambda: not ecs.consoles.sessions[0].is_open)
        type_keys(ecs, "root\n\n")
        wait_until(lambda: "root@web-1" in shown(ecs))

    with afterwards(1.0, cut_and_type):
        finished = in_process("screen", "web-1", "--until", "^root@web-1", "--within", "20")
    assert finished.status == 0
    assert len(ecs.consoles.sessions) == 2


def test_a_reboot_is_ridden_out(in_process, ecs):
    type_keys(ecs, "root")
    web = ecs.fleet.named("web-1")

    def reboot():
        web.status = "Starting"
        with machine(ecs).lock:
            machine(ecs).restart(ecs.consoles._runtime.now() + 1.0)
        threading.Timer(1.0, lambda: setattr(web, "status", "Running")).start()

    assert STARTING_S > 1.0
    with afterwards(1.0, reboot):
        finished = in_process("screen", "web-1", "--until", r"login:\s*$", "--within", "20")
    assert finished.status == 0
    assert len(ecs.consoles.sessions) >= 2


# --snapshot


def test_a_snapshot_opens_no_console(in_process, ecs):
    finished = in_process("screen", "web-1", "--snapshot")
    assert (finished.status, finished.stderr) == (0, "")
    assert finished.stdout.splitlines()[:14] == terminal_lines(ecs)[:14]
    assert ecs.consoles.sessions == []
    assert "DescribeInstanceVncUrl" not in actions(ecs)


def test_a_snapshot_of_a_stopped_instance_says_so(in_process):
    finished = in_process("screen", "db-1", "--snapshot")
    assert finished.status == 6
    assert "is Stopped; a screenshot needs it running" in finished.stderr
    assert "--start" in finished.stderr


def test_without_the_permission_it_says_which_is_missing(in_process, ecs):
    ecs.accounts.add(replace(ecs.identity, allowed_actions=frozenset({"ecs:DescribeInstances"})))
    for arguments, action in ((["--snapshot"], "ecs:GetInstanceScreenshot"), ([], "ecs:DescribeInstanceVncUrl")):
        finished = in_process("screen", "web-1", *arguments)
        assert finished.status == 4
        assert action in finished.stderr


def test_characters_that_could_not_be_read_are_counted_on_stderr(in_process, ecs):
    with machine(ecs).lock:  # in a row that the machine does not draw again
        machine(ecs).framebuffer.fill(Rectangle(2, 371, 3, 7), 0xFFFFFF)
        machine(ecs).framebuffer.fill(Rectangle(4, 377, 1, 4), 0xFFFFFF)
    finished = in_process("screen", "web-1")
    assert finished.status == 0
    assert finished.stdout.splitlines()[23] == "\ufffd"
    assert finished.stderr == "Characters that could not be read: 1. Each is printed as U+FFFD.\n"


def test_there_is_no_picture_of_a_screen_of_no_size():
    with pytest.raises(StateError, match="no size"):
        FORMATS["png"](Shot(Framebuffer(0, 5, 4), None, 0.0, "console"), {})
