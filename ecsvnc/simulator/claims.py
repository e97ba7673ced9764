"""Reads the signature of a request, of either signature scheme, for `authentication` to check.

Sources: "Request syntax and signature method V3" (ACS3-HMAC-SHA256) and "signature method V2 for RPC APIs" (HMAC-SHA1).
The signatures are computed by `ecsvnc.openapi.signature`, which also signs ecsvnc's own calls; published vectors and
the vendor's SDKs test it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ecsvnc.openapi import signature
from ecsvnc.simulator.refusals import invalid, missing, refused
from ecsvnc.simulator.request import ApiRequest

_AUTHORIZATION = re.compile(
    re.escape(signature.ALGORITHM) + r" Credential=([^,\s]+),SignedHeaders=([^,\s]+),Signature=([0-9a-f]{64})"
)

_ACS3_HEADERS = ("x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256")

_RPC_PARAMETERS = (
    "AccessKeyId",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "Timestamp",
    "Signature",
)


@dataclass(frozen=True, slots=True)
class Claim:
    """The caller that a request names, with its signature.

    `expected_signature` computes the right signature from a secret. `string_to_sign` is in the service's answer when
    `signature` differs.
    """

    access_key_id: str
    date: str
    nonce: str = field(repr=False)
    security_token: str | None = field(repr=False)
    signature: str = field(repr=False)
    string_to_sign: str = field(repr=False)
    expected_signature: Callable[[str], str] = field(repr=False)


def read_claim(request: ApiRequest) -> Claim:
    """Read the claim of whichever scheme was used.

    Raises ApiError if the request is not signed, or follows neither scheme.
    """
    has_authorization = "authorization" in request.headers
    parameters = request.parameters
    if has_authorization and "Signature" in parameters:
        raise refused("IncompleteSignature", "It is signed by a header and by a parameter.")
    if has_authorization:
        return _acs3_claim(request)
    if any(name in parameters for name in ("AccessKeyId", "Signature", "SignatureMethod", "SignatureNonce")):
        return _rpc_claim(request.method, parameters)
    if request.is_acs3:
        raise refused("IncompleteSignature", "It is not signed.")
    raise missing("AccessKeyId")


def _acs3_claim(request: ApiRequest) -> Claim:
    headers = request.headers
    match = _AUTHORIZATION.fullmatch(headers["authorization"])
    if match is None:
        raise refused("IncompleteSignature", "The Authorization header is malformed.")
    access_key_id, signed_list, signed = match.groups()
    signed_headers = signed_list.split(";")
    _check_signed_headers(request, signed_headers)
    for name in _ACS3_HEADERS:
        if not headers.get(name):
            raise refused("IncompleteSignature", f"{name} is missing.")
    to_sign = signature.string_to_sign(
        signature.canonical_request(
            request.method,
            "/",
            parameters=request.query,
            headers=headers,
            signed_headers=signed_headers,
            payload_sha256=headers["x-acs-content-sha256"],
        )
    )
    if headers["x-acs-content-sha256"] != hashlib.sha256(request.body).hexdigest():
        raise refused("SignatureDoesNotMatch", to_sign)
    return Claim(
        access_key_id,
        date=headers["x-acs-date"],
        nonce=headers["x-acs-signature-nonce"],
        security_token=headers.get("x-acs-security-token"),
        signature=signed,
        string_to_sign=to_sign,
        expected_signature=lambda secret: signature.signature(secret, to_sign),
    )


def _check_signed_headers(request: ApiRequest, signed_headers: list[str]) -> None:
    """Check that every header that must be signed is signed, and that each of these was sent exactly once."""
    if signed_headers != sorted(set(signed_headers)) or ";".join(signed_headers).lower() != ";".join(signed_headers):
        raise refused("IncompleteSignature", "SignedHeaders must be in lower case, sorted, each once.")
    if "authorization" in request.repeated:
        raise refused("IncompleteSignature", "The Authorization header was sent more than once.")
    for name in signature.headers_to_sign(request.headers):
        if name not in signed_headers:
            raise refused("IncompleteSignature", f"{name} is not among SignedHeaders.")
        if name in request.repeated:
            raise refused("IncompleteSignature", f"{name} was sent more than once.")
    for name in signed_headers:
        if name not in request.headers:
            raise refused("IncompleteSignature", "SignedHeaders names a header that was not sent.")
    if "host" not in signed_headers:
        raise refused("IncompleteSignature", "host is not among SignedHeaders.")


def _rpc_claim(method: str, parameters: dict[str, str]) -> Claim:
    for name in _RPC_PARAMETERS:
        if not parameters.get(name):
            raise missing(name)
    if parameters["SignatureMethod"] != "HMAC-SHA1":
        raise invalid("SignatureMethod")
    if parameters["SignatureVersion"] != "1.0":
        raise invalid("SignatureVersion")
    if parameters.get("SignatureType"):  # the vendor's older SDK sends it empty
        raise invalid("SignatureType")
    to_sign = signature.rpc_string_to_sign(method, parameters)
    return Claim(
        parameters["AccessKeyId"],
        date=parameters["Timestamp"],
        nonce=parameters["SignatureNonce"],
        security_token=parameters.get("SecurityToken"),
        signature=parameters["Signature"],
        string_to_sign=to_sign,
        expected_signature=lambda secret: signature.rpc_signature(secret, to_sign),
    )
