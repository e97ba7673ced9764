"""The client against a scripted transport and a clock that only moves when something waits."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path
from typing import ClassVar

import pytest

from ecsvnc.errors import (
    ClockError,
    ConfigurationError,
    ConnectError,
    CredentialsError,
    InstanceNotReadyError,
    NotFoundError,
    PermissionDeniedError,
    RegionNotFoundError,
    ServiceError,
    ThrottledError,
    TlsError,
    UnexpectedAnswerError,
    UsageError,
)
from ecsvnc.http.messages import HttpResponse
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.openapi.client import Client
from ecsvnc.openapi.endpoints import Endpoints
from ecsvnc.runtime import Runtime

START = 1_700_000_000.0
KEY = AccessKey("LTAI0", "hunter2-secret", security_token="CAIS-token")


class World:
    """Clock, nonces and messages of a run."""

    def __init__(self):
        self.now = START
        self.slept = []
        self.said = {"warn": [], "detail": [], "debug": []}
        self._nonces = 0

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def random_bytes(self, count):
        self._nonces += 1
        return self._nonces.to_bytes(count, "big")

    def warn(self, text):
        self.said["warn"].append(text)

    notice = warn

    def info(self, text):
        self.said["detail"].append(text)

    def debug(self, text):
        self.said["debug"].append(text)

    def runtime(self):
        return Runtime(
            environ={},
            home=Path("/nonexistent"),
            now=lambda: self.now,
            monotonic=lambda: self.now - START,
            sleep=self.sleep,
            random_bytes=self.random_bytes,
            random_fraction=lambda: 0.0,
            reporter=self,
        )


class Script:
    """A transport that answers what it was told to, one after the other, the last for ever."""

    def __init__(self, world, *answers, takes_s=0.1):
        self._world = world
        self._answers = list(answers)
        self._takes_s = takes_s
        self.requests = []
        self.timeouts = []

    def send(self, request, *, total_timeout_s):
        self.requests.append(request)
        self.timeouts.append(total_timeout_s)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        self._world.now += min(self._takes_s, total_timeout_s)
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return replace(answer, received_at=self._world.now)


@dataclass(frozen=True)
class Greet:
    product: ClassVar[str] = "ecs"
    name: ClassVar[str] = "Greet"
    version: ClassVar[str] = "2014-05-26"
    transient_codes: ClassVar[frozenset[str]] = frozenset({"NotReady"})
    is_repeatable: ClassVar[bool] = True

    parameters: Mapping[str, str] = field(default_factory=lambda: {"RegionId": "cn-beijing"})

    def request(self):
        return dict(self.parameters)

    def parse(self, body):
        if "Greeting" not in body:
            raise UnexpectedAnswerError("No greeting.")
        return body["Greeting"]

    def error(self, refusal):
        if refusal.code == "NotReady":
            return InstanceNotReadyError("Not ready.", code=refusal.code, request_id=refusal.request_id)
        return NotFoundError("Gone.", code=refusal.code) if refusal.code == "Forbidden.ButGone" else None


def answer(status=200, headers=None, body=None, **values):
    content = body if body is not None else json.dumps({"RequestId": "R-1", **values}).encode()
    return HttpResponse(status, headers or {}, content, received_at=0.0)


def refusal(code, status=400, headers=None, **values):
    return answer(status, headers, **{"Code": code, "Message": "words", **values})


GOOD = answer(Greeting="hello")


@pytest.fixture
def world():
    return World()


def client_of(world, script, **changed):
    options = {"access_key": lambda: KEY, "endpoints": Endpoints(), "budget_s": 60.0, **changed}
    return Client(runtime=world.runtime(), transport=script, **options)


def call(world, *answers, region_id="cn-beijing", takes_s=0.1, **changed):
    script = Script(world, *answers, takes_s=takes_s)
    return client_of(world, script, **changed).call(Greet(), region_id=region_id), script


def failing_call(world, kind, *answers, region_id="cn-beijing", takes_s=0.1, **changed):
    script = Script(world, *answers, takes_s=takes_s)
    with pytest.raises(kind) as caught:
        client_of(world, script, **changed).call(Greet(), region_id=region_id)
    return caught.value, script


def nonces(script):
    return [request.headers["x-acs-signature-nonce"] for request in script.requests]


def test_a_good_answer_comes_with_its_request_id_and_time(world):
    result, script = call(world, GOOD)
    assert result.value == "hello"
    assert result.request_id == "R-1"
    assert result.received_at == START + 0.1
    assert result.received_monotonic_s == pytest.approx(0.1)
    (request,) = script.requests
    assert request.method == "POST"
    assert request.url == "https://ecs.cn-beijing.aliyuncs.com/?RegionId=cn-beijing"
    assert script.timeouts == [45.0]


def test_each_attempt_has_a_fresh_nonce_date_and_signature(world):
    result, script = call(world, ConnectError("x"), refusal("Throttling"), GOOD, takes_s=2.0)
    assert result.value == "hello"
    for name in ("x-acs-signature-nonce", "x-acs-date", "authorization"):
        assert len({request.headers[name] for request in script.requests}) == 3


def test_connection_errors_are_tried_five_times_with_doubling_waits(world):
    error, script = failing_call(world, ConnectError, ConnectError("It broke."))
    assert len(script.requests) == 5
    assert world.slept == [0.125, 0.25, 0.5, 1.0]
    assert error.what == "It broke (5 attempts in 2 s)."
    assert str(error) == error.what


def test_a_certificate_that_is_not_trusted_is_not_tried_again(world):
    _, script = failing_call(world, TlsError, TlsError("No."))
    assert len(script.requests) == 1


def test_a_configuration_error_passes_through(world):
    failing_call(world, ConfigurationError, ConfigurationError("Bad SSL_CERT_FILE."))


def test_5xx_is_tried_five_times_whether_it_is_the_apis_or_a_gateways(world):
    error, script = failing_call(world, ServiceError, refusal("InternalError", 500))
    assert len(script.requests) == 5
    assert error.request_id == "R-1"
    error, script = failing_call(world, UnexpectedAnswerError, answer(502, body=b"<html>"))
    assert len(script.requests) == 5


@dataclass(frozen=True)
class GreetOnce(Greet):
    is_repeatable: ClassVar[bool] = False


@pytest.mark.parametrize(
    "lost", [ConnectError("It broke."), refusal("InternalError", 500), answer(502, body=b"<html>")]
)
def test_what_must_not_be_done_twice_is_not_tried_again_once_it_may_have_been_done(world, lost):
    script = Script(world, lost, GOOD)
    with pytest.raises((ConnectError, ServiceError, UnexpectedAnswerError)):
        client_of(world, script).call(GreetOnce(), region_id="cn-beijing")
    assert len(script.requests) == 1


def test_what_must_not_be_done_twice_is_tried_again_when_it_was_refused_unseen(world):
    script = Script(world, refusal("Throttling"), GOOD)
    assert client_of(world, script).call(GreetOnce(), region_id="cn-beijing").value == "hello"


def test_throttling_waits_as_long_as_the_service_says(world):
    _, script = call(world, refusal("Throttling.User", headers={"x-acs-retry-after": "1500"}), GOOD)
    assert world.slept == [1.5]
    assert len(script.requests) == 2


def test_throttling_is_ridden_out_until_the_budget_ends(world):
    error, script = failing_call(world, ThrottledError, refusal("Throttling"))
    assert len(script.requests) > 5
    assert 52 < world.now - START < 60
    assert f"({len(script.requests)} attempts in " in error.what


def test_an_attempt_that_the_budget_cuts_off_does_not_hide_what_the_service_said(world):
    throttled = refusal("Throttling", headers={"x-acs-retry-after": "500"})
    slow = ConnectError("No answer.")
    failing_call(world, ThrottledError, throttled, slow, budget_s=1.0, takes_s=0.4)
    failing_call(world, ConnectError, throttled, slow, budget_s=60.0)


def test_a_long_wait_is_reported_even_without_verbose_and_a_short_one_is_not(world):
    short, long = (refusal("Throttling", headers={"x-acs-retry-after": ms}) for ms in ("200", "5000"))
    call(world, short, long, GOOD)
    assert len(world.said["detail"]) == 1
    assert len(world.said["warn"]) == 1
    assert "Retrying in 5.0 s" in world.said["warn"][0]


def test_a_retry_after_longer_than_what_is_left_fails_at_once(world):
    _, script = failing_call(
        world, ThrottledError, refusal("Throttling", headers={"x-acs-retry-after": "60000"}), budget_s=30.0
    )
    assert len(script.requests) == 1
    assert world.slept == []


def test_a_retry_after_of_any_length_is_a_wait_and_no_invitation(world):
    error, script = failing_call(
        world, ThrottledError, refusal("Throttling", headers={"x-acs-retry-after": "9" * 13}), budget_s=30.0
    )
    assert len(script.requests) == 1
    assert "in 24 hours" in error.hint


def test_the_actions_own_transient_code_is_waited_for_although_it_is_a_403(world):
    result, script = call(world, *[refusal("NotReady", 403)] * 7, GOOD)
    assert result.value == "hello"
    assert len(script.requests) == 8


def test_no_attempt_gets_more_time_than_is_left(world):
    _, script = failing_call(world, ConnectError, ConnectError("Slow."), takes_s=100.0, budget_s=60.0)
    assert script.timeouts[0] == 45.0
    assert script.timeouts[1] == pytest.approx(14.875)
    assert world.now - START <= 60.0


@pytest.mark.parametrize(
    "response",
    [
        refusal("Forbidden.RAM", 403),
        refusal("IncorrectInstanceStatus", 403),
        refusal("SignatureDoesNotMatch"),
        refusal("SignatureNonceUsed"),
        answer(404, Message="no code"),
        answer(200, body=b"<html>"),
        answer(200, body=b"[]"),
    ],
    ids=range(7),
)
def test_nothing_else_is_tried_again(world, response):
    _, script = failing_call(world, (CredentialsError, ServiceError, UnexpectedAnswerError), response)
    assert len(script.requests) == 1


def test_the_actions_own_codes_come_before_the_common_ones(world):
    failing_call(world, NotFoundError, refusal("Forbidden.ButGone", 403))


def test_a_denial_without_detail_names_the_ram_action(world):
    error, _ = failing_call(world, PermissionDeniedError, refusal("Forbidden.RAM", 403))
    assert "ecs:Greet" in error.what


def test_an_answer_that_lacks_what_was_asked_for_keeps_its_request_id(world):
    error, script = failing_call(world, UnexpectedAnswerError, answer())
    assert error.request_id == "R-1"
    assert "`endpoint`" in error.hint
    assert len(script.requests) == 1


def at(seconds):
    return {"date": formatdate(seconds, usegmt=True)}


def refuses_other_dates_than(offset_s, world):
    """A service whose clock is `offset_s` ahead, and which takes dates within 15 minutes of it."""

    def respond(request):
        from datetime import datetime

        sent = datetime.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
        right = world.now + offset_s
        if abs(sent - right) > 900:
            return refusal("InvalidTimeStamp.Expired", headers=at(right))
        return GOOD

    return respond


@pytest.mark.parametrize(
    ("offset_s", "words"),
    [
        (1200.0, "20 minutes behind"),
        (-3 * 3600.0, "3 hours ahead"),
        (400 * 86400.0, "400 days behind"),
        (-901.0, "15 minutes ahead"),
    ],
)
def test_a_clock_that_is_off_is_corrected_once_reported_and_remembered(world, offset_s, words):
    script = Script(world, refuses_other_dates_than(offset_s, world))
    client = client_of(world, script)
    result = client.call(Greet(), region_id="cn-beijing")
    assert len(script.requests) == 2
    assert world.slept == []
    assert result.received_at == world.now
    (warning,) = world.said["warn"]
    assert words in warning
    client.call(Greet(), region_id="cn-beijing")
    assert len(script.requests) == 3
    assert len(world.said["warn"]) == 1
    assert client.clock_offset_s == pytest.approx(offset_s, abs=1.0)


def test_a_clock_that_stays_off_after_the_correction_is_a_clock_error(world):
    error, script = failing_call(world, ClockError, refusal("InvalidTimeStamp.Expired", headers=at(START + 7200)))
    assert len(script.requests) == 2
    assert error.request_id == "R-1"


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}, at(START)], ids=["no date", "no such date", "our date"])
def test_a_clock_that_the_answer_cannot_correct_is_a_clock_error(world, headers):
    error, script = failing_call(world, ClockError, refusal("InvalidTimeStamp.Format", headers=headers))
    assert len(script.requests) == 1
    assert "NTP" in error.hint
    assert world.said["warn"] == []


def test_a_clock_corrected_meanwhile_by_another_call_is_not_reported_twice(world):
    client = None

    def corrected_beside(request):
        client.call(Greet(), region_id="cn-hangzhou")  # another thread would do this
        return refusal("InvalidTimeStamp.Expired", headers=at(world.now + 3600))

    service = refuses_other_dates_than(3600.0, world)
    script = Script(world, corrected_beside, service, service)
    client = client_of(world, script)
    assert client.call(Greet(), region_id="cn-beijing").value == "hello"
    assert len(world.said["warn"]) == 1


def test_the_access_key_is_asked_again_for_each_attempt_and_its_wait_is_not_part_of_the_budget(world):
    keys = iter([KEY, AccessKey("LTAI1", "s"), AccessKey("LTAI2", "s")])

    def slow_keyring():
        world.now += 30.0
        return next(keys)

    _, script = call(world, refusal("Throttling"), GOOD, access_key=slow_keyring, budget_s=90.0)
    used = [re.search("Credential=([^,]+)", request.headers["authorization"])[1] for request in script.requests]
    assert used == ["LTAI1", "LTAI2"]
    assert script.timeouts[0] == 45.0


def test_a_call_without_an_access_key_is_unsigned_and_keeps_its_parameters_out_of_the_url(world):
    _, script = call(world, GOOD, access_key=None)
    (request,) = script.requests
    assert "authorization" not in request.headers
    assert request.url == "https://ecs.cn-beijing.aliyuncs.com/"
    assert request.body == b"RegionId=cn-beijing"


def test_a_region_id_that_cannot_be_is_refused_before_anything_is_sent(world):
    _, script = failing_call(world, UsageError, GOOD, region_id="evil.com/")
    assert script.requests == []


def test_a_learned_endpoint_is_used_for_its_region_alone(world):
    script = Script(world, GOOD)
    client = client_of(world, script)
    client.learn_endpoint("cn-beijing", "ecs-north.aliyuncs.com")
    client.call(Greet(), region_id="cn-beijing")
    client.call(Greet(), region_id="cn-shanghai")
    hosts = [request.headers["host"] for request in script.requests]
    assert hosts == ["ecs-north.aliyuncs.com", "ecs.cn-shanghai.aliyuncs.com"]


@pytest.mark.parametrize(
    "host", ["evil.com", "evil.com/.aliyuncs.com", "aliyuncs.com.evil.com", "a@b.aliyuncs.com", "aliyuncs.com", ""]
)
def test_a_host_outside_aliyuncs_com_is_never_learned(world, host):
    script = Script(world, GOOD)
    client = client_of(world, script)
    client.learn_endpoint("cn-beijing", host)
    client.call(Greet(), region_id="cn-beijing")
    assert script.requests[0].headers["host"] == "ecs.cn-beijing.aliyuncs.com"


@pytest.mark.parametrize(
    ("endpoints", "host"),
    [
        (Endpoints(override="http://127.0.0.1:1"), "127.0.0.1:1"),
        (Endpoints(network="vpc"), "ecs-vpc.cn-beijing.aliyuncs.com"),
    ],
)
def test_nothing_is_learned_against_the_users_choice(world, endpoints, host):
    script = Script(world, GOOD)
    client = client_of(world, script, endpoints=endpoints)
    client.learn_endpoint("cn-beijing", "ecs-north.aliyuncs.com")
    client.call(Greet(), region_id="cn-beijing")
    assert script.requests[0].headers["host"] == host


def test_a_region_that_does_not_exist_is_named(world):
    error, _ = failing_call(
        world, RegionNotFoundError, answer(404, Code="InvalidRegionId.NotFound", Message="m"), region_id="cn-nowhere"
    )
    assert str(error) == error.what == "Unknown region cn-nowhere."


def test_an_unreachable_unknown_region_is_reported_as_unknown(world):
    error, _ = failing_call(world, ConnectError, ConnectError("No.", hint="Look."), region_id="cn-hangzou")
    assert error.hint == "ecsvnc does not know the region `cn-hangzou`: check it first. Look."
    error, _ = failing_call(world, ConnectError, ConnectError("No.", hint="Look."), region_id="cn-hangzhou")
    assert error.hint == "Look."


def test_what_is_reported_holds_no_secret_signature_or_parameter(world):
    responses = [refusal("Odd", 500, Message=f"token {KEY.security_token} is odd"), ConnectError("x"), GOOD]
    script = Script(world, *responses)
    action = Greet({"RegionId": "cn-beijing", "Password": "p4ss"})
    client_of(world, script).call(action, region_id="cn-beijing")
    said = " ".join(text for texts in world.said.values() for text in texts)
    assert "R-1" in said
    for request in script.requests:
        signature = request.headers["authorization"].rpartition("=")[2]
        assert signature not in said
    for secret in (KEY.secret, KEY.security_token, "p4ss"):
        assert secret not in said


def test_a_token_that_the_service_repeats_does_not_reach_the_error(world):
    error, _ = failing_call(world, ServiceError, refusal("Odd", Message=f"token {KEY.security_token} is odd"))
    assert KEY.security_token not in error.what
    assert "[redacted]" in error.what


@pytest.mark.parametrize("code", ["Odd", "Forbidden.RAM", "Throttling"])
def test_what_proves_who_sends_a_request_is_not_shown_whatever_the_service_repeats(world, code):
    def repeats(request):
        signature = request.headers["authorization"].rpartition("=")[2]
        nonce = request.headers["x-acs-signature-nonce"]
        return refusal(
            code,
            503,
            {"x-acs-request-id": nonce},
            Message=json.dumps(dict(request.headers)),
            RequestId=signature,
            AccessDeniedDetail={"AuthPrincipalDisplayName": f"{nonce} {signature}", "AuthAction": f"ecs:{signature}"},
        )

    error, script = failing_call(world, (ServiceError, PermissionDeniedError), repeats)
    said = [text for texts in world.said.values() for text in texts]
    told = " ".join((error.what, error.hint, error.request_id, error.code, *said))
    assert "[redacted]" in told or code == "Throttling"
    for request in script.requests:
        assert request.headers["authorization"].rpartition("=")[2] not in told
        assert request.headers["x-acs-signature-nonce"] not in told
        assert request.headers["x-acs-security-token"] not in told


def test_the_token_of_an_unsigned_call_is_not_shown_either(world):
    action = Greet({"RoleArn": "acs:ram::1:role/console", "OIDCToken": "eyJ.o+/="})
    script = Script(world, refusal("Odd", Message="For acs:ram::1:role/console: eyJ.o+/= or eyJ.o%2B%2F%3D."))
    with pytest.raises(ServiceError) as caught:
        client_of(world, script, access_key=None).call(action, region_id="cn-beijing")
    assert "For acs:ram::1:role/console: [redacted] or [redacted]" in caught.value.what


def test_an_answer_does_not_show_its_value():
    """It may be a ticket, or a temporary key."""
    assert "hello" not in repr(call(World(), GOOD)[0])
