"""The metadata service of an ECS instance, as far as its role goes, and a credentials URI that serves the same.

Security-hardened mode alone: every GET needs the token that a PUT gave. Neither has anything until a role is attached.
As on a real instance, whoever can reach the port can then have the role's key.

Source: "Instance metadata" of the ECS user guide.
"""

from __future__ import annotations

import hmac
import json
import threading
from typing import Any

from support.ecs.sts import Role, TokenService, credentials_document

from ecsvnc.loopback.server import ServerRequest, ServerResponse
from ecsvnc.runtime import Runtime
from ecsvnc.simulator.accounts import Identity, random_text

TOKEN_PATH = "/latest/api/token"  # a path
ROLES_PATH = "/latest/meta-data/ram/security-credentials/"
URI_PREFIX = "/credentials/"

TTL_HEADER = "x-aliyun-ecs-metadata-token-ttl-seconds"
TOKEN_HEADER = "x-aliyun-ecs-metadata-token"  # a header's name

_LONGEST_TTL_S = 21_600
_MOST_TOKENS = 1000
_KEY_LIFETIME_S = 6 * 3600.0
_RENEW_BEFORE_S = 1800.0


class Metadata:
    """Answers for one instance. Safe to use from several threads."""

    def __init__(self, runtime: Runtime, sts: TokenService) -> None:
        self._runtime = runtime
        self._sts = sts
        self._lock = threading.Lock()
        self._role: Role | None = None
        self._session: Identity | None = None
        self._tokens: dict[str, float] = {}
        # Whoever knows the address gets a key from it, without a token: so it cannot be guessed.
        self.uri_path = URI_PREFIX + random_text(32, runtime.random_bytes)

    def attach(self, role: Role | None) -> None:
        """Attach a role to the instance, in place of an earlier one; None takes it away."""
        with self._lock:
            self._role = role
            self._session = None

    def is_mine(self, path: str) -> bool:
        """Whether a path belongs to this service."""
        return path.startswith(("/latest/", URI_PREFIX))

    def answer(self, request: ServerRequest) -> ServerResponse:
        """Answer one request."""
        # A request that came through a proxy could be somebody else's.
        if request.header("x-forwarded-for"):
            return _text(403, "Forbidden")
        if request.path.startswith(URI_PREFIX):
            return self._credentials_uri(request)
        if request.path == TOKEN_PATH:
            return self._issue_token(request)
        if request.method != "GET":
            return _text(405, "Method Not Allowed")
        if not self._has_valid_token(request):
            return _text(401, "Unauthorized")
        return self._role_document(request)

    def _issue_token(self, request: ServerRequest) -> ServerResponse:
        if request.method != "PUT":
            return _text(405, "Method Not Allowed")
        ttl = request.header(TTL_HEADER)
        if not (ttl.isascii() and ttl.isdigit() and len(ttl) < 6 and 1 <= int(ttl) <= _LONGEST_TTL_S):
            return _text(400, "Bad Request")
        token = random_text(56, self._runtime.random_bytes)
        with self._lock:
            now_s = self._runtime.monotonic()
            if len(self._tokens) >= _MOST_TOKENS:  # of which most have long been forgotten by whoever asked for them
                del self._tokens[next(iter(self._tokens))]
            self._tokens[token] = now_s + int(ttl)
        return _text(200, token)

    def _has_valid_token(self, request: ServerRequest) -> bool:
        given = request.header(TOKEN_HEADER).encode()
        with self._lock:
            tokens = list(self._tokens.items())
        now_s = self._runtime.monotonic()
        return any(hmac.compare_digest(text.encode(), given) and end_s > now_s for text, end_s in tokens)

    def _role_document(self, request: ServerRequest) -> ServerResponse:
        role = self._role
        if role is None or not request.path.startswith(ROLES_PATH):
            return _text(404, "Not Found")
        name = request.path.removeprefix(ROLES_PATH)
        if not name:
            return _text(200, role.name)
        return _json({"Code": "Success", **self._document(role)}) if name == role.name else _text(404, "Not Found")

    def _credentials_uri(self, request: ServerRequest) -> ServerResponse:
        role = self._role
        if role is None or not hmac.compare_digest(request.path.encode(), self.uri_path.encode()):
            return _text(404, "Not Found")
        if request.method != "GET":
            return _text(405, "Method Not Allowed")
        return _json({"Code": "Success", **self._document(role)})

    def _document(self, role: Role) -> dict[str, str]:
        """The role's key: the same one until half an hour before its end."""
        with self._lock:
            session = self._session
            ends_at = session.expires_at if session is not None else None
            if session is None or (ends_at or 0.0) - self._runtime.now() < _RENEW_BEFORE_S:
                session = self._session = self._sts.open_session(role, "i-metadata", _KEY_LIFETIME_S)
        return credentials_document(session)


def _text(status: int, text: str) -> ServerResponse:
    return ServerResponse(status, [("Content-Type", "text/plain; charset=utf-8")], text.encode())


def _json(values: dict[str, Any]) -> ServerResponse:
    return ServerResponse(200, [("Content-Type", "application/json")], json.dumps(values).encode())
