from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest
from support.ecs.extended import ExtendedEcs
from support.ecs.faults import Fault

from ecsvnc.capture.screenshots import ScreenshotScreen
from ecsvnc.capture.until import TextNotSeenError, look_until
from ecsvnc.ecs.instance import Instance
from ecsvnc.errors import InstanceNotFoundError, PermissionDeniedError, StateError, UnexpectedAnswerError
from ecsvnc.http.transport import Transport
from ecsvnc.instances.cache import InstanceCache
from ecsvnc.instances.finder import InstanceFinder
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.openapi.client import Client
from ecsvnc.openapi.endpoints import Endpoints
from ecsvnc.screen.text_screen import UNKNOWN
from ecsvnc.simulator.answers import success
from ecsvnc.simulator.power import STARTING_S
from ecsvnc.simulator.refusals import refused
from ecsvnc.tickets.budget import SCREENSHOTS, Budget


@pytest.fixture
def ecs(scene):
    with ExtendedEcs(scene.runtime) as ecs:
        yield ecs


@pytest.fixture
def screen(ecs, scene, tmp_path):
    def screen(name="web-1"):
        client = Client(
            runtime=scene.runtime,
            transport=Transport(scene.runtime),
            access_key=lambda: AccessKey(ecs.identity.access_key_id, ecs.identity.access_key_secret),
            endpoints=Endpoints(override=ecs.origin),
            budget_s=60,
        )
        known = ecs.fleet.named(name)
        instance = Instance(known.id, known.name, known.region_id, known.status, known.os_type)
        budget = Budget(tmp_path, runtime=scene.runtime, limit=SCREENSHOTS)
        cache = InstanceCache(tmp_path / "instances.json", scene.runtime)
        finder = InstanceFinder(client, cache, runtime=scene.runtime)
        return ScreenshotScreen(client, finder, instance, budget, runtime=scene.runtime)

    return screen


def screenshots(ecs):
    return [call for call in ecs.calls if call.action == "GetInstanceScreenshot"]


@pytest.mark.parametrize("name", ["web-1", "dup"])
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_the_text_is_read_off_the_picture(screen, ecs, scene, name, form):
    ecs.fleet.named(name).screenshot_format = form
    machine = ecs.consoles.machine(ecs.fleet.named(name).id)
    shot = screen(name).look()
    assert shot.source == "screenshot"
    assert shot.taken_at == scene.at_s
    read = "\n".join(line.ljust(80) for line in shot.lines[:24])
    shown = "\n".join(line.ljust(80) for line in machine.text.split("\n")[:24])
    assert [one for one, other in zip(read, shown, strict=True) if one not in (other, UNKNOWN)] == []
    # Compression changes a few cells too much; what is not compressed with loss is read to the last.
    assert read.count(UNKNOWN) <= (20 if form == "JPEG" else 0)


def test_a_desktop_is_no_text(screen):
    shot = screen("win-1").look()
    assert not shot.is_text
    assert shot.lines == ()
    assert (shot.framebuffer.width, shot.framebuffer.height) == (720, 400)


def test_the_next_one_waits_and_reports_it_whichever_process_took_the_last(screen, ecs, scene):
    screen().look()
    began = scene.at_s
    screen().look()
    assert scene.at_s == pytest.approx(began + 10)
    assert scene.warnings == [
        f"ECS takes one screenshot of {ecs.fleet.named('web-1').id} every 10 s. The next one waits 10 s."
    ]
    assert [call.code for call in screenshots(ecs)] == ["", ""]


def test_until_looks_every_ten_seconds_and_says_nothing_of_it(screen, ecs, scene):
    began = scene.at_s
    looker = screen()
    with pytest.raises(TextNotSeenError) as caught:
        look_until(looker, looker.look(), re.compile("nonsense"), within_s=35, runtime=scene.runtime)
    assert "web-1 login:" in "\n".join(caught.value.last.lines)
    assert [round(call.at - began) for call in screenshots(ecs)] == [0, 10, 20, 30]
    assert scene.at_s == pytest.approx(began + 35)
    assert scene.warnings == []


def test_until_rides_out_a_reboot_and_a_service_that_fails(screen, ecs, scene):
    web = ecs.fleet.named("web-1")
    machine = ecs.consoles.machine(web.id)
    for keysym in map(ord, "root"):
        machine.key(keysym, is_down=True)
    pattern = re.compile(r"login:\s*$", re.MULTILINE)
    looker = screen()
    assert not pattern.search("\n".join(looker.look().lines))
    web.status = "Starting"
    assert looker.next(60) is None
    web.status = "Running"
    ecs.faults.add(Fault(refused("InternalError"), action="GetInstanceScreenshot", times=5))
    assert looker.next(60) is None
    with machine.lock:
        machine.restart(scene.at_s + STARTING_S)
    scene.sleep(10)
    assert look_until(looker, looker.look(), pattern, within_s=60, runtime=scene.runtime)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"status": "Stopped"}, StateError, "is Stopped; a screenshot needs it running"),
        ({"region_id": "cn-beijing"}, InstanceNotFoundError, "No instance"),
    ],
)
def test_a_first_look_that_fails_is_an_error(screen, ecs, change, error, words):
    looker = screen()
    for name, value in change.items():
        setattr(ecs.fleet.named("web-1"), name, value)
    with pytest.raises(error, match=words):
        looker.look()


def test_without_the_permission_it_says_which_is_missing(screen, ecs):
    ecs.accounts.add(replace(ecs.identity, allowed_actions=frozenset({"ecs:DescribeInstances"})))
    with pytest.raises(PermissionDeniedError, match="ecs:GetInstanceScreenshot"):
        screen().look()


def test_what_is_no_picture_is_not_an_answer_of_the_api(screen, ecs):
    values = {"InstanceId": "i-1", "Screenshot": base64.b64encode(b"not a picture").decode()}
    answer = success(values, action="GetInstanceScreenshot", request_id="R-1", form="JSON")
    ecs.faults.add(Fault(answer, action="GetInstanceScreenshot"))
    with pytest.raises(UnexpectedAnswerError, match="not a PNG or JPEG"):
        screen().look()
