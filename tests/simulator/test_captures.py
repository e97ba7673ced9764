from __future__ import annotations

import base64
import io
from dataclasses import replace

import pytest
from PIL import Image, ImageChops

from ecsvnc.simulator.captures import INTERVAL_S

CAPTURES = ["GetInstanceScreenshot", "GetInstanceConsoleOutput"]


@pytest.fixture
def capture(caller, ecs):
    def capture(action, name="web-1", **parameters):
        instance = ecs.fleet.named(name)
        return caller.acs3(action, {"RegionId": instance.region_id, "InstanceId": instance.id, **parameters})

    return capture


def screen_of(ecs, name):
    framebuffer = ecs.consoles.machine(ecs.fleet.named(name).id).framebuffer
    return Image.frombytes("RGB", (framebuffer.width, framebuffer.height), bytes(framebuffer.pixels), "raw", "BGRX")


@pytest.mark.parametrize(("name", "form", "mean_difference"), [("web-1", "PNG", 0), ("win-1", "JPEG", 4)])
def test_a_screenshot_is_the_picture_on_the_screen(capture, ecs, name, form, mean_difference):
    reply = capture("GetInstanceScreenshot", name)
    assert reply.status == 200
    assert reply.json.keys() == {"RequestId", "InstanceId", "Screenshot"}
    image = Image.open(io.BytesIO(base64.b64decode(reply.json["Screenshot"])))
    assert image.format == form
    difference = ImageChops.difference(image.convert("RGB"), screen_of(ecs, name)).convert("L")
    mean = sum(value * count for value, count in enumerate(difference.histogram())) / (image.width * image.height)
    assert mean <= mean_difference


def test_the_console_output_is_the_machines_boot_log_as_a_serial_console_gets_it(capture):
    reply = capture("GetInstanceConsoleOutput")
    assert reply.json.keys() == {"RequestId", "InstanceId", "ConsoleOutput", "LastUpdateTime"}
    output = base64.b64decode(reply.json["ConsoleOutput"]).decode()
    assert output.startswith("[ 0.000000] Simulated Linux of ecsvnc demo")
    assert "\r\n[  \x1b[0;32mOK\x1b[0m  ] Started OpenSSH server daemon.\r\n" in output
    assert output.endswith("\r\nweb-1 login: ")


def test_its_time_is_that_of_the_last_line_in_china(capture, ecs, scene):
    ecs.consoles.machine(ecs.fleet.named("web-1").id)  # booted at 08:00:00 UTC
    scene.sleep(3600)
    assert capture("GetInstanceConsoleOutput").json["LastUpdateTime"] == "2027-01-15 16:00:00"


def test_symbols_can_be_removed(capture):
    output = base64.b64decode(capture("GetInstanceConsoleOutput", RemoveSymbols="true").json["ConsoleOutput"])
    assert b"[  OK  ] Started OpenSSH server daemon.\r\n" in output
    assert b"\x1b" not in output


def test_windows_has_no_console_output(capture):
    assert capture("GetInstanceConsoleOutput", "win-1").outcome == (405, "NotSupported")


@pytest.mark.parametrize("action", CAPTURES)
class TestBoth:
    def test_the_next_one_of_the_same_instance_has_to_wait(self, capture, scene, action):
        assert capture(action).status == 200
        assert capture(action).outcome == (429, "Throttling")
        assert capture(action, "dup").status == 200
        scene.sleep(INTERVAL_S - 0.5)
        assert capture(action).outcome == (429, "Throttling")
        scene.sleep(0.5)
        assert capture(action).status == 200

    @pytest.mark.parametrize("status", ["Pending", "Starting", "Stopping", "Stopped"])
    def test_only_a_running_instance_has_one(self, capture, ecs, action, status):
        ecs.fleet.named("web-1").status = status
        assert capture(action).outcome == (405, "IncorrectInstanceStatus")

    @pytest.mark.parametrize(
        ("parameters", "outcome"),
        [
            ({"InstanceId": ""}, (400, "MissingParameter")),
            ({"RegionId": ""}, (400, "MissingParameter")),
            ({"InstanceId": "i-bp100000000000000000"}, (404, "InvalidParameter")),
            ({"RegionId": "cn-beijing"}, (404, "InvalidParameter")),
            ({"RegionId": "cn-atlantis"}, (404, "InvalidRegionId.NotFound")),
        ],
    )
    def test_invalid_parameters_are_refused(self, capture, action, parameters, outcome):
        assert capture(action, **parameters).outcome == outcome

    def test_it_needs_a_permission(self, capture, ecs, action):
        ecs.accounts.add(replace(ecs.identity, allowed_actions=frozenset({"ecs:DescribeInstances"})))
        reply = capture(action)
        assert reply.outcome == (403, "Forbidden.RAM")
        assert reply.json["AccessDeniedDetail"]["AuthAction"] == f"ecs:{action}"


@pytest.mark.parametrize(("action", "flag"), [(CAPTURES[0], "WakeUp"), (CAPTURES[1], "RemoveSymbols")])
def test_a_flag_is_true_or_false(capture, action, flag):
    assert capture(action, **{flag: "1"}).outcome == (400, f"Invalid{flag}")
    assert capture(action, **{flag: "true"}).status == 200
