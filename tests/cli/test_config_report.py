"""`ecsvnc config check --console` and `--report`: what a console is, and a report that gives nothing else away."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import replace

import pytest
from support.ecs.extended import ExtendedEcs
from support.ecs.faults import Fault
from support.in_process import InProcess

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.accounts import Identity
from ecsvnc.simulator.answers import success
from ecsvnc.simulator.fleet import Fleet, Instance
from ecsvnc.simulator.refusals import ApiError

MARKER = "zq7marker"
ID = f"i-bp1{MARKER}77777777"
VNC_PASSWORD = "Zq7mk1"


@pytest.fixture
def ecs():
    marked = Instance(
        ID,
        f"{MARKER}-name",
        "cn-hangzhou",
        private_ips=("10.77.66.55",),
        public_ips=("203.0.113.77",),
        tags={f"{MARKER}-key": f"{MARKER}-value"},
    )
    with ExtendedEcs(Runtime.of_this_process(), fleet=Fleet([*Fleet.demo(), marked])) as ecs:
        yield ecs


@pytest.fixture
def marked(ecs, tmp_path, capsys):
    """`marked("config", …)`: a run in whose world everything that has a name has the marker in it."""
    home = tmp_path / f"home-{MARKER}"
    home.mkdir()
    user = Identity(
        f"LTAI5t{MARKER}123456",
        f"secret-{MARKER}",
        name=f"user-{MARKER}",
        account_id="1077000000000077",
    )
    ecs.accounts.add(user)
    environ = {
        **ecs.exports(),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": user.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": user.access_key_secret,
        "HTTPS_PROXY": f"http://{MARKER}:{MARKER}@{MARKER}.example:3128",
        "BROWSER": f"/opt/{MARKER}/browser",
        "ECSVNC_VIEWER": f"/opt/{MARKER}/viewer {{host}}::{{port}}",
        "ECSVNC_REGION": f"xx-{MARKER}-1",
        "SSH_CONNECTION": "10.77.66.1 1 10.77.66.2 22",
    }
    run = InProcess(home, capsys, environ)
    run.write_config(f'default_profile = "{MARKER}"\n[profiles.{MARKER}]\nbrowser = "/opt/{MARKER}"\n')
    return run


def type_marker(ecs):
    machine = ecs.consoles.machine(ID)
    for character in MARKER:
        machine.key(ord(character), is_down=True)
        machine.key(ord(character), is_down=False)


def check_nothing_is_given_away(text, ecs):
    assert MARKER not in text.lower()
    for secret in ("1077", "10.77", "203.0.113", "127.0.0.1", "localhost", "/opt", "/tmp", "home", str(ecs.port), ID):
        assert secret not in text.replace(f'"port": {ecs.port}', ""), secret


def test_a_report_has_no_name_id_host_path_or_text_in_it(marked, ecs, tmp_path):
    type_marker(ecs)
    path = tmp_path / "report.json"
    finished = marked("config", "check", ID, "--console", "--report", str(path))
    assert finished.stdout.lower().count(MARKER) > 5  # what is printed has them
    text = path.read_text()
    check_nothing_is_given_away(text, ecs)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    report = json.loads(text)
    assert report["console"] | {"round_trip_ms": 0} == {
        "rfb_version": "RFB 003.008",
        "security_types": [1],
        "security_type": 1,
        "width": 720,
        "height": 400,
        "name_length": len(f"{MARKER}-name"),
        "pixel_format": {"bits_per_pixel": 32, "depth": 24, "is_big_endian": False, "is_true_colour": True},
        "encodings": report["console"]["encodings"],
        "has_extended_keys": True,
        "subprotocol": "binary",
        "close_codes": [],
        "round_trip_ms": 0,
        "screen": "text",
        "columns": 80,
        "rows": 25,
        "cell_width": 9,
        "cell_height": 16,
        "unknown": 0,
    }
    assert report["ticket"]["parameter_lengths"] == [64]
    assert report["credentials"] == {"source": "the environment", "is_temporary": False, "is_accepted": True}
    assert report["settings"]["region"] == "variable"
    assert report["settings"]["browser"] == "variable"


def test_nor_has_one_of_failures_whose_messages_are_full_of_them(marked, ecs, tmp_path):
    user = ecs.accounts.by_access_key(f"LTAI5t{MARKER}123456")
    ecs.accounts.add(replace(user, allowed_actions=frozenset({"ecs:DescribeInstances"})))
    path = tmp_path / "report.json"
    finished = marked("config", "check", ID, "--console", "--report", str(path))
    assert finished.status == 4
    assert MARKER in finished.stdout
    text = path.read_text()
    check_nothing_is_given_away(text, ecs)
    checks = {each["name"]: each for each in json.loads(text)["checks"]}
    assert checks["ecs:DescribeInstanceVncUrl"]["error"] == "PermissionDeniedError"
    assert checks["ecs:DescribeInstanceVncUrl"]["code"] == "Forbidden.RAM"
    assert checks["console"]["status"] == "skipped"
    assert json.loads(text)["console"] is None


@pytest.mark.parametrize("code", [f"Bad.{MARKER}", f"{MARKER} said", "x" * 90])
def test_a_code_in_another_form_than_documented_is_left_out(marked, ecs, tmp_path, code):
    ecs.faults.add(Fault(ApiError(403, code, f"{MARKER} says no"), action="DescribeInstanceVncUrl", times=None))
    path = tmp_path / "report.json"
    marked("config", "check", ID, "--report", str(path))
    check_nothing_is_given_away(path.read_text(), ecs)


def test_nor_has_one_of_a_console_at_an_address_full_of_them(marked, ecs, tmp_path):
    vnc_url = f"ws%3A%2F%2F{MARKER}.invalid%3A8077%2F{MARKER}%2F%3F{MARKER}%3D{MARKER}"
    answer = success({"VncUrl": vnc_url}, action="DescribeInstanceVncUrl", request_id="R-1", form="JSON")
    ecs.faults.add(Fault(answer, action="DescribeInstanceVncUrl", times=None))
    path = tmp_path / "report.json"
    assert marked("config", "check", ID, "--console", "--report", str(path)).status != 0
    check_nothing_is_given_away(path.read_text(), ecs)
    ticket = json.loads(path.read_text())["ticket"]
    assert ticket["is_alibaba_cloud_host"] is ticket["is_documented_path"] is False
    assert ticket["parameter_lengths"] == [len(MARKER)]


def test_nor_one_of_a_chosen_profile_or_of_no_credentials_at_all(marked, ecs, tmp_path):
    for number, arguments in enumerate((["--profile", MARKER], ["--endpoint", f"https://{MARKER}.invalid/"])):
        path = tmp_path / f"report-{number}.json"
        assert marked("config", "check", ID, "--report", str(path), *arguments).status != 0
        check_nothing_is_given_away(path.read_text(), ecs)


def test_a_desktop_is_a_picture_in_it(in_process, tmp_path):
    path = tmp_path / "report.json"
    in_process("config", "check", "win-1", "--console", "--report", str(path))
    console = json.loads(path.read_text())["console"]
    assert (console["screen"], console["columns"], console["unknown"]) == ("picture", None, None)


def test_the_console_is_described_on_its_line(in_process, ecs):
    finished = in_process("config", "check", "web-1", "--console")
    (line,) = [line for line in finished.stdout.splitlines() if re.search(r"ok +console ", line)]
    assert 'RFB 3.8; offers no authentication. 720 x 400 pixels, named "web-1".' in line
    assert "Its text can be read: 80 columns, 25 rows." in line
    assert re.search(r"Round trip \d+ ms\.", line)
    assert finished.status == 0
    assert [call.action for call in ecs.calls].count("DescribeInstanceVncUrl") == 1


def test_a_console_that_wants_a_password_which_is_not_stored_is_a_failure(in_process, ecs):
    ecs.fleet.named("web-1").vnc_password = VNC_PASSWORD
    finished = in_process("config", "check", "web-1", "--console")
    assert finished.status == 9
    assert re.search(r"FAIL +console +.*VNC password", finished.stdout)


def test_without_console_none_is_opened(in_process, ecs):
    in_process("config", "check", "web-1")
    assert ecs.consoles.sessions == []


def test_invalid_usage_is_reported_before_anything_is_checked(in_process, ecs, tmp_path):
    (tmp_path / "there.json").write_text("mine")
    assert in_process("config", "check", "--console").status == 2
    for path in (tmp_path / "there.json", tmp_path / "no" / "folder.json"):
        finished = in_process("config", "check", "--report", str(path))
        assert (finished.status, finished.stdout) == (2, "")
        assert str(path) in finished.stderr
    assert in_process("config", "check", "--report", "-").stderr.startswith(
        "Error: --report writes a file, not stdout."
    )
    assert (tmp_path / "there.json").read_text() == "mine"
    assert ecs.calls == []
