"""Source: the credentials file that the vendor's SDKs share. Never written.

    [default]
    type = access_key            # or ram_role_arn, oidc_role_arn, ecs_ram_role
    access_key_id = ...
    access_key_secret = ...

A value is everything after `=`: the vendor's Python library cuts it at `#` and fails at `%`, other SDKs do not.
"""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecsvnc.credentials.assume_role import DEFAULT_SESSION_NAME, Role, assume_role, assume_role_with_oidc
from ecsvnc.credentials.context import SourceContext
from ecsvnc.credentials.found import Absent, Found, checked_access_key
from ecsvnc.credentials.metadata import role_credentials
from ecsvnc.errors import ConfigurationError, CredentialsError
from ecsvnc.files.read_file import read_file
from ecsvnc.runtime import Runtime
from ecsvnc.settings.folders import expand_home

FILE_VARIABLE = "ALIBABA_CLOUD_CREDENTIALS_FILE"
SECTION_VARIABLE = "ALIBABA_CLOUD_PROFILE"

MAX_BYTES = 1 << 20


def find(context: SourceContext) -> Found | Absent:
    """The credentials in the section that ALIBABA_CLOUD_PROFILE names, else `default`, of the first file that has it.

    Raises CredentialsError for incomplete ones, ConfigurationError if a file is wrong.
    """
    runtime = context.runtime
    section_name = runtime.environ.get(SECTION_VARIABLE) or "default"
    paths = credentials_files(runtime)
    for path in paths:
        values = read_section(path, section_name, runtime, must_exist=bool(runtime.environ.get(FILE_VARIABLE)))
        if values is not None:
            return _Section(context, path, section_name, values).credentials()
    if not paths:
        return Absent("this user has no home folder")
    there = [str(path) for path in paths if path.exists()]
    if there:
        return Absent(f"no section [{section_name}] in {' or '.join(there)}")
    return Absent(f"no {' or '.join(str(path) for path in paths)}")


def credentials_files(runtime: Runtime) -> list[Path]:
    """The paths of the file: the variable's, else its two usual ones; none without a home folder."""
    if given := runtime.environ.get(FILE_VARIABLE):
        return [expand_home(given, runtime)]
    if runtime.home is None:
        return []
    folder = runtime.home / ".alibabacloud"
    return [folder / "credentials", folder / "credentials.ini"]


def read_section(path: Path, name: str, runtime: Runtime, *, must_exist: bool = False) -> Mapping[str, str] | None:
    """One section's values, or None if the file or the section does not exist. Raises ConfigurationError."""
    try:
        content, _ = read_file(path, MAX_BYTES, runtime)
    except FileNotFoundError:
        if must_exist:
            raise ConfigurationError(
                f"{FILE_VARIABLE} names a file that does not exist: {path}.", hint="Correct it, or unset it."
            ) from None
        return None
    except OSError as error:
        raise _unusable(path, error.strerror or type(error).__name__) from None
    # Without interpolation and comments within a line, which would change a secret.
    parser = configparser.RawConfigParser(inline_comment_prefixes=None, default_section="\0")
    try:
        parser.read_string(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _unusable(path, "it is not UTF-8 text") from None
    except configparser.Error as error:
        # Its text would quote the line, which may hold the secret.
        raise _unusable(path, f"it is not an INI file ({type(error).__name__})") from None
    return dict(parser.items(name)) if parser.has_section(name) else None


def _unusable(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"{path} cannot be used: {reason}.", hint="Correct it, or move it away.")


@dataclass(frozen=True, slots=True)
class _Section:
    context: SourceContext
    path: Path
    name: str
    values: Mapping[str, str] = field(repr=False)

    @property
    def source(self) -> str:
        return f"section [{self.name}] of {self.path}"

    def credentials(self) -> Found | Absent:
        if self.values.get("enable", "true").lower() == "false":
            return Absent(f"{self.source} has enable = false")
        kind = self.values.get("type", "")
        if kind in _UNSUPPORTED_TYPES:
            raise CredentialsError(
                f"The `type` of {self.source} is {kind}, which ecsvnc does not support for ECS.",
                hint="Choose another section with ALIBABA_CLOUD_PROFILE, or run `ecsvnc config login`.",
            )
        read = _TYPES.get(kind)
        if read is None:
            fault = f"is unknown: {kind!r}" if kind else "is missing"
            raise ConfigurationError(
                f"The `type` of {self.source} {fault}.", hint=f"Correct it there. Supported types: {', '.join(_TYPES)}."
            )
        return read(self)

    def required(self, key: str) -> str:
        value = self.values.get(key, "")
        if not value:
            raise CredentialsError(f"Incomplete credentials: {self.source} has no `{key}`.", hint="Complete it there.")
        return value

    def stored_key(self) -> Found:
        key = checked_access_key(
            key_id=self.values.get("access_key_id", ""),
            secret=self.values.get("access_key_secret", ""),
            token=self.values.get("security_token", ""),
            source=self.source,
            hint="Complete it there.",
        )
        return Found(key, self.source)

    def role(self) -> Role:
        return Role(
            self.required("role_arn"),
            self.source,
            session_name=self.values.get("role_session_name") or DEFAULT_SESSION_NAME,
            policy=self.values.get("policy", ""),
        )


def _with_oidc(section: _Section) -> Found:
    return assume_role_with_oidc(
        section.context,
        section.role(),
        provider_arn=section.required("oidc_provider_arn"),
        token_file=expand_home(section.required("oidc_token_file_path"), section.context.runtime),
    )


_TYPES: dict[str, Callable[[_Section], Found]] = {
    "access_key": _Section.stored_key,
    "ram_role_arn": lambda section: assume_role(section.context, section.role(), section.stored_key()),
    "oidc_role_arn": _with_oidc,
    "ecs_ram_role": lambda section: role_credentials(
        section.context, section.values.get("role_name", ""), section.source
    ),
}

_UNSUPPORTED_TYPES = ("rsa_key_pair",)
"""Known to the vendor's libraries; such keys are no longer issued."""
