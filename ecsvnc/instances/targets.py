"""How the user names an instance: by id, address or name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecsvnc.errors import UsageError

_ID = re.compile(r"i-[a-z0-9]{20}|(?:i-)?AY[0-9A-Za-z]{15,25}")
"""Ids of today, and the legacy ones (`AY121018033933eae8689`, sometimes with `i-` before it)."""

ID_LENGTH = 20
"""How many letters and digits an id of today has after `i-`."""

_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")

MAX_NAME_LENGTH = 128
"""ECS instance names have 2 to 128 characters (ModifyInstanceAttribute, InstanceName)."""


@dataclass(frozen=True, slots=True)
class InstanceId:
    """`i-` and 20 letters or digits, or a legacy id."""

    text: str


@dataclass(frozen=True, slots=True)
class Address:
    """An IPv4 address, private or public, in dotted decimal."""

    text: str

    @property
    def is_private(self) -> bool:
        """Whether it is of a range for private networks (RFC 1918), so that it is never a public address."""
        first, second, *_ = map(int, self.text.split("."))
        return first == 10 or (first == 172 and 16 <= second < 32) or (first == 192 and second == 168)


@dataclass(frozen=True, slots=True)
class Name:
    """An instance name; `*` stands for any characters."""

    text: str

    @property
    def is_pattern(self) -> bool:
        """Whether it may match several names."""
        return "*" in self.text

    def matches(self, instance_name: str) -> bool:
        """Whether an instance name matches: exactly, case included, except for `*`."""
        pattern = ".*".join(map(re.escape, self.text.split("*")))
        return re.fullmatch(pattern, instance_name, re.DOTALL) is not None


Target = InstanceId | Address | Name


def parse_target(text: str) -> Target:
    """Parse an INSTANCE argument. Raises UsageError if it is neither an id, an address nor a name."""
    if _ID.fullmatch(text):
        return InstanceId(text)
    if _ADDRESS.fullmatch(text):
        return Address(text)
    if not text.strip():
        problem = "Empty instance name."
    elif not text.isprintable():
        problem = f"Not an instance name: {text[:40]!r} contains control characters."
    elif len(text) > MAX_NAME_LENGTH:
        problem = f"Not an instance name: {text[:40]!r}… is longer than {MAX_NAME_LENGTH} characters."
    else:
        return Name(text)
    raise UsageError(problem, hint="`ecsvnc list` shows the ids and names of your instances.")


def looks_like_id(name: str) -> bool:
    """Whether a name is probably a mistyped id."""
    return re.fullmatch(r"i-[a-z0-9]{12,30}", name.lower()) is not None
