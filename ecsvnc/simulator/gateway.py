"""The way into the embedded API: which action, who calls, may it be answered, and in which format.

In the order in which a call is judged: method and path, parameters, version and action, signature, planned faults,
then the action itself. Every refusal is an `ApiError`, and becomes an answer here and nowhere else.
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from ecsvnc.loopback.server import ServerRequest, ServerResponse, Upgrade
from ecsvnc.runtime import Runtime
from ecsvnc.simulator import answers, refusals
from ecsvnc.simulator.accounts import ANONYMOUS, Identity
from ecsvnc.simulator.actions import Action, Backend, Call
from ecsvnc.simulator.answers import ApiError, Format
from ecsvnc.simulator.authentication import Authentication
from ecsvnc.simulator.claims import claim
from ecsvnc.simulator.faults import Fault, Faults
from ecsvnc.simulator.registry import BY_VERSION_AND_NAME, VERSIONS
from ecsvnc.simulator.request import ApiRequest

_REMEMBERED_CALLS = 10_000
_REMEMBERED_CHARACTERS = 8 * 1024
"""Of one call's parameters: the longest that a call can need, a list of 100 ids, is a third of it."""

_LONGEST_NAME = 128
_SECRET_PARAMETERS = frozenset({"Signature", "SecurityToken", "VncPassword", "OIDCToken"})


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One request that was answered. `code` is empty if it was done; `at` is POSIX seconds. It holds no secret.

    What is longer than any sensible call is left out: anyone on this machine can send calls, and ten thousand are kept.
    """

    at: float
    action: str
    parameters: Mapping[str, str] = field(repr=False)
    scheme: str
    access_key_id: str
    status: int
    code: str

    @property
    def region_id(self) -> str:
        """The RegionId it was for; empty if it had none."""
        return self.parameters.get("RegionId", "")


class Gateway:
    """Answers API requests. Safe to use from several threads."""

    def __init__(
        self, *, authentication: Authentication, backend: Backend, faults: Faults, runtime: Runtime, latency_s: float
    ) -> None:
        self._authentication = authentication
        self._backend = backend
        self._faults = faults
        self._runtime = runtime
        self._lock = threading.Lock()
        self._calls: deque[CallRecord] = deque(maxlen=_REMEMBERED_CALLS)
        self.latency_s = latency_s

    @property
    def calls(self) -> list[CallRecord]:
        """The latest requests, oldest first."""
        with self._lock:
            return list(self._calls)

    def answer(self, request: ServerRequest) -> ServerResponse | Upgrade:
        """Judge one request, and do what it asks. Waits `latency_s` first, as a far-away service would."""
        if self.latency_s > 0:
            self._runtime.sleep(self.latency_s)
        request_id = str(uuid.UUID(bytes=self._runtime.random_bytes(16), version=4)).upper()
        api_request: ApiRequest | None = None
        # Until the parameters are known, only the header can say in which format a refusal is understood.
        form: Format = "JSON" if "application/json" in request.header("accept") else "XML"
        try:
            if request.method not in {"GET", "POST"}:
                raise refusals.unsupported_method()
            if request.path not in {"", "/"}:
                raise refusals.no_such_api()
            api_request = ApiRequest.parse(request)
            form = api_request.answer_format
            answer = self._answer(api_request, form, request_id)
            code = ""
        except ApiError as error:
            host_id = request.header("host")
            answer = _response(answers.refusal(error, host_id=host_id, request_id=request_id, form=form))
            code = error.code
        self._record(api_request, answer, code)
        return answer

    def _answer(self, request: ApiRequest, form: Format, request_id: str) -> ServerResponse | Upgrade:
        if request.parameters.get("Format", "JSON").upper() not in {"JSON", "XML"}:
            raise refusals.unsupported_format()
        action = _action(request)
        identity = ANONYMOUS if action.is_unsigned and not request.is_signed else self._caller(request)
        fault = self._faults.take(action.name, request.parameters.get("RegionId"))
        if fault is not None and (instead := self._suffer(fault)) is not None:
            return instead
        self._backend.fleet.boot(now_s=self._runtime.monotonic())
        values = action.answer(
            Call(action, request.headers.get("host", ""), request.parameters, identity, self._backend)
        )
        return _response(answers.success(values, action=action.name, request_id=request_id, form=form))

    def _caller(self, request: ApiRequest) -> Identity:
        made = claim(request)
        if made is None:
            raise (
                refusals.incomplete_signature("It is not signed.")
                if request.is_acs3
                else refusals.missing("AccessKeyId")
            )
        return self._authentication.authenticate(made, now=self._runtime.now())

    def _suffer(self, fault: Fault) -> ServerResponse | Upgrade | None:
        if fault.delay_s > 0:
            self._runtime.sleep(fault.delay_s)
        if isinstance(fault.instead, ApiError):
            raise fault.instead
        return fault.instead

    def _record(self, request: ApiRequest | None, answer: ServerResponse | Upgrade, code: str) -> None:
        record = CallRecord(
            at=self._runtime.now(),
            action=request.action[:_LONGEST_NAME] if request else "",
            parameters=_worth_remembering(request.parameters) if request else {},
            scheme="ACS3-HMAC-SHA256" if request and request.is_acs3 else "HMAC-SHA1",
            access_key_id=request.access_key_id[:_LONGEST_NAME] if request else "",
            status=answer.status if isinstance(answer, ServerResponse) else 0,
            code=code,
        )
        with self._lock:
            self._calls.append(record)


def _worth_remembering(parameters: Mapping[str, str]) -> Mapping[str, str]:
    kept = {name: value for name, value in parameters.items() if name not in _SECRET_PARAMETERS}
    return kept if sum(len(name) + len(value) for name, value in kept.items()) <= _REMEMBERED_CHARACTERS else {}


def _action(request: ApiRequest) -> Action:
    if not request.action:
        raise refusals.missing("Action")
    if not request.version:
        raise refusals.missing("Version")
    if request.version not in VERSIONS:
        raise refusals.invalid_version()
    action = BY_VERSION_AND_NAME.get((request.version, request.action))
    if action is None:
        raise refusals.no_such_action()
    return action


def _response(answer: answers.Answer) -> ServerResponse:
    return ServerResponse(answer.status, answer.headers, answer.body)
