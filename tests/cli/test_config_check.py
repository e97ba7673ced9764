"""`ecsvnc config check` through the command tree, against the embedded ECS with one thing wrong."""

import json
import re
import secrets
import socket
import time
from dataclasses import replace

import pytest
from support import readme
from support.ecs.extended import ExtendedEcs
from support.ecs.sts import new_session
from support.in_process import InProcess
from support.raw_peers import RawServer, read_request
from support.terminal import OnTerminal

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.accounts import Identity

SUBJECTS = [
    "settings",
    "keyring",
    "credentials",
    "endpoint",
    "clock",
    "account",
    "ecs:DescribeInstances",
    "ecs:DescribeRegions",
    "ecs:DescribeInstanceVncUrl",
    "browser",
    "viewers",
]
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
TICKET = "ecs:DescribeInstanceVncUrl"
PERMISSIONS = SUBJECTS[6:9]
LINE = re.compile(r"(✓ ok|! note|✗ FAIL|-) +(\S+) +(.+)")


class Report:
    """A check's lines: mark and text by subject, the verdict and the status."""

    def __init__(self, finished):
        *lines, self.verdict = finished.stdout.splitlines()
        found = [LINE.fullmatch(line).groups() for line in lines]
        assert [subject for _, subject, _ in found] == SUBJECTS, finished
        self.marks = {subject: mark[2:] for mark, subject, _ in found}
        self.texts = {subject: text for _, subject, text in found}
        self.status, self.stderr = finished.status, finished.stderr

    @property
    def failed(self):
        return [subject for subject in SUBJECTS if self.marks[subject] == "FAIL"]

    @property
    def left_out(self):
        return [subject for subject in SUBJECTS if self.marks[subject] == ""]


@pytest.fixture(scope="module")
def ecs():
    with ExtendedEcs(Runtime.of_this_process()) as ecs:
        yield ecs


@pytest.fixture
def in_process(ecs, tmp_path, capsys):
    return InProcess(tmp_path, capsys, ecs.exports())


@pytest.fixture
def check(in_process):
    """`check("web-1", ECSVNC_TIMEOUT="5")`: its report."""
    return lambda *arguments, **environ: Report(in_process("config", "check", *arguments, **environ))


@pytest.fixture
def check_process(cli, ecs):
    """The same, by the installed command with the system's keyrings."""

    def run(*arguments, **environ):
        return Report(cli.with_environ(**(NO_KEYRING | ecs.exports() | environ))("config", "check", *arguments))

    return run


@pytest.fixture
def user_who_may(ecs):
    """The variables of a new RAM user who may do only what is named."""

    def make(*actions):
        user = Identity.with_new_key(secrets.token_bytes, allowed_actions=frozenset(actions))
        ecs.accounts.add(user)
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": user.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": user.access_key_secret,
        }

    return make


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class TestAllIsWell:
    def test_with_an_instance_a_ticket_is_taken_and_the_console_can_be_opened(self, check, ecs):
        report = check("web-1")
        assert (report.status, report.stderr, report.failed, report.left_out) == (0, "", [], [])
        assert f"took a ticket of web-1 ({ecs.fleet.named('web-1').id}, cn-hangzhou)" in report.texts[TICKET]
        assert report.verdict == "This machine can open the console of web-1."

    def test_without_an_instance_the_ticket_is_not_tested_and_none_is_taken(self, check, ecs):
        before = sum(call.action == "DescribeInstanceVncUrl" for call in ecs.calls)
        report = check()
        assert (report.status, report.failed, report.left_out) == (0, [], ["ecs:DescribeInstanceVncUrl"])
        assert report.texts["ecs:DescribeInstanceVncUrl"].startswith("not tested")
        assert report.verdict == "No check failed. Name an INSTANCE to also try a ticket."
        assert sum(call.action == "DescribeInstanceVncUrl" for call in ecs.calls) == before

    def test_it_names_the_account_and_the_identity(self, check):
        assert check().texts["account"] == "1000000000000001, as acs:ram::1000000000000001:user/demo."

    def test_an_sts_that_cannot_be_reached_is_a_note_since_no_console_needs_it(self, check):
        report = check("web-1", ECSVNC_STS_ENDPOINT=f"http://127.0.0.1:{closed_port()}")
        assert (report.status, report.failed, report.marks["account"]) == (0, [], "note")
        assert report.texts["account"].startswith("The account is not known. ")
        assert report.texts["account"].endswith("Consoles open without STS.")

    def test_json_is_one_object_for_each_check_and_no_verdict(self, in_process):
        done = in_process("config", "check", "db-1", "-o", "json")
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert (done.status, done.stderr, [each["name"] for each in found]) == (6, "", SUBJECTS)
        (failed,) = [each for each in found if each["status"] == "fail"]
        assert (failed["name"], failed["exit"]) == (TICKET, 6)
        assert "is Stopped" in failed["message"]
        assert failed["request_id"]
        assert {each["status"] for each in found} <= {"ok", "note", "fail"}

    def test_credentials_are_shown_masked_with_their_source_and_expiry(self, check, ecs):
        text = check().texts["credentials"]
        key_id = ecs.identity.access_key_id
        assert text == (
            f"{key_id[:4]}…{key_id[-4:]} from the environment (ALIBABA_CLOUD_ACCESS_KEY_ID), does not expire."
        )

    def test_the_expiry_of_temporary_credentials_is_shown(self, in_process, check, ecs):
        end = int(time.time()) + 3600
        role = new_session(secrets.token_bytes, expires_at=end)
        ecs.accounts.add(role)
        printed = {
            "mode": "StsToken",
            "access_key_id": role.access_key_id,
            "access_key_secret": role.access_key_secret,
            "sts_token": role.security_token,
            "expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end)),
        }
        home = in_process.home
        (home / "key.json").write_text(json.dumps(printed))
        in_process.write_config(f'[profiles.vault]\ncredential_process = "cat {home}/key.json"\n')
        report = check("--profile", "vault")
        assert report.status == 0
        assert (
            f"expires {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(end))} UTC (in 60 minutes)"
            in (report.texts["credentials"])
        )
        assert not any(role.security_token in text for text in report.texts.values())

    def test_listing_is_tested_by_a_dry_run(self, check, ecs):
        check()
        assert any(c.action == "DescribeInstances" and c.parameters.get("DryRun") == "true" for c in ecs.calls)

    def test_it_leaves_no_file_but_the_cache(self, in_process, check):
        check("web-1")
        left = {path.parent for path in in_process.home.rglob("*") if path.is_file()}
        assert left <= {in_process.home / ".cache" / "ecsvnc"}

    def test_the_demo_prints_what_the_readme_shows(self, cli):
        done = cli("demo", "config", "check", "web-1")
        assert (done.status, done.stderr, Report(done).failed) == (0, "", [])
        (shown,) = readme.code(readme.section("When it fails"), "text")

        def without_what_differs(text):
            text = re.sub(r"^.*(browser|viewers)  .*\n", "", text, flags=re.MULTILINE)  # of the machine
            return re.sub(r"LTAI…\w{4}|i-\w{20}|/\S*/ecsvnc-demo-\w+|:[0-9]+ |[0-9]+ ms", "<…>", text)

        assert without_what_differs(done.stdout) == without_what_differs(shown)


def write_config(cli, text):
    path = cli.home / ".config" / "ecsvnc" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


class TestCredentials:
    def test_a_wrong_secret_is_the_credentials_fault_and_is_not_shown(self, check):
        report = check("web-1", "--debug", ALIBABA_CLOUD_ACCESS_KEY_SECRET="wr0ng-secret-000000000001")
        assert (report.status, report.failed) == (4, ["credentials"])
        assert "The secret does not match the AccessKey id." in report.texts["credentials"]
        assert report.left_out == ["account", *PERMISSIONS]
        assert report.verdict == (
            "This machine cannot open the console of web-1 yet. First fix `credentials` (see above)."
        )
        assert "wr0ng" not in report.stderr + report.verdict + str(report.texts)

    def test_an_incomplete_credential_leaves_the_endpoint_to_be_tested(self, check):
        report = check(ALIBABA_CLOUD_ACCESS_KEY_SECRET="")
        assert (report.status, report.failed) == (4, ["credentials"])
        assert report.marks["endpoint"] == report.marks["clock"] == "ok"

    def test_without_any_credentials_it_tells_how_to_log_in(self, check):
        report = check(ALIBABA_CLOUD_ACCESS_KEY_ID="", ALIBABA_CLOUD_ACCESS_KEY_SECRET="")
        assert (report.status, report.failed) == (4, ["credentials"])
        assert "`ecsvnc config login`" in report.texts["credentials"]

    def test_a_failing_keyring_is_used_once_and_reported_first(self, cli, check_process, tmp_path):
        (tmp_path / "brokenring.py").write_text(
            "from keyring.backend import KeyringBackend\n"
            "import os, pathlib\n"
            "class Ring(KeyringBackend):\n"
            "    priority = 5\n"
            "    def get_password(self, service, username):\n"
            "        with pathlib.Path(os.environ['ASKED']).open('a') as file:\n"
            "            file.write('asked ')\n"
            "        raise RuntimeError('out of order')\n"
            "    set_password = delete_password = get_password\n"
        )
        write_config(
            cli, '[profiles.default]\naccess_key_id = "LTAI5tExample01"\nkeyring_backend = "brokenring.Ring"\n'
        )
        report = check_process(
            ALIBABA_CLOUD_ACCESS_KEY_ID="",
            ALIBABA_CLOUD_ACCESS_KEY_SECRET="",
            PYTHON_KEYRING_BACKEND="",
            PYTHONPATH=str(tmp_path),
            ASKED=str(tmp_path / "asked"),
        )
        assert (report.status, report.failed) == (4, ["keyring"])
        assert report.texts["credentials"] == "skipped: fix keyring first."
        assert (tmp_path / "asked").read_text() == "asked "

    @pytest.mark.parametrize("has_it", [True, False])
    def test_a_stored_vnc_password_is_looked_for_in_its_keyring(self, cli, ecs, tmp_path, has_it):
        (tmp_path / "vncring.py").write_text(
            "from keyring.backend import KeyringBackend\n"
            "class Ring(KeyringBackend):\n"
            "    priority = 5\n"
            f"    def get_password(self, service, username): return {'ecs123' if has_it else None!r}\n"
            "    set_password = delete_password = get_password\n"
        )
        instance_id = ecs.fleet.named("web-1").id
        write_config(cli, f'[vnc_passwords]\n{instance_id} = "vncring.Ring"\n')
        environ = ecs.exports() | {"PYTHONPATH": str(tmp_path)}
        done = cli.with_environ(**environ)("config", "check")
        assert done.status == 0
        (line,) = [line for line in done.stdout.splitlines() if " vnc-password " in line]
        assert line.startswith("✓ ok " if has_it else "! note ")
        assert instance_id in line
        assert "ecs123" not in done.stdout + done.stderr
        if not has_it:
            assert f"`ecsvnc config vnc-password {instance_id}`" in line

    def test_a_missing_keyring_is_a_note_if_the_credentials_come_from_elsewhere(self, check_process):
        report = check_process("web-1")
        assert (report.status, report.marks["keyring"]) == (0, "note")


class TestWayToTheService:
    def test_a_dead_endpoint_is_a_network_failure_reported_within_seconds(self, check):
        started_s = time.monotonic()
        report = check("web-1", ECSVNC_ENDPOINT=f"http://127.0.0.1:{closed_port()}")
        assert time.monotonic() - started_s < 20
        assert (report.status, report.failed) == (8, ["endpoint"])
        assert "refused the connection" in report.texts["endpoint"]
        assert report.left_out == ["clock", "account", *PERMISSIONS]
        assert "`endpoint`" in report.verdict

    def test_a_name_that_does_not_resolve_is_reported_as_dns(self, check):
        report = check(ECSVNC_ENDPOINT="https://ecs.nowhere.invalid")
        assert (report.status, report.failed) == (8, ["endpoint"])
        assert "DNS" in report.texts["endpoint"]

    def test_a_dead_proxy_is_reported_without_its_password(self, check):
        report = check(
            "--debug",
            ECSVNC_ENDPOINT="https://ecs.nowhere.invalid",
            HTTPS_PROXY=f"http://me:pr0xy-passw0rd@127.0.0.1:{closed_port()}",
        )
        assert (report.status, report.failed) == (8, ["endpoint"])
        assert "the proxy http://127.0.0.1:" in report.texts["endpoint"].lower()
        assert "HTTPS_PROXY" in report.texts["endpoint"]
        assert "pr0xy" not in report.stderr + report.verdict + str(report.texts)

    def test_an_endpoint_without_tls_is_reported_as_a_tls_failure(self, check, ecs):
        report = check(ECSVNC_ENDPOINT=ecs.origin.replace("http:", "https:"))
        assert (report.status, report.failed) == (8, ["endpoint"])
        assert "TLS" in report.texts["endpoint"]

    def test_an_answer_of_a_captive_portal_is_a_network_failure(self, check):
        def portal(connection):
            read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>")

        server = RawServer(portal)
        try:
            report = check(ECSVNC_ENDPOINT=server.origin)
        finally:
            server.stop()
        assert (report.status, report.failed) == (8, ["endpoint"])

    @pytest.mark.parametrize(
        ("ahead_s", "mark", "said"),
        [
            (-20 * 60, "note", "This clock is 20 minutes ahead, and the service allows 15 minutes"),
            (20 * 60, "note", "This clock is 20 minutes behind, and the service allows"),
            (5 * 60, "ok", "This clock is 5 minutes behind; the service allows 15 minutes."),
        ],
    )
    def test_a_clock_that_is_off_is_reported_and_corrected(self, cli, ahead_s, mark, said):
        """`ahead_s`: how far the service's clock is ahead of this machine's."""
        runtime = Runtime.of_this_process()
        with ExtendedEcs(replace(runtime, now=lambda: time.time() + ahead_s)) as elsewhere:
            report = Report(cli.with_environ(**NO_KEYRING, **elsewhere.exports())("config", "check", "web-1"))
        assert (report.status, report.failed) == (0, [])
        assert report.marks["clock"] == mark
        assert report.texts["clock"].startswith(said)


class TestPermissions:
    def test_the_permission_for_tickets_opens_consoles_by_id_and_the_missing_one_is_named(
        self, check, ecs, user_who_may
    ):
        web = ecs.fleet.named("web-1").id
        report = check(web, **user_who_may("ecs:DescribeInstanceVncUrl"))
        assert (report.status, report.failed) == (0, [])
        assert report.marks["ecs:DescribeInstances"] == "note"
        assert '"Action": ["ecs:DescribeInstances"]' in report.texts["ecs:DescribeInstances"]
        assert report.verdict == f"This machine can open the console of {web}, by its id only."

    def test_without_an_instance_the_permission_for_tickets_is_enough(self, check, user_who_may):
        report = check(**user_who_may("ecs:DescribeInstanceVncUrl"))
        assert (report.status, report.failed) == (0, [])
        assert report.verdict.startswith("Consoles can be opened by instance id only.")

    def test_without_the_permission_to_list_a_name_fails(self, check, user_who_may):
        report = check("web-1", **user_who_may("ecs:DescribeInstanceVncUrl"))
        assert (report.status, report.failed) == (4, ["ecs:DescribeInstances"])
        assert report.left_out == ["ecs:DescribeInstanceVncUrl"]
        assert report.verdict.startswith("This machine cannot open the console of web-1 yet.")

    def test_a_missing_permission_is_reported_with_the_policy_statement_that_allows_it(self, check, ecs, user_who_may):
        web = ecs.fleet.named("web-1").id
        report = check(web, **user_who_may("ecs:DescribeInstances"))
        assert (report.status, report.failed) == (4, ["ecs:DescribeInstanceVncUrl"])
        assert f'"Resource": ["acs:ecs:cn-hangzhou:*:instance/{web}"]' in report.texts[TICKET]


class TestInstance:
    @pytest.mark.parametrize(
        ("instance", "status", "said"),
        [
            ("db-1", 6, "is Stopped"),
            ("nope", 5, "No instance named nope in any region of account 1000000000000001."),
            ("dup", 5, "2 instances are named dup"),
        ],
    )
    def test_the_exit_status_is_that_of_the_failure_of_the_instance(self, check, instance, status, said):
        report = check(instance)
        assert (report.status, report.failed) == (status, ["ecs:DescribeInstanceVncUrl"])
        assert said in report.texts["ecs:DescribeInstanceVncUrl"]


class TestRegion:
    def test_an_unknown_region_of_the_option_is_a_failure_of_the_settings(self, check):
        for arguments in ((), ("web-1",)):
            report = check(*arguments, "--region", "cn-nowhere")
            assert (report.status, report.failed) == (5, ["settings"])
            assert report.texts["settings"].startswith("Unknown region cn-nowhere (--region).")
            assert report.marks["ecs:DescribeInstances"] == "ok"
            assert report.left_out == ["ecs:DescribeInstanceVncUrl"]
            assert "cannot open " in report.verdict
            assert report.verdict.endswith("First fix `settings` (see above).")

    @pytest.mark.parametrize("instance", ["web-1", None, "id"])
    def test_an_unknown_region_of_a_setting_is_a_note(self, check, ecs, instance):
        instance = ecs.fleet.named("web-1").id if instance == "id" else instance
        report = check(*([instance] if instance else []), ECSVNC_REGION="cn-nowhere")
        assert (report.status, report.failed) == (0, [])
        assert report.marks["settings"] == "note"
        assert "Unknown region cn-nowhere (ECSVNC_REGION)." in report.texts["settings"]
        assert report.marks["ecs:DescribeInstances"] == "ok"
        if instance:
            assert report.verdict == f"This machine can open the console of {instance}."
        else:
            assert report.verdict.startswith("No check failed.")

    def test_an_unknown_region_is_found_without_the_permission_to_list_regions(self, check, user_who_may):
        may = user_who_may("ecs:DescribeInstances", "ecs:DescribeInstanceVncUrl")
        report = check("--region", "cn-nowhere", **may)
        assert report.marks["settings"] == "FAIL"
        assert check("--region", "cn-beijing", **may).marks["settings"] == "ok"

    def test_an_invalid_region_is_a_failure_and_the_other_checks_are_made(self, check, ecs):
        report = check(ecs.fleet.named("web-1").id, ECSVNC_REGION="cn.nowhere")
        assert (report.status, report.failed) == (3, ["settings"])
        assert report.marks["ecs:DescribeInstances"] == "ok"

    def test_a_misspelt_region_is_answered_with_the_one_that_is_meant(self, check):
        assert check("--region", "cn-hangzou").texts["settings"].endswith("Did you mean cn-hangzhou?")

    def test_an_existing_region_adds_no_result(self, check):
        report = check("win-1", "--region", "cn-beijing")
        assert (report.status, report.failed, report.left_out) == (0, [], [])


class TestMachine:
    def test_a_browser_that_is_set_but_not_installed_is_a_note(self, check):
        report = check("web-1", ECSVNC_BROWSER="no-such-browser %s")
        assert (report.status, report.marks["browser"]) == (0, "note")
        assert report.texts["browser"].startswith("no-such-browser (from ECSVNC_BROWSER) was not found.")
        assert report.verdict.startswith("This machine can open the console of web-1.")

    def test_an_installed_browser_is_shown_with_the_setting_that_names_it(self, check):
        assert check(ECSVNC_BROWSER="no-such-browser:true --new %s").texts["browser"] == "true, from ECSVNC_BROWSER."

    def test_a_missing_display_is_the_reason_for_no_browser(self, check):
        report = check()
        assert (report.status, report.marks["browser"]) == (0, "note")
        assert "No display found." in report.texts["browser"]

    def test_a_viewer_that_is_set_but_not_installed_is_a_note(self, check):
        report = check(ECSVNC_VIEWER="no-such-viewer")
        assert (report.status, report.marks["viewers"]) == (0, "note")
        assert "no-such-viewer" in report.texts["viewers"]

    def test_an_invalid_value_is_reported_once_and_the_other_checks_are_made(self, check):
        report = check("web-1", ECSVNC_TIMEOUT="soon")
        assert (report.status, report.failed) == (3, ["settings"])
        assert report.marks["credentials"] == "ok"
        assert report.texts["endpoint"] == "skipped: fix settings first."
        assert report.verdict.endswith("First fix `settings` (see above).")

    def test_an_unreadable_file_is_reported_once(self, in_process, check):
        in_process.write_config("[profiles.default\n")
        report = check("web-1")
        assert (report.status, report.failed) == (3, ["settings"])
        assert "is not valid TOML" in report.texts["settings"]

    @pytest.mark.parametrize("arguments", [["--timeout", "soon"], ["--region", "Nowhere!"], ["a", "b"], ["\x1b[2J"]])
    def test_invalid_usage_is_an_error_before_any_check(self, cli, arguments):
        status, stdout, stderr = cli("config", "check", *arguments)
        assert (status, stdout) == (2, "")
        assert stderr.startswith("Error: ")


def test_on_a_terminal_it_shows_what_it_works_on_for_longer_than_a_second(cli, ecs, raw_server):
    def answer_late(connection):
        read_request(connection)
        time.sleep(1.4)

    environ = cli.with_environ(**(ecs.exports() | {"ECSVNC_ENDPOINT": raw_server(answer_late).origin})).environ
    with OnTerminal("config", "check", environ={**environ, "TERM": "xterm"}, columns=80) as run:
        assert run.status() == 8
        assert "Checking credentials" in run.shown
        assert re.search(r"\x1b\[31m\x1b\[1m✗ FAIL\x1b\[0m  endpoint", run.shown)
