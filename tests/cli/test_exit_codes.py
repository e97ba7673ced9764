"""Every row of the table of exit codes, by the installed command as a process: whole stdout, stderr and status.

In what is expected, `<id>` stands for a request id, `<port>` for the service's port, `<home>` for the home folder, and
`<web-1>` for that instance's id.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time

import pytest
from support.cli import group_members
from support.ecs.extended import ExtendedEcs
from support.ecs.faults import Fault
from support.raw_peers import RawServer, answering, read_request, saying

from ecsvnc.cli.app import App
from ecsvnc.cli.exit_codes import EXIT_CODES, exit_code
from ecsvnc.cli.failures import report
from ecsvnc.credentials.sources import SOURCES
from ecsvnc.errors import BugError
from ecsvnc.runtime import Runtime
from ecsvnc.simulator.refusals import denied, refused

REQUEST_ID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")

CHECK_THE_NETWORK = (
    "Hint: Check the network, the region and `endpoint` (`ecsvnc config list --show-origin`), and whether a proxy is "
    "needed.\n"
)


@pytest.fixture(scope="module")
def running_ecs():
    with ExtendedEcs(Runtime.of_this_process()) as ecs:
        yield ecs


@pytest.fixture
def ecs(running_ecs):
    running_ecs.faults.clear()
    return running_ecs


@pytest.fixture
def run(cli, ecs):
    """`run("url", "<web-1>", environ={...})` against the embedded ECS; what differs from run to run is replaced."""
    names = {f"<{instance.name}>": instance.id for instance in ecs.fleet if instance.name != "dup"}

    def run_it(*arguments, environ=None, stdin=""):
        for name, value in names.items():
            arguments = [argument.replace(name, value) for argument in arguments]
        cli.environ.update(ecs.exports() | (environ or {}))
        status, stdout, stderr = cli(*arguments, stdin=stdin)
        return status, shown(stdout), shown(stderr)

    def shown(text):
        text = REQUEST_ID.sub("<id>", text).replace(str(cli.home), "<home>")
        for name, value in names.items():
            text = text.replace(value, name)
        return text.replace(f":{ecs.port}", ":<port>")

    return run_it


@pytest.fixture
def peer():
    """`peer(serve)`: the origin of a server on loopback that does with HTTP whatever it likes."""
    servers = []

    def make(serve):
        servers.append(RawServer(serve))
        return servers[-1].origin

    yield make
    for server in servers:
        server.stop()


def http(status, body, *headers):
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return head.encode() + b"\r\n\r\n" + body


def ok(document):
    return http("200 OK", json.dumps(document).encode(), "Content-Type: application/json")


def test_0_one_url_on_stdout_and_nothing_else_anywhere(run):
    status, stdout, stderr = run("url", "<web-1>", "--os", "linux")
    assert (status, stderr) == (0, "")
    assert re.fullmatch(
        r"http://127\.0\.0\.1:<port>/console/index\.html\?vncUrl=ws%3A%2F%2F127\.0\.0\.1%3A\d+%2Fwebsockify%2F%3Fs%3D"
        r"(?:[A-Za-z0-9]|%25(?:2B|2F)){64}&instanceId=<web-1>&isWindows=false\n",
        stdout,
    )


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["url"], "INSTANCE is missing.", "Name an instance; `ecsvnc list` shows yours. See `ecsvnc url --help`."),
        (["config", "set", "region"], "VALUE is missing.", "See `ecsvnc config set --help`."),
        (["url", "web-1", "--os", "amiga"], "--os must be windows or linux, not 'amiga'.",
         "See `ecsvnc url --help`."),
        (["list", "-o", "xml"], "--output must be table, tsv or json, not 'xml'.", "See `ecsvnc list --help`."),
        (["url", "web-1", "--region", "Nowhere!"],
         "--region must be a region id, such as cn-hangzhou: lower-case letters, digits and hyphens.",
         "See `ecsvnc url --help`."),
        (["proxy", "web-1", "--timeout", "0"], "--timeout must be more than 0 seconds.", "See `ecsvnc proxy --help`."),
        (["config", "check", "--endpoint", "x"], "--endpoint must be a URL, such as https://ecs.example.com.",
         "See `ecsvnc config check --help`."),
        (["open", "web-1", "--console-page", "0.0.6"],
         "--console-page must be a URL, local or a known version (0.0.8, 0.0.7).", "See `ecsvnc open --help`."),
        (["url", "web-1", "--endpoint", "http://ecs.example.com"],
         "--endpoint must be https:// (plain http:// is for loopback only).", "See `ecsvnc url --help`."),
        (["url", "web-1", "--vnc-password-file", "<nowhere>"],
         "Cannot read the VNC password from <nowhere>: No such file or directory.",
         "Give a file that you may read, or - for stdin."),
        (["url", "web-1", "--vnc-password-file", ""], "Cannot read the VNC password from : No such file or directory.",
         "Give a file that you may read, or - for stdin."),
        (["url", "db-1", "--wait", "--wait-timeout", "nan"],
         ("--wait-timeout must be a time: seconds, or a number with ms, s, m or h "
          "(90, 1.5h, .5m)."),
         "See `ecsvnc url --help`."),
        (["url", "--region"], "--region needs a value.", "See `ecsvnc url --help`."),
        (["config", "policy", "--region"], "--region needs a value.", "See `ecsvnc config policy --help`."),
        (["demo", "--port"], "--port needs a value.", "See `ecsvnc demo --help`."),
        (["list", "--no-header=1"], "--no-header takes no value.", "See `ecsvnc list --help`."),
        (["completion"], "SHELL is missing: bash, zsh or fish.", "See `ecsvnc completion --help`."),
        (["completion", "tcsh"], "SHELL must be bash, zsh or fish, not 'tcsh'.", "See `ecsvnc completion --help`."),
        (["whoami", "me"], "Unexpected argument: me",
         "Put quotes around a text that has spaces. See `ecsvnc whoami --help`."),
        (["nonsense"], "Unknown command 'nonsense'.",
         "If it is an instance, run `ecsvnc open nonsense`. To list the commands, run `ecsvnc --help`."),
        (["opne", "web-1"], "Unknown command 'opne'.",
         "Did you mean `ecsvnc open`? To list the commands, run `ecsvnc --help`."),
        (["login"], "Unknown command 'login'.", "Did you mean `ecsvnc config login`?"),
        (["config", "chekc"], "Unknown command 'chekc'.",
         "Did you mean `ecsvnc config check`? To list the commands, run `ecsvnc config --help`."),
        (["demo", "lst"], "Unknown command 'lst'.",
         "Did you mean `ecsvnc demo list`? To list the commands, run `ecsvnc demo --help`."),
        (["help", "opne"], "Unknown command 'opne'.",
         "Did you mean `ecsvnc open`? To list the commands, run `ecsvnc --help`."),
        (["url", "web-1", "--regoin", "x"], "Unknown option --regoin.",
         "Did you mean --region? See `ecsvnc url --help`."),
        (["type", "web-1", "-l"], "Unknown option -l.",
         "If it is not an option, write -- before it. See `ecsvnc type --help`."),
        (["whoami", "-l"], "Unknown option -l.", "See `ecsvnc whoami --help`."),
        (["config", "set", "timeout", "--", "-1"],
         "timeout must be a time: seconds, or a number with ms, s, m or h (90, 1.5h, .5m).",
         "See `ecsvnc config set --help`."),
        (["url", "web-1", "--zzzzzzzz"], "Unknown option --zzzzzzzz.", "See `ecsvnc url --help`."),
    ],
)  # fmt: skip
def test_2_an_argument_or_option_that_cannot_be(run, arguments, error, hint):
    assert run(*arguments) == (2, "", f"Error: {error}\nHint: {hint}\n")


@pytest.mark.parametrize(
    ("option", "environ", "expected"),
    [
        (["--region", "Nowhere!"], {}, 2),
        (["--console-page", "0.0.9"], {}, 2),
        ([], {"ECSVNC_TIMEOUT": "soon"}, 3),
        ([], {"ALIBABA_CLOUD_ACCESS_KEY_ID": ""}, 4),
    ],
)
def test_what_fails_every_instance_alike_is_reported_once_and_before_anything_is_sent(run, option, environ, expected):
    environ = {"ECSVNC_ENDPOINT": "http://127.0.0.1:1", **environ}
    status, stdout, stderr = run("url", "<web-1>", "win-1", *option, environ=environ)
    assert (status, stdout) == (expected, "")
    assert stderr.count("Error: ") == 1


@pytest.mark.parametrize("group", [[], ["config"]])
def test_2_a_group_of_commands_named_alone_shows_its_help(cli, group):
    shown = cli(*group)
    asked = cli(*group, "--help")
    assert (shown.status, shown.stdout, shown.stderr) == (2, "", asked.stdout)


def test_3_a_bad_variable(run):
    expected = (
        "Error: ECSVNC_TIMEOUT must be a time: seconds, or a number with ms, s, m or h (90, 1.5h, .5m).\n"
        "Hint: Correct it, or unset ECSVNC_TIMEOUT.\n"
    )
    assert run("url", "<web-1>", environ={"ECSVNC_TIMEOUT": "soon"}) == (3, "", expected)


def test_3_a_variable_cannot_name_all_regions(run):
    expected = (
        "Error: ECSVNC_REGION must be one region's id, such as cn-hangzhou; to look in all regions, leave it out.\n"
        "Hint: Correct it, or unset ECSVNC_REGION.\n"
    )
    assert run("url", "<web-1>", environ={"ECSVNC_REGION": "all"}) == (3, "", expected)


def test_3_a_bad_file_is_named_and_left_as_it_is(run, cli):
    file = cli.home / ".config" / "ecsvnc" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[profiles.default\n")
    file.chmod(0o600)
    status, stdout, stderr = run("url", "<web-1>")
    assert (status, stdout) == (3, "")
    assert stderr.startswith("Error: <home>/.config/ecsvnc/config.toml ")
    assert file.read_text() == "[profiles.default\n"


def test_3_an_unknown_profile(run):
    assert run("url", "<web-1>", "--profile", "nobody") == (
        3,
        "",
        (
            "Error: Unknown profile 'nobody' (from --profile): it is neither in <home>/.config/ecsvnc/config.toml nor "
            "in <home>/.aliyun/config.json.\n"
            "Hint: Known profiles: none. To create one: `ecsvnc config login --profile nobody`.\n"
        ),
    )


def test_4_an_incomplete_credential(run):
    assert run("url", "<web-1>", environ={"ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}) == (
        4,
        "",
        (
            "Error: Incomplete credentials: the environment lacks the AccessKey secret.\n"
            "Hint: Set both ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET (for a temporary key also "
            "ALIBABA_CLOUD_SECURITY_TOKEN), or none.\n"
        ),
    )


def test_4_no_credentials_and_where_they_were_looked_for(run):
    nothing = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}
    nothing["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
    status, stdout, stderr = run("url", "<web-1>", environ=nothing)
    assert (status, stdout) == (4, "")
    error, hint = stderr.splitlines()
    parts = error.removeprefix("Error: No credentials found. Looked in: ").removesuffix(".").split("; ")
    assert [part.partition(" (")[0] for part in parts] == [source.name for source in SOURCES]
    assert hint.startswith("Hint: Run `ecsvnc config login`, or set ALIBABA_CLOUD_ACCESS_KEY_ID")


def test_4_a_wrong_secret(run):
    status, stdout, stderr = run("url", "<web-1>", environ={"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"})
    assert (status, stdout) == (4, "")
    assert stderr.startswith("Error: The secret does not match the AccessKey id. ")
    assert stderr.endswith("\nRequest ID: <id>\n")


@pytest.mark.parametrize("arguments", [["<web-1>", "--os", "linux"], ["web-1"]])
def test_4_a_missing_permission(run, ecs, arguments):
    detail = {
        "AuthAction": "ecs:DescribeInstanceVncUrl",
        "NoPermissionType": "ImplicitDeny",
        "AuthPrincipalType": "SubUser",
    }
    ecs.faults.add(Fault(denied(detail), action="DescribeInstanceVncUrl", times=None))
    status, stdout, stderr = run("url", *arguments)
    assert (status, stdout) == (4, "")
    assert "ecs:DescribeInstanceVncUrl" in stderr
    assert stderr.endswith("\nRequest ID: <id>\n")


def test_5_no_such_instance(run):
    assert run("url", "nothing") == (
        5,
        "",
        (
            "Error: No instance named nothing in any region of this AccessKey's account.\n"
            "Hint: Check the spelling: `ecsvnc list` shows the instances. Check the account: `ecsvnc whoami`.\n"
        ),
    )


def test_5_an_ambiguous_name_and_its_candidates(run):
    status, stdout, stderr = run("url", "dup", "--no-input")
    assert (status, stdout) == (5, "")
    assert re.fullmatch(
        r"Error: 2 instances are named dup:\n"
        r"  NAME  ID                      REGION        STATE    ADDRESS\n"
        r"  dup   i-wz9[a-z0-9]{17}  cn-shenzhen   Running  172\.19\.0\.40\n"
        r"  dup   i-gw8[a-z0-9]{17}  eu-central-1  Running  198\.51\.100\.40\n"
        r"Hint: Give the id of the one you mean, or its --region\.\n",
        stderr,
    )


def test_5_another_region_than_the_one_asked(run):
    assert run("url", "<web-1>", "--region", "cn-beijing") == (
        5,
        "",
        (
            "Error: Instance <web-1> exists, but not in region cn-beijing.\n"
            "Hint: The id points to region cn-hangzhou: try --region cn-hangzhou, or leave --region out.\n"
            "Request ID: <id>\n"
        ),
    )


def test_5_no_such_region(run):
    assert run("url", "web-1", "--region", "cn-nowhere")[:2] == (5, "")


START_IT = "Use --start to start it."


def test_6_a_stopped_instance(run):
    assert run("url", "<db-1>") == (
        6,
        "",
        f"Error: Instance db-1 (<db-1>) is Stopped; a console needs it running.\nHint: {START_IT}\nRequest ID: <id>\n",
    )


def test_6_wait_ran_out(run):
    status, stdout, stderr = run("url", "db-1", "--wait", "--wait-timeout", "0.5")
    assert (status, stdout) == (6, "")
    *waiting, error, hint, request = stderr.splitlines()  # on a busy machine the first try takes all of the time
    assert all(" is stopped; waiting up to " in line for line in waiting)
    assert error.endswith("Instance db-1 (<db-1>) is Stopped; a console needs it running.")
    assert hint == f"Hint: {START_IT} --wait-timeout sets how long to wait."
    assert request == "Request ID: <id>"


def test_7_throttled_for_longer_than_there_is_time(run, ecs):
    ecs.faults.add(Fault(refused("Throttling.User", retry_after_ms=90_000), times=None))
    began = time.monotonic()
    status, stdout, stderr = run("url", "<web-1>", "--os", "linux")
    assert (status, stdout) == (7, "")
    assert stderr.startswith("Error: ")
    assert "\nHint: Try again in 90 seconds; " in stderr
    assert stderr.endswith("\nRequest ID: <id>\n")
    assert time.monotonic() - began < 30  # it does not wait for what cannot succeed


def test_7_the_service_is_failing(run, ecs):
    ecs.faults.add(Fault(refused("InternalError"), times=None))
    status, stdout, stderr = run("url", "<web-1>", "--os", "linux", "--timeout", "3")
    assert (status, stdout) == (7, "")
    assert stderr.startswith("Error: ")
    assert stderr.endswith("\nRequest ID: <id>\n")


def test_8_nobody_listens(run):
    status, stdout, stderr = run("url", "<web-1>", "--os", "linux", "--endpoint", "http://127.0.0.1:1")
    assert (status, stdout) == (8, "")
    assert re.fullmatch(
        r"Error: 127\.0\.0\.1 refused the connection \(\d attempts in \d+ s\)\.\n" + re.escape(CHECK_THE_NETWORK),
        stderr,
    )


def drip(connection):
    """A body that never ends, and never comes fast."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1\r\n \r\n")
        time.sleep(0.05)


def flood(connection):
    """Fifty megabytes of JSON."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 52428800\r\n\r\n")
    for _ in range(800):
        connection.sendall(b" " * 65536)


ESCAPES = b'{"Code": "Strange\\u001b[31m", "Message": "\\u001b]0;owned\\u0007\\u202e", "RequestId": "\\u001b[2J"}'


@pytest.mark.parametrize(
    ("name", "serve", "status"),
    [
        ("HTML instead of JSON", answering(http("200 OK", b"<html>Sign in</html>", "Content-Type: text/html")), 8),
        ("a redirect", answering(http("302 Found", b"", "Location: https://ecs.example.com/")), 8),
        ("JSON that is no object", answering(ok([])), 8),
        ("no VncUrl", answering(ok({"RequestId": "x"})), 8),
        ("a VncUrl that is a script", answering(ok({"RequestId": "x", "VncUrl": "javascript%3Aalert%281%29"})), 8),
        ("a VncUrl with parameters", answering(ok({"VncUrl": "wss%3A%2F%2Fa.example.com%2F&isWindows=true#"})), 8),
        ("fifty megabytes", flood, 8),
        ("a body that never ends", drip, 8),
        ("no HTTP at all", saying(b"SSH-2.0-OpenSSH_9.2\r\n"), 8),
        ("escape sequences in an error", answering(http("418 I'm a teapot", ESCAPES)), None),
        ("half a character in a ticket", answering(http("200 OK", b'{"VncUrl": "wss%3A%2F%2Fa\\ud800"}')), 8),
        ("half a character in an error", answering(http("400 No", b'{"Code": "Odd", "Message": "\\uDC00"}')), 8),
        ("a million nested lists", answering(http("200 OK", b'{"VncUrl": ' + b"[" * 1_000_000)), 8),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_8_a_hostile_answer_costs_little_and_shows_nothing_of_itself(run, peer, name, serve, status):
    began = time.monotonic()
    got, stdout, stderr = run("url", "<web-1>", "--os", "linux", "--timeout", "4", "--endpoint", peer(serve))
    assert stdout == ""
    assert got == status if status is not None else got in (7, 8)
    error, *rest = stderr.splitlines()
    assert error.startswith("Error: ")
    assert all(line.startswith(("Hint: ", "Request ID: ")) for line in rest)
    assert stderr.replace("\n", "").isprintable()
    for part in ("javascript", "Sign in", "example.com/&", "SSH-2.0", "Traceback"):
        assert part not in stderr
    assert time.monotonic() - began < 20


def test_8_half_a_character_anywhere_in_an_answer_is_not_an_answer_of_the_api(run, peer):
    body = b'{"Instances": {"Instance": []}, "NextToken": "\\ud800", "RequestId": "x"}'
    endpoint = peer(answering(http("200 OK", body)))
    status, stdout, stderr = run("list", "--region", "cn-hangzhou", "--timeout", "4", "--endpoint", endpoint)
    assert (status, stdout) == (8, "")
    assert "not the API's answer" in stderr
    assert "a bug" not in stderr


def repeating(connection):
    """An error that repeats the proof of who sent the request, and a ticket."""
    proof = re.search(r"(?im)^authorization: (\S+ )(.*?)\r$", read_request(connection).decode())
    body = {"Code": "Weird.Code", "Message": f"{proof[2]} of wss%3A%2F%2Fa.example.com%2F%3Fs%3DDvh%252FIA%252BYc73"}
    connection.sendall(http("400 Bad Request", json.dumps(body).encode()))


def test_no_signature_or_ticket_that_the_service_repeats_is_shown(run, peer, ecs):
    status, stdout, stderr = run("url", "<web-1>", "--os", "linux", "--debug", "--endpoint", peer(repeating))
    assert (status, stdout) == (7, "")
    assert re.search(r"\(Weird\.Code: Credential=\S*,Signature=\[redacted\] of \[redacted\]\)\.$", stderr, re.MULTILINE)
    for forbidden in (r"[0-9a-f]{64}", "Signature=[^[]", "wss", "Dvh"):
        assert not re.search(forbidden, stderr)


def test_9_is_for_consoles_and_10_for_browsers(run):
    """9 cannot be reached by `url`: tests/cli/test_proxy.py has it. 10, when no browser can be started:"""
    status, stdout, stderr = run("open", "<web-1>", "--direct", "--browser", "/nonexistent", "--os", "linux")
    assert (status, stdout) == (10, "")
    assert "/nonexistent could not be started: No such file or directory." in stderr


def test_every_exit_code_of_a_failure_has_a_test_here_that_is_named_by_it():
    named = {int(code) for name in globals() if name.startswith("test_") for code in re.findall(r"_(\d+)_", name)}
    assert set(EXIT_CODES.values()) - {exit_code(BugError(""))} <= named


def test_the_first_failure_in_the_order_of_the_arguments_gives_the_status(run):
    status, stdout, stderr = run("url", "<db-1>", "<web-1>", "nothing", "--os", "linux")
    assert status == 6
    assert stdout.count("\n") == 1
    assert "&instanceId=<web-1>&" in stdout
    assert [line for line in stderr.splitlines() if line.startswith("Error: ")] == [
        "Error: Instance db-1 (<db-1>) is Stopped; a console needs it running.",
        "Error: No instance named nothing in any region of this AccessKey's account.",
    ]


# Not sooner: before our first line runs, it is Python that answers Ctrl-C.
@pytest.mark.parametrize("after_s", [0.1, 0.15, 0.2, 0.4, 0.8])
def test_130_ctrl_c_at_any_moment_and_nothing_is_left(cli, ecs, after_s):
    ecs.faults.add(Fault(delay_s=5, times=None))
    cli.environ.update(ecs.exports(), PYTHONWARNINGS="")
    cli.environ.pop("COVERAGE_PROCESS_CONFIG", None)  # whose start passes over a Ctrl-C
    with cli.start("url", "web-1") as running:
        time.sleep(after_s)
        running.interrupt()
        status, stdout, stderr = running.finish()
        left = group_members(running.group)
    assert left == []
    assert stdout == ""
    if status == -signal.SIGINT:  # which a shell calls 130 too: Python itself was still starting
        assert "/ecsvnc/cli/" not in stderr
    else:
        assert (status, stderr) == (130, "")


def test_130_ctrl_c_while_a_module_in_c_loads_another(cli, ecs, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == '_socket':\n"
        "            raise KeyboardInterrupt\n"
        "for name in ('_socket', 'socket', '_ssl', 'ssl'):\n"
        "    sys.modules.pop(name, None)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
    )
    cli.environ.update(ecs.exports(), PYTHONPATH=str(tmp_path))
    script = (
        "import sys\ntry:\n    import _ssl\nexcept ImportError as error:\n    from ecsvnc.cli.failures import report\n"
    )
    script += (
        "    from ecsvnc.cli.app import App\n    sys.meta_path.pop(0)\n    sys.exit(report(error, App().terminal))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], env=cli.environ, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_130_ctrl_c_while_a_class_is_made():
    class Interrupt:
        def __set_name__(self, owner, name):
            raise KeyboardInterrupt

    with pytest.raises((RuntimeError, KeyboardInterrupt)) as caught:
        type("Made", (), {"attribute": Interrupt()})
    assert report(caught.value, App().terminal) == 130


def test_a_traceback_is_shown_with_debug_only_and_no_secret_even_then(run, ecs):
    secret = ecs.identity.access_key_secret
    status, stdout, stderr = run("url", "<web-1>", "--debug")
    assert status == 0
    ticket = re.search(r"s%3D([^&]+)&", stdout)[1]
    assert "DescribeInstanceVncUrl" in stderr
    for forbidden in (secret, ticket, ticket.replace("%25", "%"), "Signature=", "Authorization"):
        assert forbidden not in stderr
    _, _, stderr = run("url", "<db-1>", "--debug")
    assert "cli/url.py" in stderr
    assert secret not in stderr
