"""`ecsvnc open` as a process, against the embedded ECS; a small script is the browser."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from support.ecs.extended import ExtendedEcs
from support.program import Program, processes_with, wait_until
from support.terminal import OnTerminal

from ecsvnc.runtime import Runtime

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

SECRET = "Sup3rS"

BROWSER = """
import sys, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)
try:
    opener.open(sys.argv[2], timeout=30)
except urllib.error.HTTPError as answer:
    open(sys.argv[1], "a").write(f"{answer.status} {answer.headers['Location']}\\n")
"""


@pytest.fixture
def browser(tmp_path):
    """A browser command, and what it got."""
    script, log = tmp_path / "browser.py", tmp_path / "visits"
    script.write_text(BROWSER)

    class Browser:
        command = f"{sys.executable} -S {script} {log} %s"

        @property
        def visits(self):
            return [line.split(" ", 1) for line in log.read_text().splitlines()] if log.exists() else []

        def first(self, count):
            """That many visits, and no more; a browser notes a visit after the answer."""
            wait_until(lambda: len(self.visits) >= count)
            assert len(self.visits) == count
            return self.visits

    return Browser()


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def visit(address, **headers):
    """Status and Location of an answer."""
    from urllib.error import HTTPError
    from urllib.request import ProxyHandler

    request = Request(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with build_opener(ProxyHandler({}), _Stay).open(request, timeout=30) as answer:
            return answer.status, answer.headers["Location"]
    except HTTPError as answer:
        with answer:
            return answer.code, answer.headers["Location"]


def vnc_url_of(location):
    return parse_qs(urlsplit(location).query)["vncUrl"][0]


def is_listening(address):
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", urlsplit(address).port)):
        return True
    return False


# Handing over


def opened(ecs, *names):
    """What is said of these in the end."""
    instances = [ecs.fleet.named(name) for name in names]
    return "".join(f"Opened the console of {one.name} ({one.id}, {one.region_id}).\n" for one in instances)


def test_the_browser_is_redirected_to_the_console_and_the_command_returns(program, browser, ecs):
    run = program.start("open", "web-1", "--browser", browser.command)
    assert run.status() == 0
    ((status, location),) = browser.first(1)
    assert status == "302"
    assert location.startswith(f"{ecs.console_page}?vncUrl=")
    assert location.endswith(f"&instanceId={ecs.fleet.named('web-1').id}&isWindows=false")
    assert (run.out, run.err) == ("", opened(ecs, "web-1"))


def test_the_browser_does_not_inherit_the_secrets(program, ecs, tmp_path):
    """A browser runs for days, and its environment with it."""
    script = tmp_path / "browser"
    script.write_text(f"#!/bin/sh\nenv > {tmp_path}/environment\nexit 1\n")
    script.chmod(0o755)
    run = program.start("open", "web-1", "--browser", f"{script} %s", "--handoff-timeout", "0.2")
    assert run.status() == 10
    inherited = (tmp_path / "environment").read_text()
    assert "PATH=" in inherited
    assert ecs.identity.access_key_secret not in inherited


def test_several_instances_each_have_a_handoff(program, browser, ecs):
    run = program.start("open", "web-1", "win-1", "--browser", browser.command)
    assert run.status() == 0
    ids = [parse_qs(urlsplit(location).query)["instanceId"][0] for _, location in browser.first(2)]
    assert sorted(ids) == sorted(ecs.fleet.named(name).id for name in ("web-1", "win-1"))
    assert run.err == opened(ecs, "web-1", "win-1")


def test_a_failure_of_one_does_not_stop_the_others_and_gives_the_status(program, browser):
    run = program.start("open", "db-1", "web-1", "--browser", browser.command)
    assert run.status() == 6
    browser.first(1)
    assert "Stopped" in run.err


def test_after_an_error_no_browser_is_started(program, browser):
    run = program.start("open", "no-such", "--browser", browser.command)
    assert run.status() == 5
    assert browser.visits == []


def test_ten_at_once_each_on_its_own_port_all_open(program, browser):
    runs = [program.start("open", "web-1", "--browser", browser.command) for _ in range(10)]
    assert [run.status() for run in runs] == [0] * 10
    assert [status for status, _ in browser.first(10)] == ["302"] * 10
    assert len({vnc_url_of(location) for _, location in browser.visits}) == 10


def test_the_password_of_a_file_is_in_the_console_url_alone(program, browser, tmp_path):
    (tmp_path / "password").write_text(f"{SECRET}\n")
    run = program.start(
        "open", "web-1", "--browser", browser.command, "--vnc-password-file", str(tmp_path / "password")
    )
    assert run.status() == 0
    assert browser.first(1)[0][1].endswith(f"&password={SECRET}")
    assert SECRET not in run.out + run.err
    assert "the browser's history keeps it" in run.err


KEYRING = f"""
import keyring.backend

class Ring(keyring.backend.KeyringBackend):
    priority = 5

    def get_password(self, service, username):
        open(__file__ + ".asked", "w").close()
        return "{SECRET}"

    set_password = delete_password = None
"""


@pytest.mark.parametrize("more", [[], ["--direct"]])
def test_a_stored_password_is_neither_read_nor_in_the_address(program, browser, ecs, tmp_path, more):
    (tmp_path / "testring.py").write_text(KEYRING)
    config = tmp_path / "config" / "config.toml"
    config.parent.mkdir()
    config.write_text(f'[vnc_passwords]\n{ecs.fleet.named("web-1").id} = "testring.Ring"\n')
    config.chmod(0o600)
    seen = tmp_path / "seen"
    command = f"sh -c 'echo \"$0\" >> {seen}' %s" if more else browser.command
    run = program.start("open", "web-1", *more, "--browser", command, PYTHONPATH=str(tmp_path))
    assert run.status() == 0
    ((_, location),) = [("", seen.read_text().strip())] if more else browser.first(1)
    assert location.endswith("&isWindows=false")
    assert not (tmp_path / "testring.py.asked").exists()


# Printing the address


def test_without_a_display_the_address_alone_is_on_stdout(program, ecs):
    run = program.start("open", "web-1")
    address = run.address()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{43}", address)
    port = urlsplit(address).port
    assert visit(address)[0] == 302
    assert run.status() == 0
    assert run.out == f"{address}\n"
    how, ssh, where, *rest = run.err.splitlines()
    assert how == "To open it on another machine, run this there first:"
    assert f"  ssh -N -L {port}:127.0.0.1:{port} -L {ecs.port}:127.0.0.1:{ecs.port} " in ssh
    assert where == "No display found. Open this address in a browser within 10 minutes:"
    assert rest == opened(ecs, "web-1").splitlines()


def test_in_an_ssh_session_the_command_for_ones_own_machine_comes_first_and_the_address_last(program, ecs):
    connection = "198.51.100.7 5000 203.0.113.5 2222"
    with OnTerminal(
        "open", "web-1", environ={**program.environ, "DISPLAY": ":0", "USER": "ann", "SSH_CONNECTION": connection},
        columns=200,
    ) as run:  # fmt: skip
        run.wait_for("waiting for the browser")
        how, ssh, where, address = run.rows[0:4]
        assert visit(address)[0] == 302
        assert run.status() == 0
        last = run.rows[4]
    port = urlsplit(address).port
    assert how == "This is an SSH session. On your own machine, run this first:"
    ports = " ".join(f"-L {each}:127.0.0.1:{each}" for each in (port, ecs.port))
    assert ssh == f"  ssh -N {ports} -p 2222 ann@203.0.113.5"
    assert where == "Then open this address in a browser there within 10 minutes:"
    assert f"{last}\n" == opened(ecs, "web-1")


def test_with_a_port_that_stays_the_same_the_user_is_told_to_end_the_forward(program):
    run = program.start("open", "web-1", "--port", str(free_port()), SSH_TTY="/dev/pts/1")
    assert visit(run.address())[0] == 302
    assert run.status() == 0
    assert "End the ssh command when you are done" in run.err


def test_the_port_of_the_setting_is_counted_up_for_several_instances(program, ecs):
    first = free_port()
    run = program.start("open", "web-1", "win-1", "--no-browser", ECSVNC_PORT=str(first))
    wait_until(lambda: run.out.count("\n") == 2)
    addresses = run.out.splitlines()
    assert [urlsplit(address).port for address in addresses] == [first, first + 1]
    assert [visit(address)[0] for address in addresses] == [302, 302]
    assert run.status() == 0
    assert "End the ssh command when you are done" in run.err


def test_an_address_on_a_terminal_is_a_link_where_the_terminal_takes_it(program):
    for term, is_link in (("xterm-256color", True), ("linux", False), ("dumb", False)):
        with OnTerminal("open", "web-1", "--no-browser", environ={**program.environ, "TERM": term}) as run:
            run.wait_for("http://127.0.0.1:")
            run.wait_for("\n", times=5)
            address = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{43}", run.shown)[0]
            assert (f"\x1b]8;;{address}\x1b\\{address}\x1b]8;;\x1b\\" in run.shown) == is_link
            assert address in "".join(run.rows)
            run.type("\x03")
            assert run.status() == 130


@pytest.mark.parametrize("how", [["--no-browser"], ["--browser", "none"]])
def test_the_browser_can_be_disabled(program, browser, how):
    run = program.start("open", "web-1", *how, BROWSER=browser.command, DISPLAY=":0")
    assert visit(run.address())[0] == 302
    assert run.status() == 0
    assert browser.visits == []
    assert "Not opening a browser (--no-browser). " in run.err


@pytest.mark.parametrize("variable", ["ECSVNC_BROWSER", "BROWSER"])
def test_a_variable_opens_a_browser_even_over_ssh(program, browser, variable):
    run = program.start("open", "web-1", SSH_TTY="/dev/pts/1", **{variable: browser.command})
    assert run.status() == 0
    browser.first(1)


def test_an_empty_variable_counts_as_not_set(program, browser):
    run = program.start("open", "web-1", ECSVNC_BROWSER="", BROWSER=browser.command)
    assert run.status() == 0
    browser.first(1)


def test_the_first_of_option_and_variables_wins(program, browser):
    run = program.start("open", "web-1", "--browser", browser.command, ECSVNC_BROWSER="none", BROWSER="none")
    assert run.status() == 0
    run = program.start("open", "web-1", ECSVNC_BROWSER=browser.command, BROWSER="none")
    assert run.status() == 0
    browser.first(2)


def test_several_addresses_are_printed_in_the_order_of_the_arguments(program, ecs):
    run = program.start("open", "win-1", "web-1", "--no-browser")
    wait_until(lambda: run.out.count("\n") == 2)
    first, second = run.out.split()
    locations = [visit(first)[1]]
    assert visit(first)[0] == 410, "a used address explains itself while the command waits for the other"
    locations.append(visit(second)[1])
    ids = [parse_qs(urlsplit(location).query)["instanceId"][0] for location in locations]
    assert ids == [ecs.fleet.named(name).id for name in ("win-1", "web-1")]
    assert run.status() == 0


# The address's guards


def test_only_visits_to_loopback_hosts_use_the_address_up(program):
    run = program.start("open", "web-1", "--no-browser")
    address = run.address()
    assert visit(address, Host="evil.example.com")[0] == 403
    assert visit(address, Sec_Purpose="prefetch")[0] == 503
    assert visit(address, Upgrade="websocket", Connection="Upgrade")[0] == 503
    assert visit(address, Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="iframe")[0] == 503
    assert visit(address + "x")[0] == 404
    assert visit(address, Host="localhost:9999")[0] == 302
    assert run.status() == 0


def test_through_a_port_forward_to_another_port_the_address_works(program):
    run = program.start("open", "web-1", "--no-browser")
    parts = urlsplit(run.address())
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def relay():
            near, _ = listener.accept()
            with near, socket.create_connection(("127.0.0.1", parts.port)) as far:
                far.sendall(near.recv(65536))
                near.sendall(far.recv(65536))

        thread = threading.Thread(target=relay)
        thread.start()
        assert visit(f"http://localhost:{listener.getsockname()[1]}{parts.path}")[0] == 302
        thread.join()
    assert run.status() == 0


@pytest.fixture
def other_user(need):
    """The name of an account made for this test."""
    if os.getuid() != 0:
        pytest.skip("only root can make an account")
    useradd, userdel = need("useradd"), need("userdel")
    name = f"ecsvnc-test-{os.getpid()}"
    subprocess.run([useradd, "--system", "--no-create-home", "--user-group", name], check=True)
    yield name
    subprocess.run([userdel, name], check=True)


def test_another_local_user_gets_nothing(program, other_user, need):
    run = program.start("open", "web-1", "--no-browser")
    parts = urlsplit(run.address())
    # Not Python, which may lie where only root may read it.
    request = f"GET {parts.path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n"
    ask = f"exec 3<>/dev/tcp/127.0.0.1/{parts.port}; printf '{request}' >&3; cat <&3; id -un"
    result = subprocess.run(
        [need("bash"), "-c", ask],
        user=other_user,
        group=other_user,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.startswith("HTTP/1.1 403 ")
    assert result.stdout.endswith(f"{other_user}\n")
    assert "vncUrl" not in result.stdout
    assert visit(run.address())[0] == 302
    assert run.status() == 0


def test_no_process_has_a_ticket_password_or_secret_in_its_arguments(program, ecs, tmp_path, browser):
    (tmp_path / "password").write_text(f"{SECRET}\n")
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\nsleep 0.5\nexec {browser.command.replace('%s', chr(34) + '$1' + chr(34))}\n")
    slow.chmod(0o755)
    run = program.start("open", "web-1", "--browser", str(slow), "--vnc-password-file", str(tmp_path / "password"))
    seen = ""
    while run.process.poll() is None:
        seen += "\n".join(processes_with(str(tmp_path)).values())
        time.sleep(0.05)
    assert run.status() == 0
    token = parse_qs(urlsplit(vnc_url_of(browser.first(1)[0][1])).query)["s"][0]
    assert str(slow) in seen
    for secret in (token, "websockify", SECRET, ecs.identity.access_key_secret):
        assert secret not in seen


# --stay and time


def test_with_stay_each_visit_gets_another_ticket_until_ctrl_c(program):
    run = program.start("open", "web-1", "--stay", "--no-browser")
    address = run.address()
    locations = {visit(address)[1] for _ in range(3)}
    assert len(locations) == 3
    run.interrupt()
    assert run.status() == 130
    assert "Reloading the console page does not work" in run.err
    assert not is_listening(address)


def test_an_error_at_a_later_visit_is_a_page_and_a_warning_and_serving_continues(program, ecs):
    run = program.start("open", "web-1", "--stay", "--no-browser")
    address = run.address()
    assert visit(address)[0] == 302
    ecs.fleet.named("web-1").status = "Stopped"
    assert visit(address)[0] == 502
    run.wait_for("The console could not be opened")
    ecs.fleet.named("web-1").status = "Running"
    assert visit(address)[0] == 302
    run.interrupt()
    assert run.status() == 130


def test_the_port_can_be_chosen(program):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        taken = program.start("open", "web-1", "--no-browser", "--port", str(port))
        assert taken.status() == 2
        assert str(port) in taken.err
    run = program.start("open", "web-1", "--no-browser", "--port", str(port))
    assert urlsplit(run.address()).port == port
    visit(run.address())
    assert run.status() == 0


def test_more_than_thirty_consoles_a_minute_wait_across_processes(program, tmp_path, ecs):
    import json

    used = tmp_path / "cache" / "consoles.json"
    run = program.start("open", "web-1", "--no-browser")
    address, now = run.address(), time.time()
    used.write_text(json.dumps({ecs.fleet.named("web-1").id: [now - 58.0] * 30}))
    assert visit(address)[0] == 302
    assert time.time() >= now - 58 + 60
    assert run.status() == 0
    assert "30 consoles in the last minute" in run.err


def test_visitors_who_hang_up_while_they_wait_for_the_budget_use_none_of_it(program, tmp_path, ecs):
    import json

    used = tmp_path / "cache" / "consoles.json"
    web_1, began = ecs.fleet.named("web-1").id, time.time()
    run = program.start("open", "web-1", "--no-browser")
    parts = urlsplit(run.address())
    used.write_text(json.dumps({web_1: [time.time() - 58.0] * 30}))
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", parts.port)) as impatient:
            impatient.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            run.wait_for("30 consoles in the last minute")
    assert visit(run.address())[0] == 302
    assert run.status() == 0
    assert len([at for at in json.loads(used.read_text())[web_1] if at >= began]) == 1


# Failing


def test_without_a_visit_it_exits_10(program):
    run = program.start("open", "web-1", "--no-browser", "--handoff-timeout", "0.5")
    address = run.address()
    assert run.status() == 10
    assert not is_listening(address)
    assert "Error: No browser connected within 0.5 seconds.\nHint: Allow more time with --handoff-timeout.\n" in run.err


def test_an_opener_that_fails_is_followed_by_the_next(program, browser, ecs):
    run = program.start("open", "web-1", "--browser", f"false:/nonexistent:{browser.command}")
    assert run.status() == 0
    assert run.err == (
        "false failed (exit status 1).\n/nonexistent could not be started: No such file or directory.\n"
        + opened(ecs, "web-1")
    )


def test_when_all_openers_fail_the_address_is_on_stderr_and_works(program):
    run = program.start("open", "web-1", "--browser", "false")
    run.wait_for("Open this address yourself: ")
    assert visit(run.err.split()[-1])[0] == 302
    assert run.status() == 0
    assert run.out == ""
    assert "No browser could be started." in run.err


def test_when_all_openers_fail_and_the_address_is_not_visited_it_exits_10(program):
    run = program.start("open", "web-1", "--browser", "false", "--handoff-timeout", "0.5")
    assert run.status() == 10


def hanging(tmp_path):
    """An opener that hangs, with a child, and a text that finds both of them."""
    marker = f"hang-{os.getpid()}-{time.monotonic_ns()}"
    script = tmp_path / marker
    script.write_text(f"#!/bin/sh\nsh -c 'sleep 300; : {marker}' &\nwait\n")
    script.chmod(0o755)
    return str(script), marker


def test_an_opener_that_hangs_ends_with_the_timeout_and_leaves_nothing(program, tmp_path):
    script, marker = hanging(tmp_path)
    run = program.start("open", "web-1", "--browser", script, "--handoff-timeout", "1")
    assert run.status() == 10
    wait_until(lambda: not processes_with(marker))


@pytest.mark.parametrize("printed", [True, False])
def test_ctrl_c_while_waiting_leaves_no_port_and_no_process(program, tmp_path, printed):
    script, marker = hanging(tmp_path)
    how = ["--no-browser"] if printed else ["--browser", script, "-v"]
    port = free_port()
    run = program.start("open", "web-1", "--port", str(port), *how)
    run.wait_for("ssh -N -L" if printed else "Started ")
    assert is_listening(f"http://127.0.0.1:{port}")
    run.interrupt()
    assert run.status() == 130
    assert not is_listening(f"http://127.0.0.1:{port}")
    wait_until(lambda: not processes_with(marker))


def test_ctrl_c_while_the_ticket_is_fetched_ends_it_at_once(tmp_path):
    with ExtendedEcs(Runtime.of_this_process(), latency_s=30) as ecs:
        program = Program(ecs.exports(), tmp_path)
        run = program.start("open", "web-1", "win-1", "--no-browser", "-v")
        run.wait_for("Credentials from")
        time.sleep(0.3)
        run.interrupt()
        assert run.status(25) == 130
        assert run.out == ""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_an_opened_browser_survives_ctrl_c_and_has_no_stream_of_ours(program, tmp_path, browser, ecs):
    marker = f"browser-{os.getpid()}-{time.monotonic_ns()}"
    script = tmp_path / marker
    script.write_text(f"#!/bin/sh\n{browser.command.replace('%s', chr(34) + '$1' + chr(34))}\nsleep 300\n")
    script.chmod(0o755)
    port = free_port()
    run = program.start("open", "web-1", "--stay", "--port", str(port), "--browser", str(script))
    wait_until(lambda: browser.visits)
    run.wait_for("Opened ")
    os.killpg(run.process.pid, signal.SIGINT)
    try:
        assert run.status() == 130  # which includes that its streams are closed
        assert run.err.startswith(f"Each visit to http://127.0.0.1:{port}/")
        assert run.err.endswith(opened(ecs, "web-1"))
        assert run.err.count("\n") == 2
        assert processes_with(marker)
    finally:
        for pid in processes_with(marker):
            with contextlib.suppress(ProcessLookupError):  # what a shell forks has its arguments, and no group
                os.killpg(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    "arguments",
    [
        ["web-1", "win-1", "--port", "8080"],
        ["web-1", "--port", "65536"],
        ["web-1", "--direct", "--no-browser"],
        ["web-1", "--direct", "--stay"],
        ["web-1", "--direct", "--vnc-password-file", "x"],
        ["web-1", "--browser", "firefox 'x"],
        ["web-1", "--browser", ""],
        ["web-1", "--handoff-timeout", "0"],
        ["web-1", "--handoff-timeout", "nan"],
        ["web-1", "--console-page", "0.0.9"],
        ["web-1", "--region", ""],
        [],
    ],
)
def test_invalid_options_are_a_usage_error(program, arguments, ecs):
    run = program.start("open", *arguments)
    assert run.status() == 2
    assert run.err.startswith("Error: ")
    assert run.out == ""
    assert ecs.calls == []


@pytest.mark.parametrize("variable", ["ECSVNC_BROWSER", "BROWSER"])
def test_a_bad_variable_is_a_configuration_error_that_names_it(program, variable):
    run = program.start("open", "web-1", **{variable: "firefox 'x"})
    assert run.status() == 3
    assert variable in run.err


# --direct


def test_direct_gives_the_browser_the_console_url_and_warns(program, tmp_path, ecs):
    log = tmp_path / "given"
    script = tmp_path / "direct"
    script.write_text(f'#!/bin/sh\necho "$@" > {log}\n')
    script.chmod(0o755)
    run = program.start("open", "web-1", "--direct", "--browser", str(script))
    assert run.status() == 0
    assert log.read_text().startswith(f"{ecs.console_page}?vncUrl=ws%3A%2F%2F")
    assert "every user of this machine can read it" in run.err
    assert run.err.endswith(opened(ecs, "web-1"))


def test_direct_without_a_browser_exits_10(program):
    run = program.start("open", "web-1", "--direct")
    assert run.status() == 10
    assert "ecsvnc url" in run.err


# On a terminal


def on_terminal(program, *arguments):
    """`open` on a terminal; its stdout, where an address may be printed, goes elsewhere."""
    return OnTerminal("open", "web-1", *arguments, environ=program.environ, stdout=subprocess.DEVNULL)


def test_on_a_terminal_it_shows_progress_and_counts_the_tickets_seconds_down(program):
    with on_terminal(program, "--browser", "sh -c 'sleep 300'") as run:
        run.wait_for("ticket: 14 s")
        run.type("\x03")
        assert run.status() == 130


def test_no_progress_when_stderr_is_not_a_terminal(program, browser, ecs):
    run = program.start("open", "web-1", "--browser", browser.command, TERM="xterm")
    assert run.status() == 0
    assert run.err == opened(ecs, "web-1")
