"""The callers of the embedded ECS: AccessKey pairs, also temporary ones, and what RAM allows each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from ecsvnc.runtime import random_letters

PrincipalType = Literal["Root", "SubUser", "AssumedRoleUser"]

_ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Identity:
    """One AccessKey pair and its owner.

    `allowed_actions` are RAM actions (`ecs:DescribeInstances`); None allows everything. A pair with a
    `security_token` is temporary, and expires at `expires_at` (POSIX seconds).
    """

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    allowed_actions: frozenset[str] | None = None
    is_active: bool = True
    principal_type: PrincipalType = "SubUser"
    name: str = "demo"
    account_id: str = "1000000000000001"

    @classmethod
    def with_new_key(
        cls, random_bytes: Callable[[int], bytes], *, allowed_actions: frozenset[str] | None = None
    ) -> Identity:
        """An identity with a new AccessKey pair in the real format."""
        return cls(
            f"LTAI5t{random_text(18, random_bytes)}", random_text(30, random_bytes), allowed_actions=allowed_actions
        )

    def may(self, action: str, resource: str) -> bool:
        """Whether RAM allows an action on a resource, by their names in RAM."""
        return self.allowed_actions is None or action in self.allowed_actions


class Accounts:
    """All identities. Safe for several threads."""

    def __init__(self, identities: Iterable[Identity] = ()) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[str, Identity] = {}
        self._key_by_token: dict[str, str] = {}
        for identity in identities:
            self.add(identity)

    def add(self, identity: Identity) -> None:
        """Add an identity; one with the same AccessKey id is replaced."""
        with self._lock:
            self._by_key[identity.access_key_id] = identity
            if identity.security_token is not None:
                self._key_by_token[identity.security_token] = identity.access_key_id

    def by_access_key(self, access_key_id: str) -> Identity | None:
        """The identity that has this AccessKey id."""
        return self._by_key.get(access_key_id)

    def was_issued(self, security_token: str) -> bool:
        """Whether this token was issued to anyone."""
        return security_token in self._key_by_token


def random_text(length: int, random_bytes: Callable[[int], bytes]) -> str:
    """A text of `length` letters and digits, each equally likely."""
    return random_letters(length, _ALPHANUMERIC, random_bytes)
