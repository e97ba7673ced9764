"""Source: the environment variables that the vendor's tools share."""

from __future__ import annotations

from ecsvnc.credentials.context import SourceContext
from ecsvnc.credentials.found import Absent, Found, checked_access_key

ID_VARIABLE = "ALIBABA_CLOUD_ACCESS_KEY_ID"
SECRET_VARIABLE = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"  # noqa: S105  # a variable's name
TOKEN_VARIABLE = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105  # as above


def find(context: SourceContext) -> Found | Absent:
    """The AccessKey in the environment. An empty variable is not set.

    Raises CredentialsError for an incomplete or malformed one.
    """
    environ = context.runtime.environ
    key_id, secret, token = (environ.get(name, "") for name in (ID_VARIABLE, SECRET_VARIABLE, TOKEN_VARIABLE))
    if not (key_id or secret or token):
        return Absent(f"{ID_VARIABLE} is not set")
    key = checked_access_key(
        key_id=key_id,
        secret=secret,
        token=token,
        source="the environment",
        hint=f"Set both {ID_VARIABLE} and {SECRET_VARIABLE} (for a temporary key also {TOKEN_VARIABLE}), or none.",
    )
    return Found(key, f"the environment ({ID_VARIABLE})")
