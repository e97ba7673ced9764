"""Stands between a program and an embedded ECS, and remembers every secret that passes."""

from __future__ import annotations

import http.client
import json
import re
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlsplit

from support.raw_peers import RawServer, read_request

_SIGNATURE = re.compile(r"Signature=([0-9a-f]{64})")


class Recorder:
    """`origin` is where the program is to call; `secrets` is what passed: signatures, tokens, keys and tickets."""

    def __init__(self, ecs):
        self._ecs = ecs
        self._server = RawServer(self._serve)
        self.secrets = set()
        self.signatures = 0
        self.tickets = 0

    @property
    def origin(self):
        return self._server.origin

    def stop(self):
        self._server.stop()

    def found_in(self, text):
        """Those of the secrets that a text holds: as they are, or percent-encoded once or twice."""
        found = set()
        for secret in self.secrets:
            once = quote(secret, safe="")
            if any(form in text for form in (secret, once, quote(once, safe=""))):
                found.add(secret)
        return found

    def _serve(self, connection):
        request = read_request(connection)
        if not request:
            return
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._note_request(target, headers, body)
        upstream = http.client.HTTPConnection("127.0.0.1", self._ecs.port, timeout=10)
        try:
            upstream.request(method, target, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
        finally:
            upstream.close()
        self._note_answer(content)
        passed_on = [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() != "connection"]
        head = "\r\n".join([f"HTTP/1.1 {answer.status} {answer.reason}", *passed_on, "Connection: close"])
        connection.sendall(head.encode() + b"\r\n\r\n" + content)

    def _note_request(self, target, headers, body):
        if signed := _SIGNATURE.search(headers.get("authorization", "")):
            self.secrets.add(signed[1])
            self.signatures += 1
        for name in ("x-acs-security-token", "x-acs-signature-nonce", "x-aliyun-ecs-metadata-token"):
            if name in headers:
                self.secrets.add(headers[name])
        said = dict(parse_qsl(urlsplit(target).query)) | dict(parse_qsl(body.decode("latin-1")))
        self.secrets |= {said[name] for name in ("OIDCToken", "SecurityToken") if name in said}

    def _note_answer(self, content):
        try:
            document = json.loads(content)
        except ValueError:
            return
        if "VncUrl" in document:
            self.secrets |= set(parse_qs(urlsplit(unquote(document["VncUrl"])).query)["s"])
            self.tickets += 1
        key = document.get("Credentials", document)
        self.secrets |= {key[name] for name in ("AccessKeySecret", "SecurityToken") if name in key}
