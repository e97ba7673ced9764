"""Signs and sends requests by hand: an independent second writing of both schemes, able to do each of them wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

VERSION = "2014-05-26"

_nonces = itertools.count()


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return "" if self.status == 200 else self.json["Code"]

    @property
    def outcome(self) -> tuple[int, str]:
        return self.status, self.code

    @property
    def xml(self) -> ET.Element:
        return ET.fromstring(self.body)


def encode(text: str) -> str:
    return quote(text, safe="-_.~")


def query_of(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{encode(name)}={encode(parameters[name])}" for name in sorted(parameters))


def iso(posix_s: float) -> str:
    return datetime.fromtimestamp(posix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_nonce() -> str:
    return f"nonce-{next(_nonces)}"


@dataclass
class Caller:
    """Calls the embedded ECS on `port`, at the time that `now` says."""

    port: int
    access_key_id: str
    secret: str
    now: Any
    token: str | None = None

    def send(self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, names, response.read())
        finally:
            connection.close()

    def acs3(
        self,
        action: str,
        parameters: Mapping[str, str] | None = None,
        *,
        method: str = "POST",
        body: bytes = b"",
        headers: Mapping[str, str | None] | None = None,
        signed: Sequence[str] | None = None,
        tampered: Mapping[str, str | None] | None = None,
        repeated: Sequence[tuple[str, str]] = (),
        target: str | None = None,
    ) -> Reply:
        """A call under ACS3-HMAC-SHA256.

        `headers` are changed before it is signed, `tampered` ones after it (None removes), `repeated` ones are added
        to the end; `signed` is the SignedHeaders list; `target` is sent instead of what was signed.
        """
        sent: dict[str, str] = {
            "host": f"127.0.0.1:{self.port}",
            "x-acs-action": action,
            "x-acs-version": VERSION,
            "x-acs-date": iso(self.now()),
            "x-acs-signature-nonce": new_nonce(),
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
            "accept": "application/json",
        }
        if self.token is not None:
            sent["x-acs-security-token"] = self.token
        sent = _changed(sent, headers or {})
        names = sorted(sent.keys() - {"accept"}) if signed is None else list(signed)
        query = query_of(parameters or {})
        canonical = "\n".join(
            [
                method,
                "/",
                query,
                "".join(f"{name}:{sent.get(name, '')}\n" for name in names),
                ";".join(names),
                sent.get("x-acs-content-sha256", ""),
            ]
        )
        to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        signature = hmac.new(self.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
        sent["authorization"] = (
            f"ACS3-HMAC-SHA256 Credential={self.access_key_id},SignedHeaders={';'.join(names)},Signature={signature}"
        )
        sent = _changed(sent, tampered or {})
        return self.send(method, target or f"/?{query}", [*sent.items(), *repeated], body)

    def rpc(
        self,
        action: str,
        parameters: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        changed: Mapping[str, str | None] | None = None,
        tampered: Mapping[str, str | None] | None = None,
        in_form: Sequence[str] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> Reply:
        """A call under the RPC scheme; answers are JSON unless `changed` removes `Format`.

        Parameters are `changed` before it is signed and `tampered` with after it (None removes); those `in_form` are
        sent in the body.
        """
        sent = {
            "Action": action,
            "Version": VERSION,
            "Format": "JSON",
            "AccessKeyId": self.access_key_id,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": new_nonce(),
            "Timestamp": iso(self.now()),
            **(parameters or {}),
        }
        if self.token is not None:
            sent["SecurityToken"] = self.token
        sent = _changed(sent, changed or {})
        sent["Signature"] = rpc_signature(method, sent, self.secret)
        sent = _changed(sent, tampered or {})
        form = {name: sent.pop(name) for name in in_form}
        all_headers = [("host", f"127.0.0.1:{self.port}"), *headers]
        if form:
            all_headers.append(("content-type", "application/x-www-form-urlencoded"))
        return self.send(method, f"/?{query_of(sent)}", all_headers, query_of(form).encode())


def rpc_string_to_sign(method: str, parameters: Mapping[str, str]) -> str:
    return f"{method}&%2F&{encode(query_of(parameters))}"


def rpc_signature(method: str, parameters: Mapping[str, str], secret: str) -> str:
    to_sign = rpc_string_to_sign(method, parameters)
    return base64.b64encode(hmac.new(f"{secret}&".encode(), to_sign.encode(), hashlib.sha1).digest()).decode()


def _changed(values: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    merged = {**values, **changes}
    return {name: value for name, value in merged.items() if value is not None}
