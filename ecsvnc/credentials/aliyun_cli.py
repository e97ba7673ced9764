"""Source: a profile of the aliyun CLI. Only read: the CLI's file is never written."""

from __future__ import annotations

from collections.abc import Callable

from ecsvnc.credentials.found import Absent, Found, checked_access_key
from ecsvnc.credentials.tools import Tools
from ecsvnc.errors import CredentialsError
from ecsvnc.settings.aliyun_profile import AliyunProfile

DISABLED_VARIABLE = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED"


class AliyunCliSource:
    """The profile that the aliyun CLI would use, or the one that the user chose."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self.name = "the aliyun CLI's profile"

    def find(self) -> Found | Absent:
        """Look. Raises CredentialsError for half ones, ConfigurationError if the file or a variable is wrong."""
        settings = self._tools.settings
        if not settings.chosen_profile and self._tools.runtime.environ.get(DISABLED_VARIABLE, "").lower() == "true":
            return Absent(f"{DISABLED_VARIABLE} is true")
        profile = settings.aliyun_profile
        if profile is None:
            return Absent(
                f"{settings.aliyun.path} has none" if settings.aliyun.profiles else f"no {settings.aliyun.path}"
            )
        mode = profile.text("mode") or _guessed_mode(profile)
        read = _MODES.get(mode)
        if read is None:
            raise CredentialsError(
                f"The aliyun CLI's profile {profile.name!r} has the mode {mode!r}, which ecsvnc does not know.",
                hint="Choose another profile with --profile, or store an AccessKey with `ecsvnc config login`.",
            )
        return read(profile, f"the aliyun CLI's profile {profile.name!r} (mode {mode})")


def _guessed_mode(profile: AliyunProfile) -> str:
    """The mode of a profile that states none, as the CLI guesses it (config/profile.go)."""
    return "StsToken" if profile.text("sts_token") else "AK"


def _access_key(profile: AliyunProfile, source: str) -> Found | Absent:
    # The CLI writes a profile without any when it is first used.
    if not profile.text("access_key_id") and not profile.text("access_key_secret"):
        return Absent(f"profile {profile.name!r} in {profile.path} holds no AccessKey")
    key = checked_access_key(
        key_id=profile.text("access_key_id"),
        secret=profile.text("access_key_secret"),
        source=source,
        hint=f"Complete it: aliyun configure --profile {profile.name}",
    )
    return Found(key, source)


def _sts_token(profile: AliyunProfile, source: str) -> Found:
    key = checked_access_key(
        key_id=profile.text("access_key_id"),
        secret=profile.text("access_key_secret"),
        token=profile.text("sts_token"),
        needs_token=True,
        source=source,
        hint=f"Complete it: aliyun configure --mode StsToken --profile {profile.name}",
    )
    return Found(key, source)


_MODES: dict[str, Callable[[AliyunProfile, str], Found | Absent]] = {
    "AK": _access_key,
    "StsToken": _sts_token,
}
