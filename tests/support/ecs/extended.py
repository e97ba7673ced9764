"""The embedded ECS with what no command of ecsvnc calls: roles, the metadata service, more actions, planned faults.

/latest/         the metadata service of an instance, and
/credentials/    a credentials URI: both answer once a role is attached (`metadata.attach`)
"""

from __future__ import annotations

import json
import secrets
import threading
import uuid
from dataclasses import dataclass, field, replace
from functools import partial
from xml.etree import ElementTree as ET

from support.ecs import instance_actions, sts
from support.ecs.faults import Faults
from support.ecs.metadata import Metadata

from ecsvnc.loopback.server import ServerResponse
from ecsvnc.simulator import answers
from ecsvnc.simulator.accounts import Identity
from ecsvnc.simulator.call import VERSIONS, Action, Call
from ecsvnc.simulator.embedded import EmbeddedEcs
from ecsvnc.simulator.refusals import ApiError
from ecsvnc.simulator.request import ApiRequest

ANONYMOUS = Identity("", "", allowed_actions=frozenset(), name="")
"""The caller of what needs no signature."""

SECRET_PARAMETERS = frozenset({"Signature", "SecurityToken", "VncPassword", "OIDCToken"})


@dataclass(frozen=True)
class CallRecord:
    """One request to the API that was answered. `code` is empty if it succeeded; it holds no secret."""

    at: float
    action: str
    parameters: dict[str, str] = field(repr=False)
    scheme: str
    access_key_id: str
    status: int
    code: str

    @property
    def region_id(self):
        return self.parameters.get("RegionId", "")


class AnsweredOtherwiseError(Exception):
    """Answer the call with these bytes, or close its connection."""

    def __init__(self, response):
        super().__init__()
        self.response = response


class ExtendedEcs(EmbeddedEcs):
    """`sts` (its roles), `metadata` and `faults` may be changed while it runs; `calls` are the API requests so far."""

    def __init__(self, runtime, **options):
        self._lock = threading.Lock()
        self._calls = []
        self._tests_runtime = runtime
        self._is_stopping = threading.Event()
        self.faults = Faults()
        super().__init__(runtime, **options)
        self.sts = sts.TokenService(self.accounts, now=runtime.now, random_bytes=runtime.random_bytes)
        self.metadata = Metadata(runtime, self.sts)
        more = [
            Action("DescribeInstanceStatus", instance_actions.describe_instance_status),
            Action("ModifyInstanceVncPasswd", instance_actions.modify_instance_vnc_passwd),
            Action("AssumeRole", partial(sts.assume_role, service=self.sts), product="sts"),
            Action("AssumeRoleWithOIDC", partial(sts.assume_role_with_oidc, service=self.sts), product="sts"),
        ]
        actions = self.gateway.actions
        actions |= {(VERSIONS[each.product], each.name): each for each in more}
        for key, action in list(actions.items()):
            actions[key] = replace(action, answer=self._with_faults(action.answer))

    def stop(self):
        self._is_stopping.set()
        super().stop()

    @property
    def calls(self):
        with self._lock:
            return list(self._calls)

    def answer(self, request):
        if self.metadata.is_mine(request.path):
            return self.metadata.answer(request)
        try:
            response = self._answer_without_signature(request) or super().answer(request)
        except AnsweredOtherwiseError as instead:
            response = instead.response
        if request.path in {"", "/"}:
            self._record(request, response)
        return response

    def _answer_without_signature(self, request):
        """Answer AssumeRoleWithOIDC, where the token is the proof of who calls; None for anything else."""
        if request.path not in {"", "/"}:
            return None
        try:
            asked = ApiRequest.parse(request)
        except ApiError:
            return None
        is_signed = "authorization" in asked.headers or {"AccessKeyId", "Signature"} & asked.parameters.keys()
        if asked.action != "AssumeRoleWithOIDC" or is_signed:
            return None
        action = self.gateway.actions[asked.version, asked.action]
        call = Call(action, request.header("host"), asked.parameters, ANONYMOUS, self.fleet, secrets.token_bytes)
        context = {"request_id": str(uuid.uuid4()).upper(), "form": asked.answer_format}
        try:
            return answers.success(action.answer(call), action=action.name, **context)
        except ApiError as error:
            return answers.refusal(error, host_id=call.host, **context)

    def _with_faults(self, answer):
        def answer_with_faults(call: Call):
            fault = self.faults.take(call.action.name, call.parameters.get("RegionId"))
            if fault is not None:
                if fault.delay_s > 0:
                    self._delay(fault.delay_s)
                if isinstance(fault.instead, ApiError):
                    raise fault.instead
                if fault.instead is not None:
                    raise AnsweredOtherwiseError(fault.instead)
            return answer(call)

        return answer_with_faults

    def _delay(self, seconds):
        """Wait, by the clock of this ECS; no longer than it is there."""
        runtime = self._tests_runtime
        until = runtime.monotonic() + seconds
        while (left_s := until - runtime.monotonic()) > 0 and not self._is_stopping.is_set():
            runtime.sleep(min(left_s, 0.05))

    def _record(self, request, response):
        try:
            asked = ApiRequest.parse(request)
        except ApiError:
            return
        if asked.is_acs3:
            access_key_id = asked.headers.get("authorization", "").partition("Credential=")[2].partition(",")[0]
        else:
            access_key_id = asked.parameters.get("AccessKeyId", "")
        record = CallRecord(
            at=self._tests_runtime.now(),
            action=asked.action,
            parameters={name: value for name, value in asked.parameters.items() if name not in SECRET_PARAMETERS},
            scheme="ACS3-HMAC-SHA256" if asked.is_acs3 else "HMAC-SHA1",
            access_key_id=access_key_id,
            status=getattr(response, "status", 0),
            code=_code(response),
        )
        with self._lock:
            self._calls.append(record)


def _code(response):
    if not isinstance(response, ServerResponse) or response.status == 200:
        return ""
    try:
        return json.loads(response.body)["Code"]
    except ValueError:
        return ET.fromstring(response.body).findtext("Code")
