"""Source: the variables that the vendor's tools share."""

from __future__ import annotations

from ecsvnc.credentials.found import Absent, Found, checked_access_key
from ecsvnc.runtime import Runtime

ID_VARIABLE = "ALIBABA_CLOUD_ACCESS_KEY_ID"
SECRET_VARIABLE = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"  # noqa: S105  # a variable's name
TOKEN_VARIABLE = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105  # as above


class EnvironmentSource:
    """ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET, and _SECURITY_TOKEN for temporary ones. An empty one is not set."""

    name = "the environment"

    def __init__(self, runtime: Runtime) -> None:
        self._environ = runtime.environ

    def find(self) -> Found | Absent:
        """Look. Raises CredentialsError for half or malformed ones."""
        key_id, secret, token = (self._environ.get(name, "") for name in (ID_VARIABLE, SECRET_VARIABLE, TOKEN_VARIABLE))
        if not (key_id or secret or token):
            return Absent(f"{ID_VARIABLE} is not set")
        key = checked_access_key(
            key_id=key_id,
            secret=secret,
            token=token,
            source=self.name,
            hint=f"Set both {ID_VARIABLE} and {SECRET_VARIABLE} (for temporary ones also {TOKEN_VARIABLE}), or none.",
        )
        return Found(key, f"{self.name} ({ID_VARIABLE})")
