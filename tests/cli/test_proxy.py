"""`ecsvnc proxy` and `ecsvnc open --viewer` as processes, against the embedded ECS."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from support.ecs.faults import Fault, not_ready
from support.program import processes_with, wait_until
from support.rfb_viewer import RfbViewer, has_ipv6
from support.terminal import OnTerminal
from support.vnc_client import type_text

from ecsvnc.background import in_background
from ecsvnc.errors import RfbError

VIEWER = """\
import os, sys, time
from support.rfb_viewer import RfbViewer, revealed
with open(os.environ["VIEWER_LOG"], "a") as log:
    log.write(repr(sys.argv) + "\\n")
if "-passwd" in sys.argv:
    with open(sys.argv[sys.argv.index("-passwd") + 1], "rb") as file:
        password = revealed(file.read())
else:
    password = os.environ.get("VIEWER_PASSWORD") or sys.stdin.readline().strip()
with RfbViewer(int(sys.argv[-1].rpartition(":")[2]), password) as viewer:
    viewer.open()
    time.sleep(float(os.environ.get("VIEWER_SECONDS", "0")))
"""


def serving(run):
    """Port and password of a proxy that was started with --output json."""
    said = json.loads(run.address())
    return said["port"], said["password"]


def test_stdout_is_the_address_and_stderr_the_password(program):
    run = program.start("proxy", "web-1")
    host, port = run.address().split(":")
    run.wait_for("press Ctrl-C")
    password = re.search(r"Password \(this run only\): (\w{8})\n", run.err)[1]
    assert host == "127.0.0.1"
    with RfbViewer(int(port), password) as viewer:
        assert viewer.open().name == "web-1"
    run.interrupt()
    assert run.status() == 130
    assert run.out == f"{host}:{port}\n"
    assert "Traceback" not in run.err


IPV6_EXAMPLES = [("::1", "[::1]:", "[::1]::"), ("::", "[::]:", "[::1]::")] if has_ipv6() else []


@pytest.mark.parametrize(
    ("host", "printed", "example"),
    [("127.0.0.1", "127.0.0.1:", "127.0.0.1::"), ("0.0.0.0", "0.0.0.0:", "127.0.0.1::"), *IPV6_EXAMPLES],
)
def test_the_example_is_an_address_that_a_viewer_understands(program, host, printed, example):
    run = program.start("proxy", "web-1", "--bind", host)
    address = run.address()
    port = address.rpartition(":")[2]
    run.wait_for("press Ctrl-C")
    assert address == f"{printed}{port}"
    assert f"vncviewer {example}{port} " in run.err


def test_json_is_one_object_with_the_password(program, ecs):
    run = program.start("proxy", "web-1", "--output", "json")
    said = json.loads(run.address())
    assert set(said) == {"host", "port", "password"}
    with RfbViewer(said["port"], said["password"]) as viewer:
        viewer.open()
        viewer.sock.sendall(type_text("ls\n"))
        wait_until(lambda: ecs.consoles.sessions[-1].screen.input_events == 6)


def test_without_authentication_the_password_is_null(program):
    port, password = serving(program.start("proxy", "web-1", "--output", "json", "--no-auth"))
    assert password is None
    with RfbViewer(port) as viewer:
        viewer.open()


def test_a_ticket_is_taken_for_a_viewer_and_not_before(program, ecs):
    port, password = serving(program.start("proxy", "web-1", "--output", "json"))

    def tickets():
        return sum(call.action == "DescribeInstanceVncUrl" for call in ecs.calls)

    assert tickets() == 0
    with RfbViewer(port, "wrong") as viewer, pytest.raises(RfbError):
        viewer.open()
    assert tickets() == 0
    for number in (1, 2):
        wait_until(lambda: not ecs.consoles.open_sessions)
        with RfbViewer(port, password) as viewer:
            viewer.open()
        assert tickets() == number


def test_consoles_are_counted_in_the_budget_that_all_processes_share(program, ecs, tmp_path):
    port, password = serving(program.start("proxy", "web-1", "--output", "json"))
    for _ in range(2):
        wait_until(lambda: not ecs.consoles.open_sessions)
        with RfbViewer(port, password) as viewer:
            viewer.open()
    (times,) = json.loads((tmp_path / "cache" / "consoles.json").read_text()).values()
    assert len(times) == 2


def test_the_chosen_port_is_served(program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert program.start("proxy", "web-1", "--port", str(port)).address() == f"127.0.0.1:{port}"


SSH = {"SSH_CONNECTION": "198.51.100.7 5000 203.0.113.5 2222", "USER": "ann"}


def test_in_an_ssh_session_the_command_for_ones_own_machine_comes_before_the_address(program):
    run = program.start("proxy", "web-1", **SSH)
    port = run.address().rpartition(":")[2]
    run.wait_for("press Ctrl-C")
    where, ssh, *_, viewer = run.err.splitlines()
    assert where == "This is an SSH session. On your own machine, run this first:"
    assert ssh == f"  ssh -N -L {port}:127.0.0.1:{port} -p 2222 ann@203.0.113.5"
    assert viewer.startswith(f"Connect a VNC viewer there, for example: vncviewer 127.0.0.1::{port} ")
    assert "End the ssh command" not in run.err


def test_with_a_port_that_stays_the_same_the_user_of_a_proxy_is_told_to_end_the_forward(program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    run = program.start("proxy", "web-1", "--port", str(port), **SSH)
    run.wait_for("press Ctrl-C")
    assert "End the ssh command when you are done" in run.err


@pytest.mark.parametrize(("arguments", "environ"), [(["--bind", "0.0.0.0"], SSH), ([], {})])
def test_no_ssh_command_is_given_where_none_is_needed(program, arguments, environ):
    run = program.start("proxy", "web-1", *arguments, **environ)
    run.wait_for("press Ctrl-C")
    assert "ssh -N" not in run.err


def test_a_port_that_is_taken_is_a_usage_error(program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = program.start("proxy", "web-1", "--port", str(taken.getsockname()[1]))
        assert run.status() == 2
    assert "Cannot listen" in run.err
    assert run.out == ""


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["db-1"], 6, "is Stopped"),
        (["dup"], 5, "2 instances"),
        (["nosuch"], 5, "No instance named nosuch"),
        (["i-bp1aaaaaaaaaaaaaaaaa"], 5, "No instance i-bp1aaaaaaaaaaaaaaaaa"),
        (["web-1", "--keepalive", "soon"], 2, "--keepalive"),
        (["web-1", "--max-idle", "soon"], 2, "must be a time"),
        (["web-1", "--bind", "host.invalid"], 2, "Cannot listen on host.invalid"),
        (["web-1", "win-1"], 2, "Unexpected argument: win-1"),
        (["web-1", "--vnc-password-file", "/nonexistent"], 2, "Cannot read the VNC password"),
    ],
)
def test_what_cannot_be_served_is_an_error_at_once(program, arguments, status, words):
    run = program.start("proxy", *arguments)
    assert run.status() == status
    assert words in run.err
    assert run.out == ""


@pytest.mark.parametrize("status", ["Stopped", "Starting", "Pending"])
def test_with_wait_nothing_is_printed_before_the_instance_runs(program, ecs, status):
    web_1 = ecs.fleet.named("web-1")
    web_1.status = status
    run = program.start("proxy", "web-1", "--wait", "--wait-timeout", "120")
    run.wait_for(f" is {status.lower()}; waiting up to ")
    assert run.out == ""
    web_1.status = "Running"
    assert run.address()


def test_with_wait_nothing_is_printed_before_the_console_is_ready(program, ecs):
    fault = ecs.faults.add(Fault(not_ready(), action="DescribeInstanceVncUrl", times=2))
    run = program.start("proxy", "web-1", "--wait", "--wait-timeout", "120", "--output", "json")
    port, password = serving(run)
    assert fault.times == 0
    with RfbViewer(port, password) as viewer:
        assert viewer.open().name == "web-1"


@pytest.mark.parametrize("command", [["proxy", "web-1"], ["open", "web-1", "--viewer-command", "sh -c 'echo {port}'"]])
def test_an_instance_that_does_not_run_in_time_is_an_error(program, ecs, command):
    ecs.fleet.named("web-1").status = "Starting"
    run = program.start(*command, "--wait", "--wait-timeout", "0.5")
    assert run.status() == 6
    assert run.out == ""
    assert "Waited 0.5 seconds. Instance web-1" in run.err
    assert "is Starting" in run.err


def test_a_stored_password_that_cannot_be_read_matters_only_if_it_is_asked_for(program, ecs, tmp_path):
    web_1 = ecs.fleet.named("web-1")
    config = tmp_path / "config" / "config.toml"
    config.parent.mkdir()
    config.write_text(f'[vnc_passwords]\n{web_1.id} = "no.such.Ring"\n')
    config.chmod(0o600)
    run = program.start("proxy", "web-1", "--output", "json")
    port, password = serving(run)
    with RfbViewer(port, password) as viewer:
        assert viewer.open().name == "web-1"
    run.interrupt()
    run.status()
    assert "no.such.Ring" not in run.err

    web_1.vnc_password = "Ecs123"
    run = program.start("proxy", "web-1", "--output", "json")
    port, password = serving(run)
    with RfbViewer(port, password) as viewer, pytest.raises(RfbError, match="cannot be read"):
        viewer.open()
    run.wait_for("No console for the viewer")
    for words in ("--vnc-password-file", f"ecsvnc config vnc-password {web_1.id} --forget"):
        assert words in run.err
    assert "ALIBABA_CLOUD" not in run.err


def test_without_a_terminal_a_console_that_requires_a_vnc_password_is_refused_with_what_to_run(program, ecs):
    web_1 = ecs.fleet.named("web-1")
    web_1.vnc_password = "Ecs123"
    port, password = serving(run := program.start("proxy", "web-1", "--output", "json"))
    with RfbViewer(port, password) as viewer, pytest.raises(RfbError, match="requires a VNC password"):
        viewer.open()
    run.wait_for("--vnc-password-file for this run.")
    assert f"`ecsvnc config vnc-password {web_1.id}`" in run.err


def test_on_a_terminal_the_vnc_password_is_asked_for_until_it_is_right(program, ecs):
    ecs.fleet.named("web-1").vnc_password = "Ecs123"
    # A viewer may come before it is noticed that the last one has gone.
    with OnTerminal("proxy", "web-1", "--take-over", environ=program.environ) as run:
        run.wait_for("stop)")
        port = int(re.search(r"127\.0\.0\.1:(\d+)\r", run.shown)[1])
        password = re.search(r"Password \(this run only\): (\w{8})", run.shown)[1]
        prompts = 0
        for entries in (["short", "Wrong1"], ["Ecs123"]):
            with RfbViewer(port, password) as viewer:
                opened = in_background(viewer.open, name="a viewer")
                for entry in entries:
                    prompts += 1
                    run.wait_for("VNC password of web-1: ", times=prompts)
                    run.type(f"{entry}\r")
                failure = opened.exception(timeout=20)
                assert failure is None or "rejected the VNC password" in str(failure)
        assert failure is None
        with RfbViewer(port, password) as viewer:  # what was typed holds for the run
            assert viewer.open().name == "web-1"
        run.type("\x03")
        assert run.status() == 130
    shown = " ".join(run.shown.split())
    assert "exactly 6 letters or digits" in shown
    assert "`ecsvnc config vnc-password i-" in shown
    assert "Ecs123" not in run.shown
    assert "Wrong1" not in run.shown


def test_keepalive_comes_from_the_setting_and_is_overridden_by_the_option(ecs, program, tmp_path):
    run = program.start("proxy", "web-1", "--output", "json", ECSVNC_KEEPALIVE="soon")
    assert run.status() == 3
    assert "ECSVNC_KEEPALIVE" in run.err
    serving(program.start("proxy", "web-1", "--output", "json", "--keepalive", "0", ECSVNC_KEEPALIVE="soon"))


def test_a_viewer_that_gets_no_console_is_told_why_and_the_proxy_stays_up(program, ecs):
    run = program.start("proxy", "web-1", "--output", "json")
    port, password = serving(run)
    web_1 = next(each for each in ecs.fleet if each.name == "web-1")
    ecs.fleet.remove(web_1.id)
    ecs.fleet.add(replace(web_1, status="Stopped"))
    with RfbViewer(port, password) as viewer, pytest.raises(RfbError, match="is Stopped"):
        viewer.open()
    run.wait_for("No console for the viewer")
    ecs.fleet.remove(web_1.id)
    ecs.fleet.add(web_1)
    with RfbViewer(port, password) as viewer:
        viewer.open()


def test_no_ticket_secret_or_signature_is_printed_even_with_debug(program, ecs):
    run = program.start("proxy", "web-1", "--output", "json", "--debug")
    port, password = serving(run)
    with RfbViewer(port, password) as viewer:
        viewer.open()
    run.wait_for("The viewer disconnected")
    run.interrupt()
    run.status()
    for secret in (ecs.identity.access_key_secret, "Signature=", "websockify", password):
        assert secret not in run.err


AS_ANOTHER_USER = """\
import os, socket, sys
"".encode("idna")  # what connecting imports, while this user may still read it
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10) as sock:
    data = sock.recv(12)
    if data:
        sock.sendall(data)
        while piece := sock.recv(4096):
            data += piece
sys.stdout.write(data.decode("latin-1"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a connection is")
@pytest.mark.skipif(sys.platform == "linux" and os.getuid() != 0, reason="only root can act as another user")
@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ([], r"RFB 003\.008\n\0....This proxy only accepts connections from the user who started it, and root\."),
        (["--no-auth"], r"RFB 003\.008\n\0....This proxy only accepts connections .*"),
        (["--bind", "0.0.0.0"], r"RFB 003\.008\n\0....This proxy only accepts connections .*"),
        (["--raw"], ""),
    ],
)
def test_other_users_of_this_machine_are_refused_and_cost_nothing(program, ecs, arguments, answer):
    port, password = serving(program.start("proxy", "web-1", "--output", "json", *arguments))
    done = subprocess.run(
        [sys.executable, "-S", "-c", AS_ANOTHER_USER, str(port)], capture_output=True, text=True, timeout=60, check=True
    )
    assert re.fullmatch(answer, done.stdout, re.DOTALL), done.stdout
    assert not any(call.action == "DescribeInstanceVncUrl" for call in ecs.calls)
    with RfbViewer(port, password) as viewer:
        assert viewer.open().name == "web-1"


# --- open --viewer


@pytest.fixture
def viewer_program(program, tmp_path):
    """`start(*arguments)` runs `open --viewer` with a viewer that is a script called as given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (tmp_path / "viewer.py").write_text(VIEWER)

    def start(*arguments, name="xtightvncviewer", script='#!/bin/sh\nexec PYTHON VIEWER_SCRIPT "$@"\n', **environ):
        path = ":".join(sys.path[1:])
        python = f'env PYTHONPATH="{path}" VIEWER_LOG="{tmp_path}/log" {sys.executable}'
        (folder / name).write_text(script.replace("PYTHON", python).replace("VIEWER_SCRIPT", f"{tmp_path}/viewer.py"))
        (folder / name).chmod(0o755)
        return program.start("open", "web-1", *arguments, PATH=f"{folder}:/usr/bin:/bin", **environ)

    return start


def test_it_opens_in_the_viewer_and_ends_with_it(viewer_program, ecs):
    run = viewer_program("--viewer-command", "xtightvncviewer")
    assert run.status() == 0, run.err
    assert run.out == ""
    assert len(ecs.consoles.sessions) == 1


def test_a_command_is_given_host_and_port_and_the_password_is_shown(viewer_program, tmp_path, ecs):
    run = viewer_program("--viewer-command", "myviewer -- {host} {port}", name="myviewer", VIEWER_PASSWORD="wrong")
    run.wait_for("Password (this run only): ")
    assert run.status() == 10, run.err
    (arguments,) = (tmp_path / "log").read_text().splitlines()
    assert re.search(r"'--', '127\.0\.0\.1', '\d+'\]$", arguments)
    password = re.search(r"Password \(this run only\): (\w{8})\n", run.err)[1]
    assert password not in arguments


def test_the_viewer_may_come_from_the_setting(viewer_program, ecs):
    assert viewer_program("--viewer", ECSVNC_VIEWER="tightvnc").status() == 0


@pytest.mark.parametrize(
    ("arguments", "environ", "status", "words"),
    [
        (["--viewer-command", "nosuch"], {}, 10, "nosuch was not found"),
        (["--viewer-command", "'x"], {}, 2, "--viewer-command has an unbalanced quote"),
        (["--viewer"], {"ECSVNC_VIEWER": "'x"}, 3, "ECSVNC_VIEWER"),
        (["--viewer", "--browser", "firefox"], {}, 2, "cannot be combined with --browser"),
        (["--viewer", "--stay"], {}, 2, "cannot be combined with --stay"),
        (["win-1", "--viewer"], {}, 2, "one instance only"),
        (["--keepalive", "5"], {}, 2, "--keepalive needs --viewer"),
    ],
)
def test_invalid_combinations_are_errors(viewer_program, arguments, environ, status, words):
    run = viewer_program(*arguments, **environ)
    assert run.status() == status, run.err
    assert words in run.err


def test_without_a_viewer_the_error_lists_those_that_are_known(program, tmp_path):
    run = program.start("open", "web-1", "--viewer", PATH=str(tmp_path))
    assert run.status() == 10
    assert "No VNC viewer was found (looked for TigerVNC" in run.err
    assert "ecsvnc proxy" in run.err


GVNCVIEWER = """\
#!/bin/sh
display=${1#*:}  # what follows the first colon is a display number; `:5901` is taken for 0
case "$display" in :*) exit 0 ;; esac
exec PYTHON VIEWER_SCRIPT ":$((5900 + display))"
"""


@pytest.mark.parametrize("command", ["gvncviewer", "xgvnc {host}:{display}"])
def test_a_viewer_that_understands_displays_gets_one(viewer_program, ecs, tmp_path, command):
    name = command.partition(" ")[0]
    run = viewer_program("--viewer-command", command, name=name, script=GVNCVIEWER, VIEWER_PASSWORD="wrong")
    assert run.status() == 10
    assert "without the right password" in run.err
    assert (tmp_path / "log").exists(), "it connected"


def test_a_viewer_that_ended_without_a_connection_is_not_waited_for(viewer_program):
    began = time.monotonic()
    run = viewer_program("--viewer-command", "other", name="other", script=GVNCVIEWER)
    assert run.status() == 10
    assert "ended without connecting" in run.err
    assert "{display}" in run.err
    assert time.monotonic() - began < 30


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_killed_by_force_it_leaves_no_viewer_and_no_file(viewer_program, ecs, tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    run = viewer_program(
        "--viewer-command", "xtigervncviewer", name="xtigervncviewer", VIEWER_SECONDS="60", TMPDIR=str(folder)
    )
    wait_until(lambda: ecs.consoles.open_sessions == 1, timeout_s=20)
    wait_until(lambda: not list(folder.rglob("passwd")))  # read, and not needed while the connection stands
    run.kill()
    wait_until(lambda: not processes_with(f"{tmp_path}/viewer.py"))
    wait_until(lambda: not list(folder.iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_ended_from_outside_it_leaves_no_viewer_and_no_file(viewer_program, ecs, tmp_path, number, status):
    run = viewer_program("--viewer-command", "xtightvncviewer", VIEWER_SECONDS="60", TMPDIR=str(tmp_path))
    wait_until(lambda: ecs.consoles.open_sessions == 1, timeout_s=20)
    script = f"{tmp_path}/viewer.py"
    assert processes_with(script)
    run.process.send_signal(number)
    assert run.status() == status, run.err
    wait_until(lambda: not processes_with(script))
    assert not list(tmp_path.glob("ecsvnc-*"))
