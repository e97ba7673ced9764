"""The name of the profile that a config command changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecsvnc.errors import UsageError

if TYPE_CHECKING:
    from ecsvnc.settings.resolve import Settings

# Fits into a TOML key, a command line and a message; the aliyun CLI's own names do too.
_PROFILE_NAME = re.compile(r"[\w.@+-]{1,64}")


def name_to_write(settings: Settings) -> str:
    """The name of the profile to change or add. Raises UsageError if it is not a valid name."""
    if not _PROFILE_NAME.fullmatch(settings.profile_name):
        raise UsageError(
            f"Not a profile name (from {settings.profile_origin.name}).",
            hint="Use at most 64 letters, digits, and . _ @ + -",
        )
    return settings.profile_name
