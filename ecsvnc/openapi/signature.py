"""The two signatures of Alibaba Cloud's RPC APIs, as named pure steps.

ACS3-HMAC-SHA256 ("Request syntax and signature method V3"), the one that ecsvnc signs with:

    canonical_request -> string_to_sign -> signature -> authorization

HMAC-SHA1 ("signature method V2 for RPC APIs", SignatureVersion 1.0), the older one:

    rpc_string_to_sign -> rpc_signature

Each step takes plain values, so the same code signs and verifies, and a test can name the first step that differs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"


def percent_encode(text: str) -> str:
    """Encode as both signatures require: UTF-8, all but RFC 3986's unreserved characters, upper-case hex."""
    return quote(text, safe="~")


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Names and values encoded, sorted by name in byte order, `name=value` joined by `&`; empty values keep the `=`.

    It can be sent unchanged as the query or as a form body.
    """
    ordered = sorted(parameters.items(), key=lambda item: item[0].encode())
    return "&".join(f"{percent_encode(name)}={percent_encode(value)}" for name, value in ordered)


def headers_to_sign(names: Iterable[str]) -> tuple[str, ...]:
    """Which headers the signature covers, sorted: `host`, `content-type` and every `x-acs-*`, as the page says.

    Not `user-agent` or `accept`, though the vendor's SDKs sign them: a proxy that rewrites them would break the call.
    """
    lower = (name.lower() for name in names)
    return tuple(sorted(name for name in lower if name in {"host", "content-type"} or name.startswith("x-acs-")))


def canonical_request(
    method: str,
    path: str,
    *,
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
    signed_headers: Sequence[str],
    payload_sha256: str,
) -> str:
    """Step 1. `headers` has lower-case names; `signed_headers` lists those covered, in the order of the signature.

    Raises KeyError if a listed header is missing.
    """
    canonical_headers = "".join(f"{name}:{headers[name].strip()}\n" for name in signed_headers)
    return "\n".join(
        (method, path, canonical_query(parameters), canonical_headers, ";".join(signed_headers), payload_sha256)
    )


def string_to_sign(canonical: str) -> str:
    """Step 2: the algorithm, and the canonical request's SHA-256 in lower-case hex."""
    return f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def signature(access_key_secret: str, to_sign: str) -> str:
    """Step 3: HMAC-SHA256 in lower-case hex. The key is the secret itself, without the older scheme's `&`."""
    return hmac.digest(access_key_secret.encode(), to_sign.encode(), "sha256").hex()


def authorization(access_key_id: str, signed_headers: Sequence[str], signed: str) -> str:
    """Step 4: the value of the Authorization header."""
    return f"{ALGORITHM} Credential={access_key_id},SignedHeaders={';'.join(signed_headers)},Signature={signed}"


def rpc_string_to_sign(method: str, parameters: Mapping[str, str]) -> str:
    """Step 1 of the older scheme, over every parameter (query and form) but `Signature` itself."""
    signed = {name: value for name, value in parameters.items() if name != "Signature"}
    return f"{method}&%2F&{percent_encode(canonical_query(signed))}"


def rpc_signature(access_key_secret: str, to_sign: str) -> str:
    """Step 2 of the older scheme: HMAC-SHA1 in base64. The key is the secret followed by `&`."""
    return base64.b64encode(hmac.digest(f"{access_key_secret}&".encode(), to_sign.encode(), "sha1")).decode()
