"""Source: an OIDC token in a file, as Kubernetes mounts one into a pod (RRSA)."""

from __future__ import annotations

from ecsvnc.credentials.assume_role import DEFAULT_SESSION_NAME, Role, assume_role_with_oidc
from ecsvnc.credentials.context import SourceContext
from ecsvnc.credentials.found import Absent, Found
from ecsvnc.errors import CredentialsError
from ecsvnc.settings.folders import expand_home

ROLE_VARIABLE = "ALIBABA_CLOUD_ROLE_ARN"
PROVIDER_VARIABLE = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN"
TOKEN_FILE_VARIABLE = "ALIBABA_CLOUD_OIDC_TOKEN_FILE"  # noqa: S105  # a variable's name
SESSION_VARIABLE = "ALIBABA_CLOUD_ROLE_SESSION_NAME"


def find(context: SourceContext) -> Found | Absent:
    """The role's key, by the token in the file. Raises CredentialsError for a missing variable or a refused token."""
    environ = context.runtime.environ
    values = {name: environ.get(name, "") for name in (ROLE_VARIABLE, PROVIDER_VARIABLE, TOKEN_FILE_VARIABLE)}
    # The role's ARN alone is not enough: it is also used for other ways to assume the role.
    if not values[PROVIDER_VARIABLE] and not values[TOKEN_FILE_VARIABLE]:
        return Absent(f"{TOKEN_FILE_VARIABLE} is not set")
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise CredentialsError(
            f"Incomplete credentials: OIDC lacks {' and '.join(missing)}.", hint="Set all three, or none."
        )
    role = Role(
        values[ROLE_VARIABLE],
        "OIDC (environment)",
        session_name=environ.get(SESSION_VARIABLE) or DEFAULT_SESSION_NAME,
    )
    return assume_role_with_oidc(
        context,
        role,
        provider_arn=values[PROVIDER_VARIABLE],
        token_file=expand_home(values[TOKEN_FILE_VARIABLE], context.runtime),
    )
