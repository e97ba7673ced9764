"""Source: an OIDC token of this machine's own, as Kubernetes mounts one into a pod (RRSA)."""

from __future__ import annotations

from ecsvnc.credentials.assume_role import DEFAULT_SESSION_NAME, Role, assume_role_with_oidc
from ecsvnc.credentials.found import Absent, Found
from ecsvnc.credentials.tools import Tools
from ecsvnc.errors import CredentialsError
from ecsvnc.settings.folders import expand_home

ROLE_VARIABLE = "ALIBABA_CLOUD_ROLE_ARN"
PROVIDER_VARIABLE = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN"
TOKEN_FILE_VARIABLE = "ALIBABA_CLOUD_OIDC_TOKEN_FILE"  # noqa: S105  # a variable's name
SESSION_VARIABLE = "ALIBABA_CLOUD_ROLE_SESSION_NAME"


class OidcSource:
    """ALIBABA_CLOUD_ROLE_ARN, _OIDC_PROVIDER_ARN and _OIDC_TOKEN_FILE; _ROLE_SESSION_NAME if it is set."""

    name = "OIDC"

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def find(self) -> Found | Absent:
        """Look. Raises CredentialsError if one of the three is missing, or STS refuses the token."""
        environ = self._tools.runtime.environ
        values = {name: environ.get(name, "") for name in (ROLE_VARIABLE, PROVIDER_VARIABLE, TOKEN_FILE_VARIABLE)}
        # The role's ARN alone is no sign: it is also meant for other ways to assume it.
        if not values[PROVIDER_VARIABLE] and not values[TOKEN_FILE_VARIABLE]:
            return Absent(f"{TOKEN_FILE_VARIABLE} is not set")
        missing = [name for name, value in values.items() if not value]
        if missing:
            raise CredentialsError(
                f"Half a credential: OIDC lacks {' and '.join(missing)}.", hint="Set all three, or none."
            )
        role = Role(
            values[ROLE_VARIABLE],
            "OIDC (environment)",
            session_name=environ.get(SESSION_VARIABLE) or DEFAULT_SESSION_NAME,
        )
        return assume_role_with_oidc(
            self._tools,
            role,
            provider_arn=values[PROVIDER_VARIABLE],
            token_file=expand_home(values[TOKEN_FILE_VARIABLE], self._tools.runtime),
        )
