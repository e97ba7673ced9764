"""Source: the RAM role of the ECS instance that ecsvnc runs on, from its metadata service.

Security-hardened mode only (v2: a token is requested by PUT first), never through a proxy, and only on an ECS instance:
elsewhere the address belongs to someone else. The machine's DMI data tells whether it is one. With
ALIBABA_CLOUD_ECS_METADATA (the role's name), or for a profile that names a role, it is called in any case.

https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

from ecsvnc.credentials.assume_role import naming
from ecsvnc.credentials.context import SourceContext
from ecsvnc.credentials.found import Absent, Found
from ecsvnc.credentials.temporary import parse_served_key
from ecsvnc.errors import ConfigurationError, CredentialsError, NetworkError
from ecsvnc.http.messages import HttpResponse
from ecsvnc.http.proxies import METADATA_HOST
from ecsvnc.loopback.names import is_loopback
from ecsvnc.openapi.redaction import redacted
from ecsvnc.runtime import Runtime
from ecsvnc.settings.profile_keys import ecs_ram_role

ROLE_VARIABLE = "ALIBABA_CLOUD_ECS_METADATA"
DISABLED_VARIABLE = "ALIBABA_CLOUD_ECS_METADATA_DISABLED"

ENDPOINT_VARIABLE = "ECSVNC_METADATA_ENDPOINT"
"""`http://127.0.0.1:PORT` of a substitute for tests; loopback only. If it is set, it is always called."""

_TOKEN_PATH = "/latest/api/token"  # noqa: S105  # a path
_CREDENTIALS_PATH = "/latest/meta-data/ram/security-credentials/"
_TOKEN_SECONDS = 21600
_TIMEOUT_S = 3.0

_DMI_VENDOR = Path("/sys/class/dmi/id/sys_vendor")
_VENDOR = "Alibaba Cloud"

_NAME = "the ECS instance's role"


def find(context: SourceContext, *, dmi_vendor: Path = _DMI_VENDOR) -> Found | Absent:
    """The key of this ECS instance's role, if it is one. Raises CredentialsError if the answer is not complete."""
    environ = context.runtime.environ
    if environ.get(DISABLED_VARIABLE, "").lower() == "true":
        return Absent(f"{DISABLED_VARIABLE} is true")
    role_name = environ.get(ROLE_VARIABLE, "")
    if role_name or environ.get(ENDPOINT_VARIABLE):
        return role_credentials(context, role_name, _NAME)
    if not is_ecs_instance(dmi_vendor):
        return Absent("not running on ECS")
    # The user has not asked for this source: an instance without a role, or with its metadata service turned off, is
    # not an error; an instance with a role but without a key is.
    try:
        with naming(_NAME):
            try:
                service = _Service.open(context)
            except NetworkError as error:
                return Absent(error.what.rstrip("."))
        with naming(_NAME, service.token):
            role_name = service.attached_role()
    except _NoRoleError as error:
        return Absent(error.what.rstrip("."))
    with naming(_NAME, service.token):
        return service.key(role_name, _NAME)


def is_ecs_instance(dmi_vendor: Path = _DMI_VENDOR) -> bool:
    """Whether the firmware names the vendor. Only Linux has that in a file; elsewhere this is False."""
    try:
        return dmi_vendor.read_text(encoding="utf-8", errors="replace").startswith(_VENDOR)
    except OSError:
        return False


def role_credentials(context: SourceContext, role_name: str, source: str) -> Found:
    """The temporary key of the instance's role of that name, or of the attached one.

    Raises CredentialsError without a role or for an incomplete answer, NetworkError without a metadata service.
    """
    try:
        ecs_ram_role(role_name)
    except ValueError as rule:
        raise ConfigurationError(f"The role name of {source} {rule}.", hint="Correct it there.") from None
    with naming(source):
        service = _Service.open(context)
    with naming(source, service.token):
        return service.key(role_name or service.attached_role(), source)


@dataclass(frozen=True, slots=True)
class _Service:
    """The metadata service, and its token."""

    context: SourceContext
    origin: str
    token: str = field(repr=False)

    @classmethod
    def open(cls, context: SourceContext) -> Self:
        """Get a token. Raises NetworkError without a metadata service, CredentialsError if it returns no token."""
        origin = _origin(context.runtime)
        answer = context.fetch(
            origin + _TOKEN_PATH,
            method="PUT",
            headers={"X-aliyun-ecs-metadata-token-ttl-seconds": str(_TOKEN_SECONDS)},
            timeout_s=_TIMEOUT_S,
        )
        token = answer.body.strip()
        if answer.status != 200 or not re.fullmatch(rb"[!-~]{1,4096}", token):
            raise _refusal(
                answer.status,
                f"the metadata service gave no token (HTTP status {answer.status}).",
                hint="Turn on metadata access of the instance.",
            )
        return cls(context, origin, token.decode("ascii"))

    def attached_role(self) -> str:
        """The name of the instance's role. Raises CredentialsError if it has none."""
        answer = self._get("")
        role_name = answer.body.decode("ascii", errors="replace").strip()
        if answer.status != 200 or not _is_role_name(role_name):
            raise _refusal(
                answer.status,
                f"the instance has no role (HTTP status {answer.status}).",
                hint="Attach a RAM role to it.",
            )
        return role_name

    def key(self, role_name: str, source: str) -> Found:
        """The temporary key of a role. Raises CredentialsError if it is not attached, or the answer not complete."""
        answer = self._get(quote(role_name))
        if answer.status != 200:
            raise CredentialsError(
                f"the instance has no role {role_name!r} (HTTP status {answer.status}).",
                hint="Check the role's name in the instance's settings.",
            )
        shown = redacted(repr(role_name), (self.token,))
        found = parse_served_key(answer.body, f"the metadata service, role {shown}")
        return found._replace(source=f"{source} {shown}")

    def _get(self, path: str) -> HttpResponse:
        headers = {"X-aliyun-ecs-metadata-token": self.token}
        return self.context.fetch(f"{self.origin}{_CREDENTIALS_PATH}{path}", headers=headers, timeout_s=_TIMEOUT_S)


def _is_role_name(text: str) -> bool:
    try:
        return bool(ecs_ram_role(text))
    except ValueError:
        return False


def _refusal(status: int, what: str, *, hint: str) -> CredentialsError:
    """403 means that the metadata service is turned off, 404 that the instance has no role; others are failures."""
    kind = _NoRoleError if status in (403, 404) else CredentialsError
    return kind(what, hint=hint)


class _NoRoleError(CredentialsError):
    """This instance has no role, or its metadata service is turned off."""


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
            f"{ENDPOINT_VARIABLE} must be http://127.0.0.1:PORT, the address of a substitute on this machine.",
            hint=f"Correct it, or unset {ENDPOINT_VARIABLE}.",
        )
    return f"http://{parts.netloc}"
