"""The key pair that signs a call."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An AccessKey pair; with a security token, the temporary one of a role (its id then starts with `STS.`).

    `source` completes "credentials from …" in messages.
    """

    id: str
    secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    source: str = field(default="", repr=False, compare=False)
