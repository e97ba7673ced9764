"""`ecsvnc demo`, as a process."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import stat
from urllib.parse import urlsplit

import pytest
from support.cli import PROGRAM, start

from ecsvnc.cli.demo import export_lines, latency
from ecsvnc.cli.throwaway import throwaway_app, visible_environ

CONSOLE_URL = re.compile(
    r"http://127\.0\.0\.1:(\d+)/console/index\.html\?vncUrl=ws%3A%2F%2F127\.0\.0\.1%3A\1%2Fwebsockify%2F%3Fs%3D"
    r"[A-Za-z0-9%]+&instanceId=i-bp1[a-z0-9]{17}&isWindows=false\n"
)

EXPORTS = (
    "ECSVNC_ENDPOINT",
    "ECSVNC_STS_ENDPOINT",
    "ECSVNC_CONSOLE_PAGE",
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
)

VISIBLE = {
    "PATH": "/bin",
    "BROWSER": "firefox",
    "DISPLAY": ":0",
    "SSH_CONNECTION": "a b c d",
    "WSL_DISTRO_NAME": "Debian",
    "LC_ALL": "C.UTF-8",
    "SystemRoot": r"C:\Windows",
}


@pytest.fixture
def temporary(cli, tmp_path):
    """The folder for temporary files of the runs of `cli`."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    cli.environ["TMPDIR"] = str(folder)
    return folder


def assert_nobody_listens(port):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=30)


class TestACommand:
    def test_prints_one_url_and_says_that_it_no_longer_works(self, cli):
        status, stdout, stderr = cli("demo", "url", "web-1")
        assert status == 0
        assert CONSOLE_URL.fullmatch(stdout)
        assert stderr == (
            "The embedded ECS has stopped, so this URL no longer works. To open a console, run `ecsvnc demo`.\n"
        )

    def test_that_fails_ends_with_its_status(self, cli):
        status, stdout, stderr = cli("demo", "url", "db-1")
        assert (status, stdout) == (6, "")
        assert stderr.startswith("Error: ")
        assert "Stopped" in stderr

    def test_gets_hints_that_work_in_the_demo(self, cli):
        assert "`ecsvnc demo list` shows" in cli("demo", "url", "nothing").stderr
        assert "`ecsvnc demo url --help`" in cli("demo", "url").stderr
        assert "`ecsvnc demo open web-1`" in cli("demo", "demo").stderr
        checks = cli("demo", "config", "check").stdout
        assert "`ecsvnc demo " in checks
        assert not re.search("`ecsvnc (?!demo )", checks)

    def test_lists_both_instances_of_one_name(self, cli):
        status, stdout, stderr = cli("demo", "url", "dup")
        assert (status, stdout) == (5, "")
        assert len(re.findall(r"i-(?:wz9|gw8)[a-z0-9]{17}", stderr)) == 2

    def test_sees_the_whole_fleet(self, cli):
        status, stdout, _ = cli("demo", "list", "--output", "json")
        assert status == 0
        assert [re.search(r'"instance_name": "([^"]+)"', line)[1] for line in stdout.splitlines()].count("dup") == 2
        assert len(stdout.splitlines()) == 5

    def test_sees_a_larger_one_if_asked(self, cli):
        status, stdout, _ = cli("demo", "--fleet", "300", "list")
        assert status == 0
        assert len(stdout.splitlines()) == 305

    def test_needs_no_network_and_no_working_proxy(self, cli):
        dead = "http://127.0.0.1:9"
        behind = cli.with_environ(HTTP_PROXY=dead, HTTPS_PROXY=dead, http_proxy=dead, https_proxy=dead, ALL_PROXY=dead)
        assert behind("demo", "url", "web-1").status == 0

    def test_neither_reads_nor_changes_the_users_own_settings(self, cli):
        config = cli.home / ".config" / "ecsvnc"
        config.mkdir(parents=True)
        (config / "config.toml").write_text("this is [[ no TOML")
        aliyun = cli.home / ".aliyun"
        aliyun.mkdir()
        (aliyun / "config.json").write_text("{ broken")
        before = sorted(cli.home.rglob("*"))
        own = cli.with_environ(
            ECSVNC_ENDPOINT="nonsense",
            ECSVNC_PROFILE="missing",
            ALIBABA_CLOUD_ACCESS_KEY_ID="half",
            ALIBABA_CLOUD_REGION_ID="no region",
        )
        assert own("demo", "url", "web-1").status == 0
        assert sorted(cli.home.rglob("*")) == before

    def test_leaves_no_temporary_file(self, cli, temporary):
        assert cli("demo", "url", "web-1").status == 0
        assert list(temporary.iterdir()) == []

    def test_can_have_options_of_its_own(self, cli):
        status, stdout, _ = cli("demo", "url", "--help")
        assert status == 0
        assert stdout.startswith("Usage: ecsvnc url ")


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            (["demo"], "Error: demo cannot run demo.\n"),
            (["demo", "url", "web-1"], "Error: demo cannot run demo.\n"),
            (["--serve", "url", "web-1"], "Error: --serve takes no command.\n"),
            (["nonsense"], "Error: Unknown command 'nonsense'.\n"),
            (["--nonsense"], "Error: Unknown option --nonsense"),
            (["--port", "65536"], "Error: --port must be a whole number from 0 to 65535.\n"),
            (["--port", "1x"], "Error: --port must be a whole number from 0 to 65535.\n"),
            (["--fleet", "-1"], "Error: --fleet must be a whole number from 0 to 100000.\n"),
        ],
    )
    def test_invalid_parameters_are_refused(self, cli, arguments, error):
        status, stdout, stderr = cli("demo", *arguments)
        assert (status, stdout) == (2, "")
        assert stderr.startswith(error)
        assert "Hint: " in stderr

    def test_a_port_in_use_is_refused(self, cli):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            status, stdout, stderr = cli("demo", "--port", str(port), "url", "web-1")
        assert (status, stdout) == (2, "")
        assert stderr.startswith(f"Error: Cannot listen on 127.0.0.1, port {port}: ")


class TestServing:
    def test_prints_the_variables_for_other_commands(self, cli):
        with cli.start("demo", "--serve") as serving:
            lines = "".join(serving.stdout.readline() for _ in EXPORTS)
            assert re.fullmatch("".join(rf"export {name}='[^'\s]+'\n" for name in EXPORTS), lines)
            program = f'{lines}ecsvnc url web-1 && printf %s "$ECSVNC_ENDPOINT"'
            with cli.start_other(["sh", "-c", program]) as other:
                status, stdout, stderr = other.finish()
            assert status == 0, stderr
            url, _, endpoint = stdout.partition("\n")
            assert CONSOLE_URL.fullmatch(url + "\n")
            serving.interrupt()
            status, stdout, stderr = serving.finish()
        assert (status, stdout) == (130, ""), "five lines, and nothing after them"
        assert stderr.rstrip("\n") == f"The embedded ECS is running on {endpoint}. Press Ctrl-C to stop it."
        assert_nobody_listens(urlsplit(endpoint).port)

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_stops_cleanly_on_signals(self, cli, number):
        with cli.start("demo", "--serve") as serving:
            port = urlsplit(serving.stdout.readline().split("'")[1]).port
            os.kill(serving.group, number)
            assert serving.finish().status == 0
        assert_nobody_listens(port)

    def test_stops_cleanly_although_its_stderr_is_full(self, cli):
        with cli.start_other(["sh", "-c", "exec ecsvnc demo --serve 2>/dev/full"]) as serving:
            serving.stdout.readline()
            serving.terminate()
            assert serving.finish().status == 0

    def test_takes_the_port_it_is_given(self, cli):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with cli.start("demo", "--serve", "--port", str(port)) as serving:
            assert serving.stdout.readline() == f"export ECSVNC_ENDPOINT='http://127.0.0.1:{port}'\n"

    def test_ends_when_its_stdout_is_closed(self, cli):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w"):
            serving = start([str(PROGRAM), "demo", "--serve"], environ=cli.environ, cwd=cli.home, stdout=writer)
            try:
                serving.communicate(timeout=60)
            finally:
                serving.kill()
        assert serving.returncode == 141


class TestOpening:
    def start(self, cli):
        opening = cli.start("demo")
        address = opening.stdout.readline().strip()
        return opening, urlsplit(address)

    def test_alone_it_opens_a_console_and_stays_up_for_it(self, cli, temporary):
        opening, address = self.start(cli)
        with opening:
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
            connection.request("GET", address.path)
            answer = connection.getresponse()
            page = answer.headers["location"]
            connection.close()
            assert answer.status == 302
            assert CONSOLE_URL.fullmatch(page + "\n")
            folder = next(temporary.iterdir())
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            console = http.client.HTTPConnection(urlsplit(page).netloc, timeout=10)
            console.request("GET", "/console/index.html")
            assert console.getresponse().status == 200, "the embedded ECS is still there"
            console.close()
            while "after its last console is closed" not in opening.stderr.readline():
                pass
            opening.interrupt()
            assert opening.finish().status == 130
        assert list(temporary.iterdir()) == []
        assert_nobody_listens(urlsplit(page).port)

    def test_every_port_that_a_browser_elsewhere_needs_is_named(self, cli, temporary):
        opening, address = self.start(cli)
        with opening:
            words = ""
            while "ssh -N -L" not in words:
                words = opening.stderr.readline()
            ports = [int(port) for port in re.findall(r"-L (\d+):127\.0\.0\.1:\1", words)]
            assert len(ports) == 2
            assert ports[0] == address.port
            embedded = http.client.HTTPConnection("127.0.0.1", ports[1], timeout=10)
            embedded.request("GET", "/console/index.html")
            assert embedded.getresponse().read().startswith(b"<!doctype html>")
            embedded.request("GET", "/console/program")
            assert embedded.getresponse().read() == b"ecsvnc demo", "the page tells which command opens it again"
            embedded.close()
            opening.interrupt()
            assert opening.finish().status == 130
        assert list(temporary.iterdir()) == []

    def test_ctrl_c_while_waiting_for_the_browser_leaves_no_files(self, cli, temporary):
        opening, address = self.start(cli)
        with opening:
            opening.interrupt()
            assert opening.finish().status == 130
        assert list(temporary.iterdir()) == []
        assert_nobody_listens(address.port)

    def test_a_signal_leaves_no_files(self, cli, temporary):
        opening, address = self.start(cli)
        with opening:
            opening.terminate()
            assert opening.finish().status == 143
        assert list(temporary.iterdir()) == []
        assert_nobody_listens(address.port)


class TestTheThrowawayWorld:
    def test_sees_the_browsers_displays_and_terminals_variables_alone(self):
        others = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "x",
            "ECSVNC_REGION": "x",
            "HTTPS_PROXY": "x",
            "SSL_CERT_FILE": "x",
            "XDG_CONFIG_HOME": "x",
            "HOME": "x",
        }
        assert visible_environ({**VISIBLE, **others}) == VISIBLE

    def test_has_a_home_of_its_own_that_ends_with_it(self, scene):
        scene.environ.update(VISIBLE)
        with throwaway_app(scene.runtime, {"ECSVNC_ENDPOINT": "http://127.0.0.1:1"}, extra_ports=[1]) as app:
            home = app.runtime.home
            assert stat.S_IMODE(home.stat().st_mode) == 0o700
            assert app.runtime.environ["ECSVNC_ENDPOINT"] == "http://127.0.0.1:1"
            for variable in ("ECSVNC_CONFIG_DIR", "ECSVNC_CACHE_DIR"):
                assert app.runtime.environ[variable].startswith(str(home))
            assert app.extra_ports == (1,)
        assert not home.exists()

    def test_keeps_its_secrets_in_memory(self, scene):
        with throwaway_app(scene.runtime, {}, extra_ports=[]) as app:
            assert app.settings.secret_stores.discover().backend == "memory"


def test_a_value_is_quoted_for_the_shell():
    assert export_lines({"A": "b", "C": "it's"}) == "export A='b'\nexport C='it'\\''s'"


@pytest.mark.parametrize(
    ("text", "latency_s"), [("100", 0.1), (".5", 0.0005), ("0", 0), ("100ms", 0.1), ("1.5s", 1.5), ("1m", 60)]
)
def test_a_latency_is_milliseconds_or_a_time_with_its_unit(text, latency_s):
    assert latency(text) == pytest.approx(latency_s)


@pytest.mark.parametrize("text", ["", "-1", "60001", "2m", "1 s", "nan"])
def test_a_latency_that_is_no_time_or_too_long_is_refused(text):
    with pytest.raises(ValueError, match=r"^must be "):
        latency(text)
