"""Source: the RAM role of the ECS instance that ecsvnc runs on, from its metadata service.

Security-hardened mode only (v2: first a token, by PUT), never through a proxy, and only on an ECS instance: elsewhere
the address is somebody else's. The machine's DMI data tell, or the user: by ALIBABA_CLOUD_ECS_METADATA (the role's
name), or a profile that says so.

https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, urlsplit

from ecsvnc.credentials.assume_role import naming
from ecsvnc.credentials.found import Absent, Found
from ecsvnc.credentials.served import fetch
from ecsvnc.credentials.temporary import parse_served_key
from ecsvnc.credentials.tools import Tools
from ecsvnc.errors import ConfigurationError, CredentialsError, NetworkError
from ecsvnc.http.proxies import METADATA_HOST
from ecsvnc.loopback import is_loopback
from ecsvnc.runtime import Runtime

ROLE_VARIABLE = "ALIBABA_CLOUD_ECS_METADATA"
DISABLED_VARIABLE = "ALIBABA_CLOUD_ECS_METADATA_DISABLED"

ENDPOINT_VARIABLE = "ECSVNC_METADATA_ENDPOINT"
"""`http://127.0.0.1:PORT` of a stand-in, such as the embedded ECS's; loopback only. Setting it is asking for it."""

_TOKEN_PATH = "/latest/api/token"  # noqa: S105  # a path
_CREDENTIALS_PATH = "/latest/meta-data/ram/security-credentials/"
_TOKEN_SECONDS = 21600
_TIMEOUT_S = 3.0

_DMI_VENDOR = Path("/sys/class/dmi/id/sys_vendor")
_VENDOR = "Alibaba Cloud"

_ROLE_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)


class MetadataSource:
    """The role of this ECS instance, if it is one."""

    name = "the ECS instance's role"

    def __init__(self, tools: Tools, *, dmi_vendor: Path = _DMI_VENDOR) -> None:
        self._tools = tools
        self._dmi_vendor = dmi_vendor

    def find(self) -> Found | Absent:
        """Look. Raises CredentialsError if the service's answer is not complete."""
        environ = self._tools.runtime.environ
        if environ.get(DISABLED_VARIABLE, "").lower() == "true":
            return Absent(f"{DISABLED_VARIABLE} is true")
        role_name = environ.get(ROLE_VARIABLE, "")
        if role_name or environ.get(ENDPOINT_VARIABLE):
            return role_credentials(self._tools, role_name, self.name)
        if not is_ecs_instance(self._dmi_vendor):
            return Absent("this machine is no ECS instance")
        try:
            return role_credentials(self._tools, "", self.name)
        except (_NoRoleError, NetworkError) as error:
            # Nobody asked for it: an instance without a role, or with its metadata service turned off, is no mistake.
            return Absent(error.what.rstrip("."))


def is_ecs_instance(dmi_vendor: Path = _DMI_VENDOR) -> bool:
    """Whether the firmware says so. Only Linux shows that in a file; elsewhere the user has to say it."""
    try:
        return dmi_vendor.read_text(encoding="utf-8", errors="replace").startswith(_VENDOR)
    except OSError:
        return False


def role_credentials(tools: Tools, role_name: str, source: str) -> Found:
    """The temporary key of the instance's role, by name, or of whichever it has.

    Raises CredentialsError if it has none or the answer is not complete, NetworkError if there is no such service.
    """
    if role_name and not _ROLE_NAME.fullmatch(role_name):
        raise ConfigurationError(f"The role name of {source} is malformed.", hint="It is the name alone, not an ARN.")
    origin = _origin(tools.runtime)
    transport = tools.transport()
    with naming(source):
        token = fetch(
            transport,
            origin + _TOKEN_PATH,
            method="PUT",
            headers={"X-aliyun-ecs-metadata-token-ttl-seconds": str(_TOKEN_SECONDS)},
            timeout_s=_TIMEOUT_S,
        )
        if token.status != 200 or not re.fullmatch(rb"[!-~]{1,4096}", token.body.strip()):
            raise _NoRoleError(
                f"the metadata service gave no token (HTTP status {token.status}).",
                hint="Is the instance's metadata access turned on?",
            )
        headers = {"X-aliyun-ecs-metadata-token": token.body.strip().decode("ascii")}
        if not role_name:
            answer = fetch(transport, origin + _CREDENTIALS_PATH, headers=headers, timeout_s=_TIMEOUT_S)
            role_name = answer.body.decode("ascii", errors="replace").strip()
            if answer.status != 200 or not _ROLE_NAME.fullmatch(role_name):
                raise _NoRoleError(
                    f"the instance has no role (HTTP status {answer.status}).", hint="Attach a RAM role to it."
                )
        answer = fetch(
            transport, f"{origin}{_CREDENTIALS_PATH}{quote(role_name)}", headers=headers, timeout_s=_TIMEOUT_S
        )
        if answer.status != 200:
            raise _NoRoleError(
                f"the instance has no role {role_name!r} (HTTP status {answer.status}).",
                hint="Check the role's name in the instance's settings.",
            )
        return parse_served_key(answer.body, f"the metadata service, role {role_name!r}").found(
            f"{source} {role_name!r}"
        )


class _NoRoleError(CredentialsError):
    """There is nothing to be had from the metadata service."""


def _origin(runtime: Runtime) -> str:
    text = runtime.environ.get(ENDPOINT_VARIABLE, "")
    if not text:
        return f"http://{METADATA_HOST}"
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme == "http" and is_loopback(parts.hostname or "") and not parts.path.strip("/")
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ConfigurationError(
            f"{ENDPOINT_VARIABLE} must be http://127.0.0.1:PORT: it is for a stand-in on this machine.",
            hint=f"Correct it, or unset {ENDPOINT_VARIABLE}.",
        )
    return f"http://{parts.netloc}"
