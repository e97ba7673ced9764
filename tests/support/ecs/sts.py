"""STS for tests: roles, who may assume them, and the temporary credentials of their sessions.

Sources: the pages AssumeRole and AssumeRoleWithOIDC of the STS API reference.
"""

from __future__ import annotations

import base64
import hmac
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from support.ecs.session_policy import SessionPolicy

from ecsvnc.simulator.accounts import Accounts, Identity, random_text
from ecsvnc.simulator.call import VERSIONS, Call
from ecsvnc.simulator.refusals import ApiError

STS_VERSION = VERSIONS["sts"]

ACCOUNT_ID = "1000000000000001"

_SESSION_NAME = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
_SHORTEST_S = 900
_USUAL_S = 3600
_MAX_POLICY_LENGTH = 2048
_TOKEN_LENGTHS = range(4, 20_001)
_EXTERNAL_ID_LENGTHS = range(2, 1225)


@dataclass(frozen=True, slots=True)
class Role:
    """A RAM role. `allowed_actions` are what its sessions may do (None: everything), `longest_s` how long they last.

    `trusts_account` lets those RAM users and roles of the account assume it that may call sts:AssumeRole, and that send
    the `external_id` if it is set. `oidc_provider` is the ARN of the provider whose tokens let anyone assume it.
    """

    name: str
    allowed_actions: frozenset[str] | None = None
    longest_s: int = 3600
    trusts_account: bool = True
    external_id: str = ""
    oidc_provider: str = ""

    @property
    def arn(self) -> str:
        """The role's ARN, as RAM writes it."""
        return f"acs:ram::{ACCOUNT_ID}:role/{self.name}"


@dataclass(frozen=True, slots=True)
class OidcToken:
    """A token that a provider issued, until `expires_at` (POSIX seconds)."""

    provider_arn: str
    text: str = field(repr=False)
    expires_at: float
    subject: str = "system:serviceaccount:default:demo"


@dataclass(frozen=True, slots=True)
class Session(Identity):
    """An assumed role's AccessKey pair, which may do only what its `session_policy` allows too, if it has one."""

    session_policy: SessionPolicy | None = field(default=None, repr=False)

    def may(self, action: str, resource: str) -> bool:
        """Whether RAM allows an action on a resource, by their names in RAM."""
        is_allowed = self.session_policy is None or self.session_policy.allows(action, resource)
        return is_allowed and Identity.may(self, action, resource)


def new_session(
    random_bytes: Callable[[int], bytes], *, expires_at: float, name: str = "demo-role/demo-session", **more: Any
) -> Session:
    """An assumed role with fresh temporary credentials of the real shape."""
    return Session(
        f"STS.N{random_text(24, random_bytes)}",
        random_text(44, random_bytes),
        security_token="CAIS" + base64.b64encode(random_bytes(96)).decode(),
        expires_at=expires_at,
        principal_type="AssumedRoleUser",
        name=name,
        **more,
    )


class TokenService:
    """The roles, and the key that each session of theirs gets. Safe to use from several threads."""

    def __init__(self, accounts: Accounts, *, now: Callable[[], float], random_bytes: Callable[[int], bytes]) -> None:
        self._accounts = accounts
        self._now = now
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._roles: dict[str, Role] = {}
        self._oidc_tokens: list[OidcToken] = []

    def add_role(self, role: Role) -> Role:
        """Add a role; one of the same name is replaced."""
        with self._lock:
            self._roles[role.arn] = role
        return role

    def issue_oidc_token(self, provider_name: str, *, lifetime_s: float = 3600.0) -> OidcToken:
        """Make a token as the provider of that name would."""
        arn = f"acs:ram::{ACCOUNT_ID}:oidc-provider/{provider_name}"
        text = ".".join(random_text(length, self._random_bytes) for length in (36, 240, 86))
        token = OidcToken(arn, text, self._now() + lifetime_s)
        with self._lock:
            self._oidc_tokens.append(token)
        return token

    def role(self, arn: str) -> Role:
        """The role of an ARN. Raises ApiError."""
        with self._lock:
            role = self._roles.get(arn)
        if role is None:
            raise ApiError(404, "EntityNotExist.Role", "The specified Role not exists.")
        return role

    def verify_oidc_token(self, provider_arn: str, text: str) -> OidcToken:
        """The token that was presented. Raises ApiError if it is not of that provider, or has expired."""
        with self._lock:
            tokens = [token for token in self._oidc_tokens if token.provider_arn == provider_arn]
        if not tokens:
            raise ApiError(404, "EntityNotExist.OIDCProvider", "The specified OIDC provider does not exist.")
        for token in tokens:
            if hmac.compare_digest(token.text.encode(), text.encode()):
                if token.expires_at <= self._now():
                    raise ApiError(401, "AuthenticationFail.OIDCToken.Expired", "This OIDC token has expired.")
                return token
        raise ApiError(401, "AuthenticationFail.OIDCToken.Invalid", "This OIDC token is invalid.")

    def open_session(
        self, role: Role, session_name: str, lifetime_s: float, *, policy: SessionPolicy | None = None
    ) -> Identity:
        """A new session of a role, with its temporary key; `policy` narrows what it may do."""
        identity = new_session(
            self._random_bytes,
            expires_at=float(int(self._now() + lifetime_s)),  # what is written down has whole seconds
            name=f"{role.name}/{session_name}",
            allowed_actions=role.allowed_actions,
            session_policy=policy,
        )
        self._accounts.add(identity)
        return identity


def credentials_document(identity: Identity) -> dict[str, str]:
    """A temporary key as every service of Alibaba Cloud writes it."""
    assert identity.expires_at is not None  # it is a session's
    return {
        "AccessKeyId": identity.access_key_id,
        "AccessKeySecret": identity.access_key_secret,
        "SecurityToken": identity.security_token or "",
        "Expiration": datetime.fromtimestamp(identity.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def assume_role(call: Call, *, service: TokenService) -> dict[str, Any]:
    """Answer with a role's temporary key, if the caller may call AssumeRole and the role trusts the account."""
    call.require("RoleArn", "RoleSessionName")
    _check_parameters(call)
    if call.identity.principal_type == "Root":
        raise ApiError(403, "NoPermission", "Roles may not be assumed by root accounts.")
    if not call.is_allowed(call.parameters["RoleArn"]):
        raise _no_permission(call.denial())
    role = service.role(call.parameters["RoleArn"])
    external_id = call.parameters.get("ExternalId", "")
    if not role.trusts_account or not hmac.compare_digest(role.external_id.encode(), external_id.encode()):
        raise _no_permission(call.denial("AssumeRolePolicy"))
    return _session(call, service, role)


def assume_role_with_oidc(call: Call, *, service: TokenService) -> dict[str, Any]:
    """Answer with a role's temporary key to a caller with a token of the provider that the role trusts."""
    call.require("RoleArn", "OIDCProviderArn", "OIDCToken", "RoleSessionName")
    _check_parameters(call)
    if len(call.parameters["OIDCToken"]) not in _TOKEN_LENGTHS:
        raise _invalid("OIDCToken")
    token = service.verify_oidc_token(call.parameters["OIDCProviderArn"], call.parameters["OIDCToken"])
    role = service.role(call.parameters["RoleArn"])
    if role.oidc_provider != token.provider_arn:
        raise ApiError(403, "AuthenticationFail.NoPermission", "This OIDC provider may not assume the specified role.")
    return {
        **_session(call, service, role),
        "OIDCTokenInfo": {
            "Issuer": "https://oidc.example.com",
            "Subject": token.subject,
            "ClientIds": "sts.aliyuncs.com",
        },
    }


def _check_parameters(call: Call) -> None:
    if not _SESSION_NAME.fullmatch(call.parameters["RoleSessionName"]):
        raise _invalid("RoleSessionName")
    if not call.parameters["RoleArn"].startswith("acs:ram::"):
        raise _invalid("RoleArn")
    external_id = call.parameters.get("ExternalId")
    if external_id is not None and len(external_id) not in _EXTERNAL_ID_LENGTHS:
        raise _invalid("ExternalId")


def _session(call: Call, service: TokenService, role: Role) -> dict[str, Any]:
    usual_s = min(_USUAL_S, role.longest_s)
    try:
        lifetime_s = call.number("DurationSeconds", default=usual_s, lowest=_SHORTEST_S, highest=role.longest_s)
    except ApiError:
        raise _invalid("DurationSeconds") from None
    session_name = call.parameters["RoleSessionName"]
    identity = service.open_session(role, session_name, lifetime_s, policy=_session_policy(call))
    return {
        "AssumedRoleUser": {
            "Arn": f"acs:ram::{ACCOUNT_ID}:assumed-role/{identity.name}",
            "AssumedRoleId": f"3{identity.access_key_id[-17:]}:{session_name}",
        },
        "Credentials": credentials_document(identity),
    }


def _session_policy(call: Call) -> SessionPolicy | None:
    text = call.parameters.get("Policy")
    if text is None:
        return None
    if len(text) > _MAX_POLICY_LENGTH:
        raise ApiError(400, "InvalidParameter.PolicySize", "The size of Policy must be smaller than 2048 bytes.")
    try:
        return SessionPolicy.parse(text)
    except ValueError:
        raise ApiError(
            400, "InvalidParameter.PolicyGrammar", "The parameter Policy has not passed grammar check."
        ) from None


def _no_permission(detail: Mapping[str, str]) -> ApiError:
    """STS has another code than ECS for what RAM does not allow."""
    message = "You are not authorized to do this action. You should be authorized by RAM."
    return ApiError(403, "NoPermission", message, access_denied_detail=detail)


def _invalid(parameter: str) -> ApiError:
    return ApiError(400, f"InvalidParameter.{parameter}", f"The parameter {parameter} is wrongly formed.")
