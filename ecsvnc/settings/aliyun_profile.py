"""The aliyun CLI's own profiles, `~/.aliyun/config.json`. Never written.

{"current": "NAME", "profiles": [{"name": "NAME", "mode": "AK", "region_id": "cn-hangzhou", ...}, ...]}
(aliyun-cli, config/configuration.go and config/profile.go). The credentials of a profile are read
in `ecsvnc.credentials`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecsvnc.errors import ConfigurationError
from ecsvnc.files.file_trust import why_not_trusted
from ecsvnc.files.read_file import read_file
from ecsvnc.runtime import Runtime

PROFILE_VARIABLES = ("ALIBABACLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE")
"""The variables that name the profile for the CLI, in its order (config/configuration.go)."""

MAX_BYTES = 4 << 20

_OF_NO_HOME = Path("~/.aliyun/config.json")
"""The file in messages where there is no home folder; never read."""


@dataclass(frozen=True, slots=True)
class AliyunProfile:
    """One profile. `values` holds secrets.

    `why_not_trusted` is why another user may have written the file, else "". With a reason, its commands are not run.
    """

    name: str
    path: Path
    values: Mapping[str, Any] = field(repr=False)
    why_not_trusted: str = ""

    def text(self, key: str) -> str:
        """A value, or "" if the profile has none. Raises ConfigurationError if it is not a string."""
        value = self.values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ConfigurationError(
                f"`{key}` of the aliyun CLI's profile {self.name!r} in {self.path} is not a string.",
                hint="Correct it there, or with `aliyun configure set`.",
            )
        return value

    def number(self, key: str) -> int:
        """A whole number, such as a time in POSIX seconds; 0 if the profile has none. Raises as `text`."""
        value = self.values.get(key)
        if value is None or value == "":
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
            raise ConfigurationError(
                f"`{key}` of the aliyun CLI's profile {self.name!r} in {self.path} is not a whole number.",
                hint="Correct it there, or with `aliyun configure set`.",
            )
        return value


@dataclass(frozen=True, slots=True)
class AliyunConfig:
    """The file: its profiles, and the name of the current one."""

    path: Path
    current: str = ""
    profiles: Mapping[str, AliyunProfile] = field(default_factory=dict, repr=False)

    def chosen(self, environ: Mapping[str, str]) -> AliyunProfile | None:
        """The profile that the aliyun CLI would use; None if the file has no profiles.

        Raises ConfigurationError if a variable, or the file itself, names a profile that does not exist.
        """
        for variable in PROFILE_VARIABLES:
            if name := environ.get(variable):
                return self._named(name, f"{variable} names")
        return self._named(self.current, "its `current` names") if self.current else self.profiles.get("default")

    def _named(self, name: str, named_by: str) -> AliyunProfile:
        if name in self.profiles:
            return self.profiles[name]
        known = ", ".join(self.profiles) or "none"
        raise ConfigurationError(
            f"Unknown profile {name!r} of the aliyun CLI: {named_by} it, but it is not in {self.path}.",
            hint=f"Profiles there: {known}. Correct the name, or create it with `aliyun configure --profile {name}`.",
        )


def aliyun_config_path(runtime: Runtime) -> Path | None:
    """The path of the aliyun CLI's profiles; on Windows from HOMEDRIVE and HOMEPATH first. None without a home."""
    home = runtime.home
    if runtime.platform == "win32":
        drive, path = runtime.environ.get("HOMEDRIVE"), runtime.environ.get("HOMEPATH")
        home = Path(drive + path) if drive and path else home
    return home and home / ".aliyun" / "config.json"


def read_aliyun_config(runtime: Runtime) -> AliyunConfig:
    """Read the file; a missing file is like an empty one. Raises ConfigurationError."""
    path = aliyun_config_path(runtime)
    if path is None:
        return AliyunConfig(_OF_NO_HOME)
    try:
        content, status = read_file(path, MAX_BYTES, runtime)
    except FileNotFoundError:
        return AliyunConfig(path)
    except OSError as error:
        raise _unusable(path, error.strerror or type(error).__name__) from None
    return parse_aliyun_config(path, content, why_not_trusted=why_not_trusted(status, runtime.platform))


def parse_aliyun_config(path: Path, content: bytes, *, why_not_trusted: str = "") -> AliyunConfig:
    """The profiles in the file's content. Raises ConfigurationError, whose text quotes none of it."""
    import json  # not needed without the file

    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _unusable(path, "it is not valid JSON") from None
    if not isinstance(document, dict):
        raise _unusable(path, "it is not a JSON object")
    current = "" if document.get("current") is None else document["current"]
    profiles = [] if document.get("profiles") is None else document["profiles"]  # Go writes an empty list as null
    if not isinstance(current, str) or not isinstance(profiles, list):
        raise _unusable(path, "its `current` or `profiles` is not what the aliyun CLI writes")
    found: dict[str, AliyunProfile] = {}
    for profile in profiles:
        if not isinstance(profile, dict) or not isinstance(profile.get("name"), str):
            raise _unusable(path, "one of its profiles is not what the aliyun CLI writes")
        # The CLI uses the first profile of a name.
        found.setdefault(profile["name"], AliyunProfile(profile["name"], path, profile, why_not_trusted))
    return AliyunConfig(path, current, found)


def _unusable(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"The aliyun CLI's {path} cannot be used: {reason}.",
        hint="Repair it with `aliyun configure`, or move it away.",
    )
