from dataclasses import replace
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest

from ecsvnc.errors import CredentialsError
from ecsvnc.openapi import signature
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.openapi.signed_request import build_request


class Call(NamedTuple):
    """As much of an action as a request is built from."""

    name: str
    version: str
    parameters: dict[str, str]

    def request(self):
        return self.parameters


CALL = Call(
    "DescribeInstances", "2014-05-26", {"RegionId": "cn-hangzhou", "InstanceName": "web *~+/%中文", "Empty": ""}
)
KEY = AccessKey("YourAccessKeyId", "YourAccessKeySecret")
DATE_S = 1698315752.9
ORIGIN = "https://ecs.cn-hangzhou.aliyuncs.com"


def build(access_key=KEY, call=CALL, origin=ORIGIN):
    return build_request(call, origin, access_key, date_s=DATE_S, nonce="n0nce")


def test_what_is_sent_is_what_was_signed():
    request = build(replace(KEY, security_token="CAIS+/="))
    query = dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))
    assert query == CALL.parameters
    names = ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-security-token"]
    names += ["x-acs-signature-nonce", "x-acs-version"]
    canonical = signature.canonical_request(
        "POST",
        "/",
        parameters=query,
        headers=request.headers,
        signed_headers=names,
        payload_sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )
    signed = signature.signature(KEY.secret, signature.string_to_sign(canonical))
    assert request.headers["authorization"] == signature.authorization(KEY.id, names, signed)
    assert request.body == b""


def test_the_headers_are_those_of_the_protocol():
    headers = dict(build().headers)
    del headers["authorization"]
    assert headers == {
        "host": "ecs.cn-hangzhou.aliyuncs.com",
        "accept": "application/json",
        "x-acs-action": "DescribeInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "n0nce",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }


def test_the_host_header_has_the_port_where_it_is_not_the_default_one():
    assert build(origin="http://127.0.0.1:8080").headers["host"] == "127.0.0.1:8080"


def test_without_parameters_there_is_no_question_mark():
    assert build(call=Call("GetCallerIdentity", "2015-04-01", {})).url == f"{ORIGIN}/"


def test_an_unsigned_call_keeps_its_token_out_of_the_url():
    request = build(None, Call("AssumeRoleWithOIDC", "2015-04-01", {"OIDCToken": "eyJ+x", "RoleArn": "acs:ram::1"}))
    assert request.url == f"{ORIGIN}/"
    assert request.body == b"OIDCToken=eyJ%2Bx&RoleArn=acs%3Aram%3A%3A1"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in request.headers


@pytest.mark.parametrize("bad", ["", "LTAI x", "LTAI\r\nx-evil: 1", "LTAI\x1b", "ключ", "LTAI\n"])
def test_what_no_header_can_carry_is_refused_without_being_quoted(bad):
    for access_key in (AccessKey(bad, "s"), AccessKey("id", "s", security_token=bad or " ")):
        with pytest.raises(CredentialsError) as caught:
            build(access_key)
        assert not bad or bad not in caught.value.what


def test_neither_signature_nor_parameters_are_shown_by_repr():
    assert repr(build()) == "HttpRequest(method='POST')"
