import json

import pytest

from ecsvnc.errors import (
    ClockError,
    CredentialsError,
    EndpointRegionError,
    PermissionDeniedError,
    RegionNotFoundError,
    ServiceError,
    ThrottledError,
)
from ecsvnc.openapi.codes import MAX_MESSAGE_LENGTH, Refusal, common_error, request_id_of

ACTION = "ecs:DescribeInstanceVncUrl"


def read(body, *, http_status=400, headers=None, **more):
    return Refusal.read(body, http_status=http_status, headers=headers or {}, action=ACTION, **more)


@pytest.mark.parametrize(
    ("code", "http_status", "kind"),
    [
        ("InvalidAccessKeyId.NotFound", 404, CredentialsError),
        ("InvalidAccessKeyId.Inactive", 400, CredentialsError),
        ("Forbidden.AccessKeyDisabled", 403, CredentialsError),
        ("SignatureDoesNotMatch", 400, CredentialsError),
        ("IncompleteSignature", 400, CredentialsError),
        ("MissingSecurityToken", 400, CredentialsError),
        ("InvalidSecurityToken.Expired", 400, CredentialsError),
        ("InvalidSecurityToken.MismatchWithAccessKey", 400, CredentialsError),
        ("Forbidden.RAM", 403, PermissionDeniedError),
        ("Forbidden.RAM", 400, PermissionDeniedError),
        ("Forbidden", 403, PermissionDeniedError),
        ("Forbidden.RiskControl", 403, PermissionDeniedError),
        ("NoPermission", 400, PermissionDeniedError),
        ("Throttling", 400, ThrottledError),
        ("Throttling.User", 503, ThrottledError),
        ("InvalidTimeStamp.Expired", 400, ClockError),
        ("InvalidRegionId.NotFound", 404, RegionNotFoundError),
        ("InvalidRegion.NotFound", 404, RegionNotFoundError),
        ("InvalidOperation.NotSupportedEndpoint", 404, EndpointRegionError),
        ("InternalError", 500, ServiceError),
        ("SomethingNew", 403, ServiceError),
        ("SomethingNew", 404, ServiceError),
    ],
)
def test_the_code_decides_and_not_the_http_status(code, http_status, kind):
    error = common_error(Refusal(code, "words", http_status, request_id="0A-1"))
    assert type(error) is kind
    assert error.code == code
    assert error.request_id == "0A-1"
    assert error.what.endswith(".")
    assert error.hint.endswith(".")


def test_a_disabled_key_is_not_called_a_missing_permission():
    assert "disabled" in common_error(Refusal("Forbidden.AccessKeyDisabled")).what


def test_expired_temporary_credentials_are_called_expired():
    assert "expired" in common_error(Refusal("InvalidSecurityToken.Expired")).what
    assert "expired" not in common_error(Refusal("InvalidSecurityToken.Malformed")).what


def test_of_an_unknown_code_the_services_own_words_are_passed_on():
    error = common_error(Refusal("QuotaExceed.Something", "Too many of them."))
    assert error.what == "The service refused the request (QuotaExceed.Something: Too many of them)."


def test_an_unknown_code_with_5xx_is_called_a_failing_service():
    assert common_error(Refusal("Odd", "", 503)).what == "The service is failing (Odd)."


def test_the_string_to_sign_is_never_kept():
    body = {
        "Code": "SignatureDoesNotMatch",
        "Message": "Specified signature is not matched with our calculation. server string to sign is:ACS3-X 1234",
    }
    refusal = read(body)
    assert refusal.message == ""
    assert "1234" not in f"{common_error(refusal).what}{refusal!r}"


def test_a_secret_that_the_service_repeats_is_cut_out_before_the_message_is_shortened():
    token = "CAIS" + "x" * 600
    refusal = read({"Code": "Odd", "Message": f"bad token {token} given"}, hide=[token])
    assert refusal.message == "bad token [redacted] given"


def test_a_long_message_is_shortened():
    assert len(read({"Code": "Odd", "Message": "m" * 10_000}).message) == MAX_MESSAGE_LENGTH


@pytest.mark.parametrize("body", [{}, {"Code": ""}, {"Code": 5}, {"Code": None}, {"Message": "x"}, {"Code": ["x"]}])
def test_a_body_without_a_code_is_no_refusal(body):
    assert read(body) is None


def test_keys_that_begin_with_a_small_letter_are_understood():
    refusal = read({"code": "Odd", "message": "words", "requestId": "0A-1"})
    assert (refusal.code, refusal.message, refusal.request_id) == ("Odd", "words", "0A-1")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("150", 0.15),
        ("60000", 60.0),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (" 150 ", 0.15),
        ("0" * 30, None),
        ("0" * 30 + "150", 0.15),
        ("1" + "0" * 11, 86400.0),
        ("9" * 13, 86400.0),
        ("9" * 30, 86400.0),
        ("9" * 10_000, 86400.0),
        ("٣٤", None),
    ],
)
def test_retry_after_is_in_milliseconds_at_most_a_day_and_garbage_says_nothing(header, seconds):
    assert read({"Code": "Throttling"}, headers={"x-acs-retry-after": header}).retry_after_s == seconds


@pytest.mark.parametrize(
    ("retry_after_s", "words"),
    [
        (None, "Try again in a minute"),
        (2.5, "Try again in a minute"),
        (90.0, "Try again in 90 seconds;"),
        (86400.0, "Try again in 24 hours;"),
    ],
)
def test_a_long_wait_that_the_service_asks_for_is_reported(retry_after_s, words):
    assert common_error(Refusal("Throttling.User", retry_after_s=retry_after_s)).hint.startswith(words)


def test_the_request_id_is_the_bodys_or_the_headers_and_never_anything_else():
    assert request_id_of({"RequestId": "B-1"}, {"x-acs-request-id": "H-1"}) == "B-1"
    assert request_id_of({"RequestId": "\x1b[31m"}, {"x-acs-request-id": "H-1"}) == "H-1"
    assert request_id_of({"RequestId": 7}, {}) == ""


DETAIL = {
    "AuthAction": "ecs:DescribeInstances",
    "AuthPrincipalType": "SubUser",
    "AuthPrincipalDisplayName": "alice",
    "NoPermissionType": "ImplicitDeny",
    "PolicyType": "AccountLevelIdentityBasedPolicy",
    "EncodedDiagnosticMessage": "AQ" * 200,
}


@pytest.mark.parametrize("form", [lambda detail: detail, json.dumps], ids=["object", "string"])
def test_a_denial_names_the_identity_the_action_and_the_policy(form):
    error = common_error(read({"Code": "Forbidden.RAM", "AccessDeniedDetail": form(DETAIL)}))
    assert error.what == "The RAM user alice may not call ecs:DescribeInstances: no policy of this identity allows it."
    assert '{"Effect": "Allow", "Action": ["ecs:DescribeInstances"], "Resource": ["*"]}' in error.hint


def test_an_explicit_deny_is_not_answered_with_another_allow():
    detail = {**DETAIL, "NoPermissionType": "ExplicitDeny", "PolicyType": "ControlPolicy"}
    error = common_error(read({"Code": "NoPermission", "AccessDeniedDetail": detail}))
    assert error.what.endswith(": a control policy of the resource directory denies it.")
    assert "remove that Deny" in error.hint
    assert '"Allow"' not in error.hint


@pytest.mark.parametrize("detail", [None, "", "not json", "[" * 100_000, [], 5, {"AuthAction": 7}, '"text"'])
def test_a_denial_without_usable_detail_names_the_action_that_was_tried(detail):
    error = common_error(read({"Code": "Forbidden.RAM", "AccessDeniedDetail": detail}))
    assert error.what == f"This identity may not call {ACTION}."
    assert ACTION in error.hint


def test_an_action_that_is_invalid_is_not_put_into_a_policy():
    error = common_error(read({"Code": "Forbidden.RAM", "AccessDeniedDetail": {"AuthAction": 'x", "Resource'}}))
    assert "Resource" not in error.what
    assert f'["{ACTION}"]' in error.hint
