"""The keys of a profile for the source of its credentials, and their rules. None is a secret. Pure.

The rules are those of RAM and STS (AssumeRole: RoleArn, RoleSessionName, ExternalId). Their messages complete the
sentence "`role_arn` …".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ecsvnc.settings.values import command_line

LOGIN_KEYS = ("access_key_id", "keyring_backend")
"""The keys that `ecsvnc config login` writes, together with a secret in the keyring."""

STARTING_POINTS = ("access_key_id", "credential_process", "ecs_ram_role", "source_profile")
"""Where a profile's credentials start. A profile has exactly one of these."""

# Compiled when first used, since most runs only need the names of the keys.
_ROLE_ARN = r"acs:ram::[0-9*]+:role/[A-Za-z0-9_.@/-]+"
_SESSION_NAME = r"[A-Za-z0-9.@_-]{2,64}"
_EXTERNAL_ID = r"[A-Za-z0-9_+=,.@:/-]{2,1224}"
_ROLE_NAME = r"[A-Za-z0-9_.-]{1,64}"

# Safe in a TOML key, a command line and a message, as are the names of the aliyun CLI.
_PROFILE_NAME = r"[\w.@+-]{1,64}"


def role_arn(text: str) -> str:
    """The ARN of a RAM role."""
    if not re.fullmatch(_ROLE_ARN, text):
        raise ValueError("must be a role's ARN, such as acs:ram::1234567890123456:role/NAME")
    return text


def role_session_name(text: str) -> str:
    """The name of the session, which the audit log (ActionTrail) shows."""
    if not re.fullmatch(_SESSION_NAME, text):
        raise ValueError("must be 2 to 64 letters, digits, and . @ _ -")
    return text


def external_id(text: str) -> str:
    """What the trust policy of a role in another account may require."""
    if not re.fullmatch(_EXTERNAL_ID, text):
        raise ValueError("must be 2 to 1224 letters, digits, and + = , . @ : / _ -")
    return text


def ecs_ram_role(text: str) -> str:
    """The name of an instance's role; "" for the one that is attached."""
    if text and not re.fullmatch(_ROLE_NAME, text):
        raise ValueError("must be a role's name alone (not an ARN), or '' for the attached role")
    return text


def profile_name(text: str) -> str:
    """The name of a profile."""
    if not re.fullmatch(_PROFILE_NAME, text):
        raise ValueError("must be a profile's name: at most 64 letters, digits, and . _ @ + -")
    return text


def credential_process(text: str) -> str:
    """A command line, which is run without a shell."""
    import shlex  # only needed to set one

    command_line(text)
    try:
        shlex.split(text)
    except ValueError:
        raise ValueError("must not have an unbalanced quote") from None
    return text


class ProfileKey(NamedTuple):
    """One key that `ecsvnc config set` accepts. `parse` returns the text, and raises ValueError for an invalid one."""

    key: str
    parse: Callable[[str], str]
    help: str


PROFILE_KEYS = (
    ProfileKey(
        "credential_process",
        credential_process,
        'Command that prints {"mode": "AK" or "StsToken", "access_key_id": …, "access_key_secret": …, "sts_token": …}.',
    ),
    ProfileKey("ecs_ram_role", ecs_ram_role, "Role of the ECS instance that ecsvnc runs on; '' for the attached one."),
    ProfileKey("source_profile", profile_name, "Profile whose credentials assume role_arn."),
    ProfileKey("role_arn", role_arn, "RAM role to assume: acs:ram::ACCOUNT:role/NAME."),
    ProfileKey("role_session_name", role_session_name, "Session name for role_arn. [default: ecsvnc]"),
    ProfileKey("external_id", external_id, "External id that the trust policy of role_arn requires."),
)
"""All but those of LOGIN_KEYS, in the order in which they are listed."""

PROFILE_KEYS_BY_NAME = {one.key: one for one in PROFILE_KEYS}

CREDENTIAL_KEYS = (*LOGIN_KEYS, *PROFILE_KEYS_BY_NAME)
"""All of them."""
