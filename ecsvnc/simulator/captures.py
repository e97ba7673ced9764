"""GetInstanceScreenshot and GetInstanceConsoleOutput: a machine's screen and log, without a console session.

Sources: their pages in the ECS API reference. The pages name JPEG, their samples contain PNG: here an instance has
either. That GetInstanceConsoleOutput has the same interval as the screenshot is an assumption.
"""

from __future__ import annotations

import base64
import io
import re
import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.call import Call
from ecsvnc.simulator.consoles import Consoles
from ecsvnc.simulator.fleet import Instance
from ecsvnc.simulator.framebuffer import Framebuffer
from ecsvnc.simulator.refusals import ApiError

INTERVAL_S = 10.0
"""How long after a call the next one of the same action on the same instance is refused."""

_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

_CHINA_TIME = timezone(timedelta(hours=8))


class Captures:
    """Takes screenshots and console outputs. Safe for several threads."""

    def __init__(self, runtime: Runtime, consoles: Consoles) -> None:
        self._runtime = runtime
        self._consoles = consoles
        self._lock = threading.Lock()
        self._taken_at_s: dict[tuple[str, str], float] = {}

    def get_instance_screenshot(self, call: Call) -> dict[str, Any]:
        """Answer with the picture of the screen. WakeUp has no effect: no simulated machine sleeps."""
        call.flag("WakeUp")
        instance = _running_instance(call)
        self._claim(call.action.name, instance.id)
        machine = self._consoles.machine(instance.id)
        with machine.lock:
            machine.draw()
            picture = _picture(machine.framebuffer, instance.screenshot_format)
        return {"InstanceId": instance.id, "Screenshot": base64.b64encode(picture).decode()}

    def get_instance_console_output(self, call: Call) -> dict[str, Any]:
        """Answer with the serial console's output since the last start, and the time of its last line."""
        removes_symbols = call.flag("RemoveSymbols")
        instance = _running_instance(call)
        machine = self._consoles.machine(instance.id)
        with machine.lock:
            written = machine.serial_output()
        if written is None:
            raise ApiError(405, "NotSupported", "Windows instances do not support this operation.")
        self._claim(call.action.name, instance.id)
        text, at = written
        text = _ESCAPE_SEQUENCE.sub("", text) if removes_symbols else text
        return {
            "InstanceId": instance.id,
            "ConsoleOutput": base64.b64encode(text.encode()).decode(),
            "LastUpdateTime": datetime.fromtimestamp(round(at, 3), UTC)
            .astimezone(_CHINA_TIME)
            .strftime("%Y-%m-%d %H:%M:%S"),
        }

    def _claim(self, action: str, instance_id: str) -> None:
        now_s = self._runtime.monotonic()
        with self._lock:
            if now_s < self._taken_at_s.get((action, instance_id), -INTERVAL_S) + INTERVAL_S:
                raise ApiError(429, "Throttling", "Request was denied due to request throttling.")
            self._taken_at_s[action, instance_id] = now_s


def _running_instance(call: Call) -> Instance:
    """The instance of a call. Raises ApiError with the codes of these actions, which differ from other actions'."""
    for name in ("RegionId", "InstanceId"):
        if not call.parameters.get(name):
            raise ApiError(400, "MissingParameter", f"The input parameter {name} that is mandatory is not supplied.")
    region_id = call.region_id()
    call.require_permission(call.instance_arn(call.parameters["InstanceId"]))
    instance = call.fleet.get(call.parameters["InstanceId"])
    if instance is None or instance.region_id != region_id:
        raise ApiError(404, "InvalidParameter", "The specified InstanceId is invalid.")
    if instance.status != "Running":
        raise ApiError(405, "IncorrectInstanceStatus", "The current status of the instance does not support this.")
    return instance


def _picture(framebuffer: Framebuffer, form: str) -> bytes:
    from PIL import Image  # costs 30 ms, and only screenshots need it

    size = (framebuffer.width, framebuffer.height)
    image = Image.frombytes("RGB", size, bytes(framebuffer.pixels), "raw", "BGRX")
    file = io.BytesIO()
    image.save(file, form, **({"quality": 85} if form == "JPEG" else {}))
    return file.getvalue()
