"""One call of an action: signed, sent, and retried where that helps.

Pure functions decide (`signature`, `endpoints`, `retry`, `codes`, `answers`); this file has the clock, the nonces and
the transport.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from ecsvnc.errors import (
    ClockError,
    ConnectError,
    CredentialsError,
    EcsvncError,
    NetworkError,
    RegionNotFoundError,
    UnexpectedAnswerError,
)
from ecsvnc.http.messages import HttpRequest, HttpResponse
from ecsvnc.http.transport import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from ecsvnc.openapi import retry
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.openapi.action import Action
from ecsvnc.openapi.answers import not_an_error_of_the_api, read_json_object, server_time
from ecsvnc.openapi.clock import offset_in_words
from ecsvnc.openapi.codes import Refusal, common_error, is_clock_trouble, request_id_of
from ecsvnc.openapi.endpoints import Endpoints, check_region_id
from ecsvnc.openapi.retry import RetryClass
from ecsvnc.openapi.signed_request import build_request, secrets_in
from ecsvnc.region_ids import REGION_IDS, likely_region
from ecsvnc.runtime import Runtime

if TYPE_CHECKING:
    from ecsvnc.http.transport import Transport

_ATTEMPT_TIMEOUT_S = CONNECT_TIMEOUT_S + READ_TIMEOUT_S

T = TypeVar("T")

_LEARNABLE_HOST = re.compile(r"(?:[a-z0-9-]+\.)+aliyuncs\.com")
_LONG_WAIT_S = 3.0
"""A wait of this length is reported even without --verbose."""
_LEAST_OFFSET_S = 30.0
"""The service allows 15 minutes: it did not refuse a clock that agrees with its `Date` this well."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A successful answer, and when it was received: `received_at` in POSIX seconds by this machine's clock."""

    value: T = field(repr=False)  # it may be a ticket, or a temporary key
    request_id: str
    received_at: float
    received_monotonic_s: float


class _Failure(NamedTuple):
    """A failed attempt, and what decides about another one."""

    error: EcsvncError
    retry_class: RetryClass
    retry_after_s: float | None = None
    clock_refused_by: HttpResponse | None = None

    @property
    def request_id(self) -> str:
        """The service's id of the request; empty if there is none."""
        return self.error.request_id


class Client:
    """Calls actions of any product. Thread-safe; one for the whole process.

    `access_key` is asked once per attempt, so that temporary credentials are fresh; None sends unsigned calls (for
    AssumeRoleWithOIDC), whose parameters travel in a form body, since URLs are logged.
    `budget_s` bounds one call with all its attempts.
    """

    def __init__(
        self,
        *,
        runtime: Runtime,
        transport: Transport,
        access_key: Callable[[], AccessKey] | None,
        endpoints: Endpoints,
        budget_s: float,
    ) -> None:
        self._runtime = runtime
        self._transport = transport
        self._access_key = access_key
        self._endpoints = endpoints
        self._budget_s = budget_s
        self._learned: dict[str, str] = {}
        self._clock_offset_s = 0.0
        self._clock_lock = threading.Lock()

    @property
    def clock_offset_s(self) -> float:
        """How many seconds the service's clock is ahead of this machine's; 0 if no correction was needed."""
        return self._clock_offset_s

    def learn_endpoint(self, region_id: str, host: str) -> None:
        """Use a region's endpoint from DescribeRegions (`RegionEndpoint`).

        Ignored where the user chose the endpoint or the VPC network (the answer names public hosts), and for a host
        outside aliyuncs.com: signed calls would go there.
        """
        if self._endpoints.override_for("ecs") or self._endpoints.network == "vpc":
            return
        if _LEARNABLE_HOST.fullmatch(host):
            self._learned[check_region_id(region_id)] = host

    def call(self, action: Action[T], *, region_id: str, budget_s: float | None = None) -> Answer[T]:
        """Call the action in a region, and return its answer. A shorter `budget_s` applies to this call only.

        Raises the error of a refusal (`action.error`, or the common table of codes); NetworkError without an answer of
        the API; UsageError if the region id is invalid; and what `access_key` raises.
        """
        if self._access_key is not None:
            self._access_key()  # before the budget starts: a keyring may be waiting for its owner
        origin = self._origin(action.product, region_id)
        runtime = self._runtime
        started_s = runtime.monotonic()
        budget_s = self._budget_s if budget_s is None else min(budget_s, self._budget_s)
        clock_corrected = False
        attempts = 0
        answered: EcsvncError | None = None
        while True:
            attempts += 1
            clock_offset_s = self._clock_offset_s
            access_key = self._access_key() if self._access_key is not None else None
            date_s, nonce = runtime.now() + clock_offset_s, runtime.random_bytes(16).hex()
            request = build_request(action, origin, access_key, date_s=date_s, nonce=nonce)
            sent_s = runtime.monotonic()
            left_s = max(budget_s - (sent_s - started_s), 0.001)
            outcome: Answer[T] | _Failure
            try:
                response = self._transport.send(request, total_timeout_s=min(_ATTEMPT_TIMEOUT_S, left_s))
            except NetworkError as error:
                outcome, result = _Failure(error, retry.class_of_error(error)), type(error).__name__
            else:
                outcome = _read(action, request, response, access_key, runtime.monotonic())
                result = f"{response.status}, request id {outcome.request_id or 'unknown'},"
            took_ms = (runtime.monotonic() - sent_s) * 1000
            runtime.reporter.debug(
                f"POST {request.headers['host']} {action.name} {region_id}: {result} in {took_ms:.0f} ms"
            )
            if isinstance(outcome, Answer):
                return outcome
            if outcome.clock_refused_by is not None and not clock_corrected:
                self._correct_clock(outcome.error, outcome.clock_refused_by, used_offset_s=clock_offset_s)
                clock_corrected = True
                continue
            elapsed_s = runtime.monotonic() - started_s
            if not isinstance(outcome.error, ConnectError):
                answered = outcome.error
            is_uncertain = outcome.retry_class is RetryClass.A_FEW_ATTEMPTS  # perhaps carried out, perhaps not
            delay_s = retry.delay_before_next(
                RetryClass.NEVER if is_uncertain and not action.is_repeatable else outcome.retry_class,
                attempts=attempts,
                left_s=budget_s - elapsed_s,
                retry_after_s=outcome.retry_after_s,
                random_fraction=runtime.random_fraction(),
            )
            if delay_s is None:
                # The last answer of the service is more useful than a timeout at the end of the budget.
                last = answered if answered is not None and elapsed_s >= budget_s else outcome.error
                raise self._final(last, attempts, elapsed_s, action.product, region_id)
            report = runtime.reporter.warn if delay_s >= _LONG_WAIT_S else runtime.reporter.info
            report(f"{action.name} in {region_id}: {outcome.error.what} Retrying in {delay_s:.1f} s.")
            runtime.sleep(delay_s)

    def _origin(self, product: str, region_id: str) -> str:
        learned = self._learned.get(region_id) if product == "ecs" else None
        return f"https://{learned}" if learned else self._endpoints.origin(product, region_id)

    def _correct_clock(self, error: EcsvncError, response: HttpResponse, *, used_offset_s: float) -> None:
        """Use the time in the answer that refused ours. Raises ClockError if it does not differ."""
        with self._clock_lock:
            if self._clock_offset_s != used_offset_s:
                return  # another call has corrected it since this one was signed
            date_s = server_time(response.headers.get("date", ""))
            offset_s = date_s - response.received_at if date_s is not None else used_offset_s
            if abs(offset_s - used_offset_s) < _LEAST_OFFSET_S:
                raise ClockError(
                    "The service refused the date of the request, and its answer has no usable date.",
                    hint="Set this machine's clock (NTP) and try again.",
                    request_id=error.request_id,
                    code=error.code,
                )
            self._clock_offset_s = offset_s
        self._runtime.reporter.warn(
            f"This machine's clock is {offset_in_words(offset_s)}; this run uses the service's. Set the clock (NTP)."
        )

    def _final(self, error: EcsvncError, attempts: int, elapsed_s: float, product: str, region_id: str) -> EcsvncError:
        """The last error, with the region, the number of attempts and the time."""
        if isinstance(error, RegionNotFoundError):
            error.what = f"Unknown region {region_id}."
            if (meant := likely_region(region_id)) is not None:
                error.hint = f"Did you mean {meant}?"
        if attempts > 1 or isinstance(error, ConnectError):
            plural = "s" if attempts > 1 else ""
            error.what = f"{error.what.removesuffix('.')} ({attempts} attempt{plural} in {elapsed_s:.0f} s)."
        error.args = (error.what,)
        unknown_region = product == "ecs" and region_id not in REGION_IDS and region_id not in self._learned
        if isinstance(error, NetworkError) and unknown_region and not self._endpoints.override_for(product):
            error.hint = f"ecsvnc does not know the region `{region_id}`: check it first. {error.hint}".strip()
        return error


def _read(
    action: Action[T],
    request: HttpRequest,
    response: HttpResponse,
    access_key: AccessKey | None,
    received_monotonic_s: float,
) -> Answer[T] | _Failure:
    """Turn an HTTP response into the action's answer, or a failure."""
    host, status = request.headers["host"], response.status
    try:
        body = read_json_object(response.body, host=host, http_status=status)
    except UnexpectedAnswerError as error:
        return _Failure(error, retry.class_of_answer(status, "", action.transient_codes))
    secrets = secrets_in(request)
    if 200 <= status < 300:
        request_id = request_id_of(body, response.headers, hide=secrets)
        try:
            return Answer(action.parse(body), request_id, response.received_at, received_monotonic_s)
        except UnexpectedAnswerError as error:
            error.request_id = error.request_id or request_id
            error.hint = error.hint or "Check `endpoint` (`ecsvnc config list --show-origin`)."
            return _Failure(error, RetryClass.NEVER)
    ram_action = f"{action.product}:{action.name}"
    refusal = Refusal.read(body, http_status=status, headers=response.headers, action=ram_action, hide=secrets)
    if refusal is None:
        retry_class = retry.class_of_answer(status, "", action.transient_codes)
        return _Failure(not_an_error_of_the_api(host, status), retry_class)
    return _Failure(
        _with_source(action.error(refusal) or common_error(refusal), access_key),
        retry.class_of_answer(status, refusal.code, action.transient_codes),
        refusal.retry_after_s,
        response if is_clock_trouble(refusal.code) else None,
    )


def _with_source(error: EcsvncError, access_key: AccessKey | None) -> EcsvncError:
    """Add the source of a rejected key: the user may have several. A permission error stays unchanged."""
    if type(error) is CredentialsError and access_key is not None and access_key.source:
        error.what = f"{error.what} The credentials are from {access_key.source}."
        error.args = (error.what,)
    return error
