"""Checks requests to the embedded API, and answers them.

In this order: method and path, parameters, version and action, signature, then the action itself. Every refusal is an
`ApiError`, which only this module turns into an answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from ecsvnc.loopback.server import ServerRequest, ServerResponse
from ecsvnc.runtime import Runtime
from ecsvnc.simulator import answers
from ecsvnc.simulator.accounts import Accounts
from ecsvnc.simulator.answers import Format
from ecsvnc.simulator.authentication import Authentication
from ecsvnc.simulator.call import VERSIONS, Action, Call
from ecsvnc.simulator.fleet import Fleet
from ecsvnc.simulator.refusals import ApiError, missing, refused
from ecsvnc.simulator.request import ApiRequest


class Gateway:
    """Answers calls of `actions`, each after `latency_s`.

    Safe for several threads.
    """

    def __init__(
        self, actions: Iterable[Action], *, accounts: Accounts, fleet: Fleet, runtime: Runtime, latency_s: float
    ) -> None:
        self.actions = {(VERSIONS[each.product], each.name): each for each in actions}
        """By version and name."""
        self._authentication = Authentication(accounts)
        self._fleet = fleet
        self._runtime = runtime
        self._latency_s = latency_s

    def answer(self, request: ServerRequest) -> ServerResponse:
        """Answer one request, `latency_s` after it arrived."""
        due_s = self._runtime.monotonic() + self._latency_s
        answer = self._answer(request)
        if self._latency_s > 0:
            self._runtime.sleep(max(0.0, due_s - self._runtime.monotonic()))
        return answer

    def _answer(self, request: ServerRequest) -> ServerResponse:
        request_id = str(uuid.UUID(bytes=self._runtime.random_bytes(16), version=4)).upper()
        # Until the parameters are parsed, only the header tells the format.
        form: Format = "JSON" if "application/json" in request.header("accept") else "XML"
        try:
            if request.method not in {"GET", "POST"}:
                raise refused("UnsupportedHTTPMethod")
            if request.path not in {"", "/"}:
                raise refused("InvalidApi.NotFound")
            api_request = ApiRequest.parse(request)
            form = api_request.answer_format
            call = self._call(api_request)
            return answers.success(call.action.answer(call), action=call.action.name, request_id=request_id, form=form)
        except ApiError as error:
            return answers.refusal(error, host_id=request.header("host"), request_id=request_id, form=form)

    def _call(self, request: ApiRequest) -> Call:
        if request.parameters.get("Format", "JSON").upper() not in {"JSON", "XML"}:
            raise refused("InvalidParameter.Format")
        action = self._action(request)
        identity = self._authentication.authenticate(request, now=self._runtime.now())
        host = request.headers.get("host", "")
        return Call(action, host, request.parameters, identity, self._fleet, self._runtime.random_bytes)

    def _action(self, request: ApiRequest) -> Action:
        if not request.action:
            raise missing("Action")
        if not request.version:
            raise missing("Version")
        if request.version not in VERSIONS.values():
            raise refused("InvalidVersion")
        action = self.actions.get((request.version, request.action))
        if action is None:
            raise refused("InvalidAction.NotFound")
        return action
