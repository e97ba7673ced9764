"""Actions of STS, the Security Token Service: an AccessKey or an OIDC token becomes the temporary key of a role.

https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole
https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerolewithoidc
https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecsvnc.credentials.found import Found
from ecsvnc.credentials.temporary import parse_temporary_key
from ecsvnc.errors import CredentialsError, EcsvncError, ServiceError, UnexpectedAnswerError
from ecsvnc.openapi.codes import Refusal, common_error, denial_error

STS_VERSION = "2015-04-01"

# Codes about the role, the provider or the token; the others are common to every product.
_OWN_CODES = ("EntityNotExist", "InvalidParameter", "AuthenticationFail", "Missing", "InvalidRole", "InvalidOIDC")


class _StsAction:
    __slots__ = ()

    product: ClassVar[str] = "sts"
    version: ClassVar[str] = STS_VERSION
    transient_codes: ClassVar[frozenset[str]] = frozenset()
    is_repeatable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _RoleAction(_StsAction):
    """Requests a role's temporary key. `duration_s` 0 is the service's default."""

    role_arn: str
    session_name: str
    duration_s: int = 0
    policy: str = ""

    def parse(self, body: Mapping[str, Any]) -> Found:
        """The key with its expiry. Raises UnexpectedAnswerError."""
        key = parse_temporary_key(body.get("Credentials"), "STS")
        if key is None:
            raise UnexpectedAnswerError("The answer of STS has no complete credentials.")
        return key

    def error(self, refusal: Refusal) -> EcsvncError | None:
        """The error for a refusal that concerns the role, the provider or the token."""
        if (denial := denial_error(refusal, self.role_arn)) is not None:
            return denial
        if not refusal.code.startswith(_OWN_CODES) or type(common_error(refusal)) is not ServiceError:
            return None
        reason = f"{refusal.code}: {refusal.message}" if refusal.message else refusal.code
        return CredentialsError(
            f"STS refused to assume the role {self.role_arn} ({reason.rstrip('.')}).",
            hint="Check the role's ARN and its trust policy.",
            request_id=refusal.request_id,
            code=refusal.code,
        )

    def _parameters(self, **of_its_own: str) -> dict[str, str]:
        """Those of both actions and these, without the empty ones."""
        parameters = {
            "RoleArn": self.role_arn,
            "RoleSessionName": self.session_name,
            "DurationSeconds": str(self.duration_s or ""),
            "Policy": self.policy,
            **of_its_own,
        }
        return {name: value for name, value in parameters.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumeRole(_RoleAction):
    """Requests it with the key that signs."""

    name: ClassVar[str] = "AssumeRole"

    external_id: str = ""

    def request(self) -> dict[str, str]:
        """The action's parameters."""
        return self._parameters(ExternalId=self.external_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumeRoleWithOidc(_RoleAction):
    """Requests it with an OIDC token. It is not signed: the token authenticates it."""

    name: ClassVar[str] = "AssumeRoleWithOIDC"

    provider_arn: str
    oidc_token: str = field(repr=False)

    def request(self) -> dict[str, str]:
        """The action's parameters."""
        return self._parameters(OIDCProviderArn=self.provider_arn, OIDCToken=self.oidc_token)


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """Whose credentials they are: the account's number, the identity's ARN, and its kind.

    `identity_type` is Account, RAMUser or AssumedRoleUser; "" if the answer does not say.
    """

    account_id: str
    arn: str
    identity_type: str = ""


@dataclass(frozen=True, slots=True)
class GetCallerIdentity(_StsAction):
    """Requests the identity of the signer. Needs no permission."""

    name: ClassVar[str] = "GetCallerIdentity"

    def request(self) -> dict[str, str]:
        """No parameters."""
        return {}

    def parse(self, body: Mapping[str, Any]) -> CallerIdentity:
        """The identity. Raises UnexpectedAnswerError."""
        account_id, arn, kind = body.get("AccountId"), body.get("Arn"), body.get("IdentityType")
        if not isinstance(account_id, str) or not isinstance(arn, str):
            raise UnexpectedAnswerError("The answer of STS does not name the caller.")
        return CallerIdentity(account_id, arn, kind if isinstance(kind, str) else "")

    def error(self, refusal: Refusal) -> EcsvncError | None:
        """None: it has no codes of its own."""
        return None
