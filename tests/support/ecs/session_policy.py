"""What the parameter Policy of AssumeRole leaves of a role's permissions.

Source: "Policy structure and syntax" of the RAM user guide. Conditions are not evaluated: a statement with one allows
nothing, and denies as if it were met.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

_MEMBERS = frozenset({"Effect", "Action", "NotAction", "Resource", "Condition"})


@dataclass(frozen=True, slots=True)
class _Statement:
    allows: bool
    actions: Sequence[str]
    is_of_other_actions: bool
    resources: Sequence[str]
    is_conditional: bool

    def is_about(self, action: str, resource: str) -> bool:
        is_listed = any(_matches(action.lower(), pattern.lower()) for pattern in self.actions)
        return is_listed != self.is_of_other_actions and any(_matches(resource, pattern) for pattern in self.resources)


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """A policy that passed the grammar check. `parse` makes one."""

    statements: Sequence[_Statement]

    @classmethod
    def parse(cls, text: str) -> SessionPolicy:
        """Read a policy document. Raises ValueError if it is none."""
        try:
            document = json.loads(text)
        except RecursionError:
            raise ValueError from None
        if not isinstance(document, dict) or document.keys() != {"Version", "Statement"} or document["Version"] != "1":
            raise ValueError
        if not isinstance(document["Statement"], list):
            raise ValueError  # noqa: TRY004  # the document is wrong, not the program
        return cls([_statement(each) for each in document["Statement"]])

    def allows(self, action: str, resource: str) -> bool:
        """Whether it allows an action (`ecs:DescribeInstances`) on a resource, by its ARN."""
        about = [each for each in self.statements if each.is_about(action, resource)]
        return any(each.allows and not each.is_conditional for each in about) and all(each.allows for each in about)


def _statement(value: Any) -> _Statement:
    if not isinstance(value, dict) or value.keys() - _MEMBERS or value.get("Effect") not in ("Allow", "Deny"):
        raise ValueError
    if ("Action" in value) == ("NotAction" in value):
        raise ValueError
    return _Statement(
        allows=value["Effect"] == "Allow",
        actions=_texts(value.get("Action", value.get("NotAction"))),
        is_of_other_actions="NotAction" in value,
        resources=_texts(value.get("Resource")),
        is_conditional="Condition" in value,
    )


def _texts(value: Any) -> Sequence[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(each, str) for each in texts):
        raise ValueError
    return texts


def _matches(text: str, pattern: str) -> bool:
    return fnmatchcase(text, pattern.replace("[", "[[]"))  # `*` and `?` are RAM's too
