"""The signatures, step by step, against the published vectors and those that the vendor's SDKs compute."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.openapi import signature

VECTORS = Path(__file__).parent.parent / "vectors"
ACS3 = json.loads((VECTORS / "acs3.json").read_text(encoding="utf-8"))["vectors"]
RPC = json.loads((VECTORS / "rpc-hmac-sha1.json").read_text(encoding="utf-8"))["vectors"]


@pytest.mark.parametrize("vector", ACS3, ids=lambda vector: vector["name"])
def test_acs3_matches_the_vector_step_by_step(vector):
    headers = vector["headers"]
    names = signature.headers_to_sign(headers)
    canonical = signature.canonical_request(
        vector["method"],
        "/",
        parameters=vector["query"],
        headers=headers,
        signed_headers=names,
        payload_sha256=headers["x-acs-content-sha256"],
    )
    assert canonical == vector["canonical_request"], "step 1, the canonical request, differs"
    to_sign = signature.string_to_sign(canonical)
    assert to_sign == vector["string_to_sign"], "step 2, the string to sign, differs"
    signed = signature.signature(vector["access_key_secret"], to_sign)
    assert signed == vector["signature"], "step 3, the signature, differs"
    assert signature.authorization(vector["access_key_id"], names, signed) == vector["authorization"], (
        "step 4, the Authorization header, differs"
    )


@pytest.mark.parametrize("vector", RPC, ids=lambda vector: vector["name"])
def test_rpc_matches_the_vector_step_by_step(vector):
    to_sign = signature.rpc_string_to_sign(vector["method"], vector["params"])
    assert to_sign == vector["string_to_sign"], "step 1, the string to sign, differs"
    assert signature.rpc_signature(vector["access_key_secret"], to_sign) == vector["signature"], (
        "step 2, the signature, differs"
    )


def test_rpc_leaves_the_signature_itself_out():
    parameters = RPC[0]["params"]
    assert signature.rpc_string_to_sign("GET", {**parameters, "Signature": "x"}) == RPC[0]["string_to_sign"]


def test_headers_that_proxies_rewrite_are_not_signed():
    names = ["User-Agent", "accept", "Host", "Content-Type", "X-Acs-Date", "accept-encoding", "authorization"]
    assert signature.headers_to_sign(names) == ("content-type", "host", "x-acs-date")


def test_a_verifier_signs_the_headers_that_the_client_listed_in_its_order():
    canonical = signature.canonical_request(
        "GET",
        "/",
        parameters={},
        headers={"host": " h ", "accept": "a", "x-acs-date": "d"},
        signed_headers=["x-acs-date", "accept"],
        payload_sha256="p",
    )
    assert canonical == "GET\n/\n\nx-acs-date:d\naccept:a\n\nx-acs-date;accept\np"


def test_parameters_are_sorted_by_name_in_byte_order_and_empty_values_keep_their_sign():
    assert signature.canonical_query({"b": "", "B": "1", "a.10": "x", "a.2": "y"}) == "B=1&a.10=x&a.2=y&b="


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_encoding_is_undone_by_one_decoding_and_leaves_only_unreserved_characters(text):
    from urllib.parse import unquote

    encoded = signature.percent_encode(text)
    assert unquote(encoded) == text
    assert set(encoded.replace("%", "")) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
