"""A stand-in for the hosts that credentials come from, behind the one proxy that a program is told of.

STS and the metadata service are an embedded ECS; what a sign-in's host answers is laid out. TLS ends here, under an
authority that the program has to trust. STS gives a new key to whoever asks; here, whoever asks the same gets the same:
so what two programs got can be compared.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from support.raw_peers import RawServer, read_request

_THE_ECS_ITSELF = ("100.100.100.200", "127.0.0.1")
"""The metadata service's address; and loopback, since the vendor's library heeds no NO_PROXY."""

_STS_HOST = re.compile(r"sts(?:-vpc)?(?:\.[a-z0-9-]+)?\.aliyuncs\.com")

# What makes two calls the same; the rest of a call is the signature's, and new each time.
_WHAT_IS_ASKED = (
    "RoleArn",
    "RoleSessionName",
    "DurationSeconds",
    "ExternalId",
    "Policy",
    "OIDCProviderArn",
    "OIDCToken",
)


class Asked(NamedTuple):
    """One request that came."""

    host: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def parameters(self):
        """The parameters, the action among them, wherever they are said: query, form or headers."""
        is_form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        form = dict(parse_qsl(self.body.decode())) if is_form else {}
        query = dict(parse_qsl(urlsplit(self.target).query))
        return {"Action": self.headers.get("x-acs-action", ""), **form, **query}


class StandInInternet:
    """`proxy` is its address; `sites` maps `https://HOST/PATH` to a status and a document; `asked` is what came."""

    def __init__(self, ecs, authority, sites=None):
        self._ecs = ecs
        self._authority = authority
        self._lock = threading.Lock()
        self._contexts = {}
        self._given = {}
        self.sites = dict(sites or {})
        self.asked = []
        self._server = RawServer(self._serve)

    @property
    def proxy(self):
        return self._server.origin

    @property
    def environ(self):
        """What a program has to be told, and to trust."""
        return {
            "HTTPS_PROXY": self.proxy,
            "HTTP_PROXY": self.proxy,
            "NO_PROXY": "127.0.0.1",
            "SSL_CERT_FILE": str(self._authority.pem),
        }

    def stop(self):
        self._server.stop()

    def _serve(self, connection):
        request = read_request(connection)
        if not request.startswith(b"CONNECT "):
            self._answer_one(connection, request, None)
            return
        host = request.split(b" ")[1].decode().rpartition(":")[0]
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self._context(host).wrap_socket(connection, server_side=True) as inside:
            self._answer_one(inside, read_request(inside), host)

    def _answer_one(self, connection, request, host):
        if not request:
            return
        asked = _parsed(request, host)
        with self._lock:
            self.asked.append(asked)
        status, body = self._answer(asked)
        head = f"HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    def _answer(self, asked):
        if _STS_HOST.fullmatch(asked.host):
            return self._sts(asked)
        if asked.host in _THE_ECS_ITSELF:
            return self._forward(asked)
        path = urlsplit(asked.target).path
        status, document = self.sites.get(f"https://{asked.host}{path}", (404, {}))
        return status, json.dumps(document).encode()

    def _sts(self, asked):
        """The call's own answer, unless it is refused or has been given: then the one that was given before."""
        status, body = self._forward(asked)
        if status != 200:
            return status, body
        said = {"DurationSeconds": "3600"} | asked.parameters
        signer = re.search(r"Credential=([^,]+)", asked.headers.get("authorization", "")) or [""] * 2
        question = (
            said["Action"],
            said.get("AccessKeyId", signer[1]),
            *(said.get(name, "") for name in _WHAT_IS_ASKED),
        )
        with self._lock:
            return 200, self._given.setdefault(question, body)

    def _forward(self, asked):
        connection = http.client.HTTPConnection("127.0.0.1", self._ecs.port, timeout=10)
        try:
            connection.request(asked.method, asked.target, asked.body, asked.headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _context(self, host):
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._authority.server_context(host)
            return self._contexts[host]


def _parsed(request, host):
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if host is None:
        parts = urlsplit(target)
        host, target = parts.hostname, target.removeprefix(f"{parts.scheme}://{parts.netloc}")
    return Asked(host, method, target, headers, body)
