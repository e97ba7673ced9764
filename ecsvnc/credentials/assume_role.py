"""Assuming a role, with other credentials or with an OIDC token in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ecsvnc.credentials.context import CENTRAL_STS, SourceContext, Sts
from ecsvnc.credentials.found import Found
from ecsvnc.credentials.sts import AssumeRole, AssumeRoleWithOidc
from ecsvnc.errors import ConfigurationError, ConnectError, CredentialsError, EcsvncError
from ecsvnc.files.read_file import read_file
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.openapi.action import Action
from ecsvnc.openapi.redaction import redacted
from ecsvnc.runtime import Runtime
from ecsvnc.settings import profile_keys

DEFAULT_SESSION_NAME = "ecsvnc"

_PROVIDER_ARN = re.compile(r"acs:ram::[0-9*]+:oidc-provider/[\w.@/-]+", re.ASCII)

MAX_TOKEN_BYTES = 20_000
"""The longest OIDCToken that STS accepts (AssumeRoleWithOIDC)."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role, and how to assume it. `source` names it in messages; `duration_s` 0 is the service's default.

    Raises ConfigurationError, when constructed, for a malformed role ARN or session name.
    """

    arn: str
    source: str
    session_name: str = DEFAULT_SESSION_NAME
    duration_s: int = 0
    external_id: str = ""
    policy: str = ""
    sts: Sts = CENTRAL_STS

    @property
    def account_id(self) -> str:
        """The account in the role's ARN, "" if that is `*`."""
        return self.arn.split(":")[3].strip("*")

    def __post_init__(self) -> None:
        try:
            profile_keys.role_arn(self.arn)
        except ValueError as rule:
            raise ConfigurationError(f"The role ARN of {self.source} {rule}.", hint="Correct it there.") from None
        try:
            profile_keys.role_session_name(self.session_name)
        except ValueError as rule:
            raise ConfigurationError(
                f"The role session name of {self.source} {rule}.", hint="Correct it there."
            ) from None


def assume_role(context: SourceContext, role: Role, signer: Found) -> Found:
    """The role's temporary key, requested with `signer`. Raises what the call raises, with the source in its text."""
    action = AssumeRole(
        role_arn=role.arn,
        session_name=role.session_name,
        duration_s=role.duration_s,
        policy=role.policy,
        external_id=role.external_id,
    )
    return _ask(context, role, action, signer.access_key)


def assume_role_with_oidc(context: SourceContext, role: Role, *, provider_arn: str, token_file: Path) -> Found:
    """The role's temporary key, requested with the OIDC token in a file. Raises as `assume_role`.

    The file is read each time, since Kubernetes renews it.
    """
    if not _PROVIDER_ARN.fullmatch(provider_arn):
        raise ConfigurationError(
            f"The OIDC provider ARN of {role.source} is malformed.",
            hint="It looks like acs:ram::1234567890123456:oidc-provider/NAME.",
        )
    token = _read_token(context.runtime, token_file, role.source)
    action = AssumeRoleWithOidc(
        role_arn=role.arn,
        session_name=role.session_name,
        duration_s=role.duration_s,
        policy=role.policy,
        provider_arn=provider_arn,
        oidc_token=token,
    )
    return _ask(context, role, action, None)


def _ask(context: SourceContext, role: Role, action: Action[Found], access_key: AccessKey | None) -> Found:
    client, region_id = context.sts_client(access_key, role.sts)
    with naming(role.source):
        found = client.call(action, region_id=region_id).value
    assert found.expires_at is not None  # noqa: S101  # STS only issues temporary keys
    # By this machine's clock, whose offset the client has measured by now.
    return found._replace(
        source=f"{role.source}, as {role.arn}",
        expires_at=found.expires_at - client.clock_offset_s,
        account_id=role.account_id,
    )


_CHECK_NETWORK = "Check the network, the address where it is set, and whether a proxy is needed."
_CHECK_SERVICE = "Check what is listening there: it may be a proxy, a sign-in page or another service."


@contextmanager
def naming(source: str, *secrets: str) -> Iterator[None]:
    """Add the source to the text of an error that is raised inside, and remove these secrets from it."""
    try:
        yield
    except EcsvncError as error:
        error.what = redacted(f"Credentials from {source}: {error.what}", secrets)
        error.args = (error.what,)
        if "`endpoint`" in error.hint:  # the setting for ECS, which is not used here
            error.hint = _CHECK_NETWORK if isinstance(error, ConnectError) else _CHECK_SERVICE
        raise


def _read_token(runtime: Runtime, path: Path, source: str) -> str:
    try:
        content, _ = read_file(path, MAX_TOKEN_BYTES, runtime)
    except OSError as error:
        raise CredentialsError(
            f"The OIDC token of {source} cannot be read: {path}: {error.strerror or type(error).__name__}.",
            hint="Check that the token is mounted at the path that the variable or profile names.",
        ) from None
    token = content.strip()
    if not token:
        raise CredentialsError(
            f"Incomplete credentials: the OIDC token file of {source} is empty: {path}.",
            hint="Check the path, and the service that writes the token.",
        )
    if not re.fullmatch(rb"[!-~]+", token):
        raise CredentialsError(
            f"The OIDC token file of {source} does not contain exactly one token: {path}.",
            hint="Check the path, and the service that writes the token.",
        )
    return token.decode("ascii")
