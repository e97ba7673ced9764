"""The embedded ECS judges requests under the older RPC signature, which ecsvnc's own client never sends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from raw_requests import iso, query_of

REGION = {"RegionId": "cn-hangzhou"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_good_request_is_answered(caller, method):
    reply = caller.rpc("DescribeInstances", REGION, method=method)
    assert [each["InstanceName"] for each in reply.json["Instances"]["Instance"]] == ["web-1"]


def test_signed_parameters_may_come_in_a_form(caller):
    reply = caller.rpc("DescribeInstances", REGION, method="POST", in_form=["RegionId", "Signature", "Action"])
    assert reply.status == 200


def test_an_empty_signature_type_is_accepted(caller):
    """The vendor's older SDK sends it so."""
    assert caller.rpc("DescribeRegions", changed={"SignatureType": ""}).status == 200


def test_the_answer_is_xml_by_default(caller):
    reply = caller.rpc("DescribeInstances", REGION, changed={"Format": None})
    assert reply.headers["content-type"].startswith("text/xml")
    assert reply.xml.tag == "DescribeInstancesResponse"
    assert reply.xml.findtext("Instances/Instance/InstanceName") == "web-1"
    assert reply.xml.findtext("Instances/Instance/PublicIpAddress/IpAddress") == "203.0.113.10"
    assert reply.xml.findtext("Instances/Instance/IoOptimized") == "true"


def test_a_refusal_is_xml_by_default(caller):
    reply = caller.rpc("DescribeInstances", changed={"Format": None})
    assert reply.status == 400
    assert reply.xml.tag == "Error"
    assert reply.xml.findtext("Code") == "MissingRegionId"
    assert reply.xml.findtext("HostId") == f"127.0.0.1:{caller.port}"


def test_an_unknown_format_is_refused(caller):
    reply = caller.rpc("DescribeRegions", changed={"Format": "YAML"})
    assert reply.status == 400
    assert reply.xml.findtext("Code") == "InvalidParameter.Format"


@pytest.mark.parametrize(
    "name",
    ["Action", "Version", "AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp"],
)
@pytest.mark.parametrize("value", [None, ""])
def test_every_common_parameter_is_mandatory(caller, name, value):
    assert caller.rpc("DescribeRegions", changed={name: value}).outcome == (400, f"Missing{name}")


def test_the_signature_is_mandatory(caller):
    assert caller.rpc("DescribeRegions", tampered={"Signature": None}).outcome == (400, "MissingSignature")


def test_the_old_documentations_spelling_of_the_date_is_refused(caller, scene):
    changed = {"Timestamp": None, "TimeStamp": iso(scene.at_s)}
    assert caller.rpc("DescribeRegions", changed=changed).outcome == (400, "MissingTimestamp")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"SignatureMethod": "HMAC-SHA256"}, "InvalidSignatureMethod"),
        ({"SignatureVersion": "2.0"}, "InvalidSignatureVersion"),
        ({"SignatureType": "BEARERTOKEN"}, "InvalidSignatureType"),
        ({"Version": "2014-05-27"}, "InvalidVersion"),
    ],
)
def test_a_common_parameter_of_another_value_is_refused(caller, changed, code):
    assert caller.rpc("DescribeRegions", changed=changed).outcome == (400, code)


def test_an_unknown_action_is_refused(caller):
    assert caller.rpc("DescribeNothing").outcome == (404, "InvalidAction.NotFound")


def test_an_unsigned_request_is_refused(caller):
    reply = caller.send("GET", "/?Action=DescribeRegions&Version=2014-05-26&Format=JSON", [("host", "x")])
    assert reply.outcome == (400, "MissingAccessKeyId")


def test_a_wrong_secret_is_refused_with_the_string_to_sign(caller):
    """In the form that clients compare with their own, to tell a wrong secret from a wrong signature."""
    parameters = {"SignatureNonce": "abc", "InstanceName": "a b"}
    reply = replace(caller, secret="wrong").rpc("DescribeInstances", {**REGION, **parameters})
    assert reply.outcome == (400, "SignatureDoesNotMatch")
    string_to_sign = reply.json["Message"].partition("server string to sign is:")[2]
    assert string_to_sign.startswith("GET&%2F&AccessKeyId%3D")
    assert "InstanceName%3Da%2520b" in string_to_sign


def test_get_and_post_have_different_signatures(caller):
    nonce_and_date = {"SignatureNonce": "n", "Timestamp": iso(caller.now())}
    original = caller.send
    caller.send = lambda method, target, headers, body=b"": original("POST", target, headers, body)
    assert caller.rpc("DescribeRegions", nonce_and_date, method="GET").code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("tampered", [{"RegionId": "cn-beijing"}, {"Extra": "1"}, {"Signature": "AAAA"}])
def test_what_was_signed_cannot_be_changed_on_the_way(caller, tampered):
    assert caller.rpc("DescribeInstances", REGION, tampered=tampered).outcome == (400, "SignatureDoesNotMatch")


def test_a_replayed_request_is_refused(caller):
    changed = {"SignatureNonce": "once"}
    assert caller.rpc("DescribeRegions", changed=changed).status == 200
    assert caller.rpc("DescribeRegions", changed=changed).outcome == (400, "SignatureNonceUsed")


def test_a_nonce_is_used_up_for_both_schemes(caller):
    assert caller.rpc("DescribeRegions", changed={"SignatureNonce": "once"}).status == 200
    reply = caller.acs3("DescribeRegions", headers={"x-acs-signature-nonce": "once"})
    assert reply.outcome == (400, "SignatureNonceUsed")


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_date_too_far_off_is_refused(caller, scene, minutes):
    changed = {"Timestamp": iso(scene.at_s + minutes * 60)}
    assert caller.rpc("DescribeRegions", changed=changed).outcome == (400, "InvalidTimeStamp.Expired")


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 15 Jan 2027 08:00:00 GMT",
        "2027-01-15t08:00:00z",
        "\uff12\uff10\uff12\uff17-01-15T08:00:00Z",
        "2027-01-15T08:00:00Z ",
    ],
)
def test_a_date_of_another_form_is_refused(caller, date):
    changed = {"Timestamp": date}
    assert caller.rpc("DescribeRegions", changed=changed).outcome == (400, "InvalidTimeStamp.Format")


def test_an_unknown_access_key_is_refused(caller):
    outcome = replace(caller, access_key_id="LTAI5tNobody").rpc("DescribeRegions").outcome
    assert outcome == (404, "InvalidAccessKeyId.NotFound")


def test_the_action_is_the_signed_parameter_never_an_unsigned_header(caller):
    headers = [("x-acs-action", "DescribeInstances"), ("x-acs-version", "2014-05-26")]
    assert "Regions" in caller.rpc("DescribeRegions", headers=headers).json
    assert caller.rpc("DescribeRegions", changed={"Action": None}, headers=headers).code == "MissingAction"


def test_a_parameter_in_query_and_form_is_refused(caller):
    body = query_of({"RegionId": "cn-hangzhou"}).encode()
    headers = [("host", "x"), ("content-type", "application/x-www-form-urlencoded")]
    reply = caller.send("POST", "/?RegionId=cn-hangzhou", headers, body)
    assert reply.status == 400
    assert reply.xml.findtext("Code") == "InvalidParameter"
