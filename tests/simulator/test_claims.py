"""The embedded ECS's verification agrees with the published signature vectors, step by step."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ecsvnc.simulator.claims import read_claim
from ecsvnc.simulator.refusals import ApiError
from ecsvnc.simulator.request import ApiRequest

VECTORS = Path(__file__).parent.parent / "vectors"


def vectors(name):
    return [pytest.param(each, id=each["name"]) for each in json.loads((VECTORS / name).read_bytes())["vectors"]]


def request(method, *, headers=None, query=None):
    return ApiRequest(method, headers or {}, frozenset(), query or {}, {}, b"")


def acs3_request(vector):
    return request(
        vector["method"],
        headers={**vector["headers"], "authorization": vector["authorization"]},
        query=vector["query"],
    )


@pytest.mark.parametrize("vector", vectors("acs3.json"))
def test_every_acs3_vector_is_verified(vector):
    made = read_claim(acs3_request(vector))
    assert made.access_key_id == vector["access_key_id"]
    assert made.string_to_sign == vector["string_to_sign"]
    assert made.expected_signature(vector["access_key_secret"]) == made.signature == vector["signature"]
    assert made.security_token == vector["security_token"]


@pytest.mark.parametrize("vector", vectors("acs3.json"))
def test_no_acs3_vector_is_verified_with_another_secret(vector):
    made = read_claim(acs3_request(vector))
    assert made.expected_signature(vector["access_key_secret"] + "&") != made.signature


def test_an_authorization_that_was_sent_twice_is_refused():
    twice = replace(acs3_request(vectors("acs3.json")[0].values[0]), repeated=frozenset({"authorization"}))
    with pytest.raises(ApiError, match="IncompleteSignature"):
        read_claim(twice)


@pytest.mark.parametrize("vector", vectors("rpc-hmac-sha1.json"))
def test_every_rpc_vector_is_verified(vector):
    made = read_claim(request(vector["method"], query={**vector["params"], "Signature": vector["signature"]}))
    assert made.string_to_sign == vector["string_to_sign"]
    assert made.expected_signature(vector["access_key_secret"]) == made.signature


def test_an_unsigned_request_makes_no_claim():
    with pytest.raises(ApiError, match="MissingAccessKeyId"):
        read_claim(request("GET", query={"Action": "DescribeRegions"}))


def test_a_body_that_was_not_signed_is_refused():
    parameter = vectors("acs3.json")[0].values[0]
    with pytest.raises(ApiError) as refused:
        read_claim(replace(acs3_request(parameter), body=b"more"))
    assert refused.value.code == "SignatureDoesNotMatch"


def test_a_claim_shows_neither_signature_nor_token():
    for parameter in vectors("acs3.json"):
        vector = parameter.values[0]
        shown = repr(read_claim(acs3_request(vector)))
        assert vector["signature"] not in shown
        assert vector["security_token"] is None or vector["security_token"] not in shown
