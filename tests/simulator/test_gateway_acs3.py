"""The embedded ECS judges ACS3-HMAC-SHA256 requests that ecsvnc's own client would never send."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from urllib.parse import quote

import pytest
from raw_requests import iso
from support.ecs.sts import new_session

from ecsvnc.simulator.accounts import Identity

FORM = "application/x-www-form-urlencoded"
REGION = {"RegionId": "cn-hangzhou"}
NAMES = [
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_good_request_is_answered(caller, method):
    reply = caller.acs3("DescribeInstances", REGION, method=method)
    assert reply.status == 200
    assert [each["InstanceName"] for each in reply.json["Instances"]["Instance"]] == ["web-1"]


@pytest.mark.parametrize(
    "media_type",
    [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-Urlencoded",
        "application/x-www-form-urlencoded;charset=UTF-8",
    ],
)
def test_parameters_may_come_in_a_form_whose_hash_is_signed(caller, media_type):
    body = b"RegionId=cn-hangzhou"
    reply = caller.acs3("DescribeInstances", body=body, headers={"content-type": media_type})
    assert reply.json["TotalCount"] == 1


@pytest.mark.parametrize(("method", "media_type"), [("POST", "application/json"), ("GET", FORM)])
def test_a_body_that_is_no_posted_form_holds_no_parameters(caller, method, media_type):
    body, headers = b"RegionId=cn-hangzhou", {"content-type": media_type}
    reply = caller.acs3("DescribeInstances", method=method, body=body, headers=headers)
    assert reply.outcome == (400, "MissingRegionId")


def test_the_decoded_parameters_are_signed_not_their_encoding(caller):
    """A space may arrive as `+` though `%20` was signed: the parameters are decoded and encoded anew."""
    parameters = {**REGION, "InstanceName": "web *~+/%中文"}
    name = quote(parameters["InstanceName"], safe="*~/").replace("%20", "+")
    reply = caller.acs3("DescribeInstances", parameters, target=f"/?InstanceName={name}&RegionId=cn-hangzhou")
    assert reply.outcome == (200, "")


def test_a_replayed_nonce_is_refused_in_any_request(caller):
    again = {"x-acs-signature-nonce": "once"}
    assert caller.acs3("DescribeRegions", headers=again).status == 200
    assert caller.acs3("DescribeRegions", headers=again).outcome == (400, "SignatureNonceUsed")
    assert caller.acs3("DescribeInstances", REGION, headers=again).outcome == (400, "SignatureNonceUsed")


def test_a_nonce_dated_ahead_is_remembered_until_its_date_no_longer_passes(caller, scene):
    ahead = {"x-acs-signature-nonce": "once", "x-acs-date": iso(scene.at_s + 14 * 60)}
    assert caller.acs3("DescribeRegions", headers=ahead).status == 200
    scene.sleep(28 * 60)
    assert caller.acs3("DescribeRegions", headers=ahead).outcome == (400, "SignatureNonceUsed")
    scene.sleep(2 * 60)
    assert caller.acs3("DescribeRegions", headers=ahead).outcome == (400, "InvalidTimeStamp.Expired")


def test_a_nonce_belongs_to_its_access_key(caller, ecs, runtime):
    other = Identity.with_new_key(runtime.random_bytes)
    ecs.accounts.add(other)
    again = {"x-acs-signature-nonce": "once"}
    assert caller.acs3("DescribeRegions", headers=again).status == 200
    other_caller = replace(caller, access_key_id=other.access_key_id, secret=other.access_key_secret)
    assert other_caller.acs3("DescribeRegions", headers=again).status == 200


def test_a_wrong_signature_does_not_use_the_nonce(caller):
    again = {"x-acs-signature-nonce": "once"}
    assert replace(caller, secret="wrong").acs3("DescribeRegions", headers=again).code == "SignatureDoesNotMatch"
    assert caller.acs3("DescribeRegions", headers=again).status == 200


@pytest.mark.parametrize("minutes", [-20, 20, -15.1, 15.1])
def test_a_date_too_far_off_is_refused(caller, scene, minutes):
    date = iso(scene.at_s + minutes * 60)
    assert caller.acs3("DescribeRegions", headers={"x-acs-date": date}).outcome == (400, "InvalidTimeStamp.Expired")


@pytest.mark.parametrize("minutes", [-14.9, 14.9])
def test_a_date_within_15_minutes_is_accepted(caller, scene, minutes):
    assert caller.acs3("DescribeRegions", headers={"x-acs-date": iso(scene.at_s + minutes * 60)}).status == 200


@pytest.mark.parametrize(
    "date",
    [
        "2026-09-21 14:13:20",
        "2026-09-21T14:13:20",
        "2026-9-21T14:13:20Z",
        "1790000000",
        "2026-13-01T00:00:00Z",
        "2027-01-15t08:00:00z",
        "2027-01-15T08:00:00z",
        "2027-01-15T08:00:60Z",
        "2027-01-15T08:00:00+00:00",
        "2027-01-15T08:00:00.000Z",
        "20270115T080000Z",
    ],
)
def test_a_date_of_another_form_is_refused(caller, date):
    assert caller.acs3("DescribeRegions", headers={"x-acs-date": date}).outcome == (400, "InvalidTimeStamp.Format")


def test_every_refusal_has_the_date_that_clients_correct_their_clock_by(caller, scene):
    reply = caller.acs3("DescribeRegions", headers={"x-acs-date": iso(scene.at_s + 20 * 60)})
    assert reply.headers["date"] == "Fri, 15 Jan 2027 08:00:00 GMT"


def test_a_wrong_secret_is_refused_with_the_string_to_sign(caller):
    reply = replace(caller, secret="wrong").acs3("DescribeRegions")
    assert reply.outcome == (400, "SignatureDoesNotMatch")
    assert "server string to sign is:ACS3-HMAC-SHA256\n" in reply.json["Message"]


def test_an_unknown_access_key_is_refused(caller):
    reply = replace(caller, access_key_id="LTAI5tNobody").acs3("DescribeRegions")
    assert reply.outcome == (404, "InvalidAccessKeyId.NotFound")


def test_a_disabled_access_key_is_refused(caller, ecs):
    ecs.accounts.add(replace(ecs.identity, is_active=False))
    assert caller.acs3("DescribeRegions").outcome == (400, "InvalidAccessKeyId.Inactive")


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer token",
        "ACS3-HMAC-SHA256",
        "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host",
        "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=xyz",
        "ACS3-HMAC-SM3 Credential=a,SignedHeaders=host,Signature=" + "0" * 64,
        "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=" + "0" * 64 + ",More=1",
        "ACS3-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=" + "0" * 64,
        "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=" + "A" * 64,
        "ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=" + "0" * 64,
        "acs3-hmac-sha256 Credential=a,SignedHeaders=host,Signature=" + "0" * 64,
    ],
)
def test_a_missing_or_garbled_authorization_is_refused(caller, authorization):
    reply = caller.acs3("DescribeRegions", tampered={"authorization": authorization})
    assert reply.outcome == (400, "IncompleteSignature")


@pytest.mark.parametrize(
    "tampered",
    [
        {"x-acs-action": "DescribeInstances"},
        {"x-acs-signature-nonce": "other"},
        {"host": "ecs.cn-hangzhou.aliyuncs.com"},
    ],
)
def test_what_was_signed_cannot_be_changed_on_the_way(caller, tampered):
    assert caller.acs3("DescribeRegions", tampered=tampered).outcome == (400, "SignatureDoesNotMatch")


def test_the_date_cannot_be_changed_on_the_way(caller, scene):
    reply = caller.acs3("DescribeRegions", tampered={"x-acs-date": iso(scene.at_s + 1)})
    assert reply.outcome == (400, "SignatureDoesNotMatch")


def test_the_query_cannot_be_changed_on_the_way(caller):
    reply = caller.acs3("DescribeInstances", REGION, target="/?RegionId=cn-beijing")
    assert reply.outcome == (400, "SignatureDoesNotMatch")


def test_the_method_cannot_be_changed_on_the_way(caller):
    original = caller.send
    caller.send = lambda method, target, headers, body=b"": original("GET", target, headers, body)
    assert caller.acs3("DescribeRegions", method="POST").outcome == (400, "SignatureDoesNotMatch")


def test_a_body_other_than_the_signed_one_is_refused(caller):
    form = {
        "content-type": "application/x-www-form-urlencoded",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
    }
    reply = caller.acs3("DescribeInstances", body=b"RegionId=cn-hangzhou", headers=form)
    assert reply.outcome == (400, "SignatureDoesNotMatch")


def test_the_bodys_hash_is_in_lower_case(caller):
    headers = {"x-acs-content-sha256": hashlib.sha256(b"").hexdigest().upper()}
    assert caller.acs3("DescribeRegions", headers=headers).outcome == (400, "SignatureDoesNotMatch")


@pytest.mark.parametrize("name", ["host", "x-acs-date", "x-acs-action", "x-acs-version", "x-acs-content-sha256"])
def test_host_and_every_x_acs_header_must_be_signed(caller, name):
    reply = caller.acs3("DescribeRegions", signed=[each for each in NAMES if each != name])
    assert reply.outcome == (400, "IncompleteSignature")


def test_an_added_x_acs_header_is_refused(caller):
    reply = caller.acs3("DescribeRegions", tampered={"x-acs-security-token": "slipped in"})
    assert reply.outcome == (400, "IncompleteSignature")


def test_an_added_content_type_is_refused(caller):
    tampered = {"content-type": "application/x-www-form-urlencoded"}
    assert caller.acs3("DescribeRegions", tampered=tampered).outcome == (400, "IncompleteSignature")


@pytest.mark.parametrize(
    "signed",
    [
        list(reversed(NAMES)),
        [*NAMES[:-1], NAMES[-1].upper()],
        [NAMES[0], *NAMES],
        sorted([*NAMES, "x-acs-never-sent"]),
    ],
    ids=["unsorted", "upper case", "twice", "not sent"],
)
def test_a_list_of_signed_headers_against_the_rules_is_refused(caller, signed):
    assert caller.acs3("DescribeRegions", signed=signed).outcome == (400, "IncompleteSignature")


def test_a_header_sent_twice_is_refused(caller):
    reply = caller.acs3("DescribeRegions", repeated=[("x-acs-action", "DescribeInstances")])
    assert reply.outcome == (400, "IncompleteSignature")


@pytest.mark.parametrize("name", ["x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_signed_request_without_a_mandatory_header_is_refused(caller, name, value):
    assert caller.acs3("DescribeRegions", headers={name: value}).outcome == (400, "IncompleteSignature")


def test_more_headers_than_the_rules_want_may_be_signed(caller):
    """The vendor's SDK signs `accept` and `user-agent` too."""
    headers = {"user-agent": "test"}
    assert (
        caller.acs3("DescribeRegions", headers=headers, signed=sorted([*NAMES, "accept", "user-agent"])).status == 200
    )


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({"x-acs-action": ""}, (400, "MissingAction")),
        ({"x-acs-action": "DescribeNothing"}, (404, "InvalidAction.NotFound")),
        ({"x-acs-version": ""}, (400, "MissingVersion")),
        ({"x-acs-version": "2014-05-27"}, (400, "InvalidVersion")),
    ],
)
def test_action_and_version_must_be_known(caller, headers, outcome):
    assert caller.acs3("DescribeRegions", headers=headers).outcome == outcome


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_get_and_post_are_supported(caller, method):
    assert caller.acs3("DescribeRegions", method=method).outcome == (400, "UnsupportedHTTPMethod")


@pytest.mark.parametrize("path", ["/api", "/DescribeRegions", "//", "/%2F", "/./"])
def test_there_is_no_api_on_another_path(caller, path):
    assert caller.acs3("DescribeRegions", target=f"{path}?x=1").outcome == (404, "InvalidApi.NotFound")


def test_a_request_signed_under_both_schemes_is_refused(caller):
    reply = caller.acs3("DescribeRegions", {"Signature": "abc", "AccessKeyId": caller.access_key_id})
    assert reply.outcome == (400, "IncompleteSignature")


MALFORMED = ["RegionId=%FF", "RegionId=a&RegionId=b", "&&", "RegionId", "X=%zz", "X=%", "X=%4", "%g0=1"]


@pytest.mark.parametrize("query", MALFORMED)
def test_a_malformed_query_is_refused(caller, query):
    reply = caller.acs3("DescribeInstances", target=f"/?{query}")
    assert reply.outcome == (400, "InvalidParameter")


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_form_is_refused(caller, body):
    form = {"content-type": "application/x-www-form-urlencoded"}
    reply = caller.acs3("DescribeInstances", body=body.encode(), headers=form)
    assert reply.outcome == (400, "InvalidParameter")


def test_a_percent_sign_that_is_encoded_is_a_character_like_others(caller):
    assert caller.acs3("DescribeInstances", {**REGION, "InstanceName": "%zz"}).json["TotalCount"] == 0


def test_without_accept_the_answer_is_xml(caller):
    reply = caller.acs3("DescribeRegions", headers={"accept": None})
    assert reply.headers["content-type"].startswith("text/xml")
    assert reply.xml.tag == "DescribeRegionsResponse"


class TestTemporaryCredentials:
    @pytest.fixture
    def identity(self, ecs, runtime, scene):
        identity = new_session(runtime.random_bytes, expires_at=scene.at_s + 3600)
        ecs.accounts.add(identity)
        return identity

    @pytest.fixture
    def role(self, caller, identity):
        return replace(
            caller,
            access_key_id=identity.access_key_id,
            secret=identity.access_key_secret,
            token=identity.security_token,
        )

    def test_they_work_with_their_token(self, role):
        assert role.acs3("DescribeRegions").status == 200
        assert role.rpc("DescribeRegions").status == 200

    def test_they_do_not_work_without_it(self, role):
        without = replace(role, token=None)
        assert without.acs3("DescribeRegions").outcome == (400, "MissingSecurityToken")
        assert without.rpc("DescribeRegions").outcome == (400, "MissingSecurityToken")

    def test_they_expire(self, role, scene):
        scene.sleep(3600)
        assert role.acs3("DescribeRegions").outcome == (400, "InvalidSecurityToken.Expired")
        assert role.rpc("DescribeRegions").outcome == (400, "InvalidSecurityToken.Expired")

    def test_a_made_up_token_is_malformed(self, role):
        other = replace(role, token="made up")
        assert other.acs3("DescribeRegions").outcome == (400, "InvalidSecurityToken.Malformed")
        assert other.rpc("DescribeRegions").outcome == (400, "InvalidSecurityToken.Malformed")

    def test_another_keys_token_does_not_match(self, role, caller, ecs, runtime, scene):
        other = new_session(runtime.random_bytes, expires_at=scene.at_s + 3600)
        ecs.accounts.add(other)
        for with_other_token in (replace(role, token=other.security_token), replace(caller, token=role.token)):
            outcome = with_other_token.acs3("DescribeRegions").outcome
            assert outcome == (400, "InvalidSecurityToken.MismatchWithAccessKey")

    def test_a_wrong_secret_is_reported_before_a_wrong_token(self, role):
        wrong = replace(role, secret="wrong", token="made up")
        assert wrong.acs3("DescribeRegions").code == "SignatureDoesNotMatch"
