"""The message for a denial by RAM: who, which action, which kind of policy, and what would allow it. Pure.

Source: `AccessDeniedDetail` of the RAM documentation ("Troubleshoot access denied errors").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_RAM_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")

_PRINCIPALS = {
    "SubUser": "The RAM user",
    "AssumedRoleUser": "The role session",
    "MainUser": "The account",
    "Federated": "The federated user",
}
"""`AuthPrincipalType`; the name that goes with it is `AuthPrincipalDisplayName`."""

_POLICIES = {
    "AccountLevelIdentityBasedPolicy": "policy of this identity",
    "ResourceGroupLevelIdentityBasedPolicy": "policy of this identity in the resource group",
    "AssumeRolePolicy": "trust policy of the role",
    "ControlPolicy": "control policy of the resource directory",
    "SessionPolicy": "policy of the role session",
}
"""`PolicyType`."""


def explain_denial(detail: Mapping[str, str], tried_action: str, resource: str = "*") -> tuple[str, str]:
    """What happened, and what to do next.

    `detail` is the AccessDeniedDetail, empty if there is none; `tried_action` the RAM action of the call
    (`ecs:DescribeRegions`), for answers that name none; `resource` is the resource of the call, as RAM writes it.
    """
    named = detail.get("AuthAction", "")
    action = named if _RAM_ACTION.fullmatch(named) else tried_action
    what = f"{_who(detail)} may not call {action or 'this action'}"
    policy = _POLICIES.get(detail.get("PolicyType", ""), "policy")
    match detail.get("NoPermissionType"):
        case "ExplicitDeny":
            return (
                f"{what}: a {policy} denies it.",
                f"Ask an administrator to remove that Deny of {action or 'it'}; allowing it elsewhere is not enough.",
            )
        case "ImplicitDeny":
            what += f": no {policy} allows it"
    if not action:
        return f"{what}.", "`ecsvnc config policy` prints the permissions that ecsvnc needs."
    statement = json.dumps({"Effect": "Allow", "Action": [action], "Resource": [resource]})
    hint = (
        f"Ask an administrator to allow {action}; the statement for a RAM policy is {statement}. "
        "`ecsvnc config policy` prints all permissions that ecsvnc needs."
    )
    return f"{what}.", hint


def _who(detail: Mapping[str, str]) -> str:
    kind = _PRINCIPALS.get(detail.get("AuthPrincipalType", ""), "")
    name = detail.get("AuthPrincipalDisplayName", "")[:100]
    return " ".join(word for word in (kind, name) if word) or "This identity"
