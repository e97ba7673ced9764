"""Every error says what to do next."""

from __future__ import annotations

import ast
from pathlib import Path

import ecsvnc
from ecsvnc import errors

PACKAGE = Path(ecsvnc.__file__).parent

TOLD_BY_ANOTHER = {
    "rfb": "the protocol's errors are told by who speaks it: the proxy and the embedded ECS",
    "ecs": "the client adds the hint to whatever an action cannot parse",
    "simulator": "its errors are answers of an API",
    "errors.py": "the tree itself",
}
EXEMPT = {
    "cli/failures.py": "says how errors are told",
    "credentials/sts.py": "as in ecs",
}


def test_every_error_has_a_hint():
    kinds = {name for name in vars(errors) if name.endswith("Error")}
    without = []
    for file in sorted(PACKAGE.rglob("*.py")):
        path = file.relative_to(PACKAGE)
        if path.parts[0] in TOLD_BY_ANOTHER or path.as_posix() in EXEMPT:
            continue
        without += [
            f"{path}:{node.lineno}"
            for node in ast.walk(ast.parse(file.read_text("utf-8")))
            if _makes_one_of(kinds, node) and not {keyword.arg for keyword in node.keywords} & {"hint", None}
        ]
    assert without == []


def _makes_one_of(kinds, node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds
