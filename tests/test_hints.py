"""Every error says what to do next, and every command in a message is one that can be typed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import ecsvnc
from ecsvnc import errors
from ecsvnc.cli.main import COMMANDS

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


UNQUOTED_COMMAND = re.compile(rf"(?<!`)\becsvnc (?:{'|'.join(set(COMMANDS) - {'demo'})})\b")
"""`ecsvnc demo` stays as it is in every run."""


def test_a_command_in_a_message_is_in_backquotes():
    # `errors.with_program` finds it by them, and makes it the demo's: `ecsvnc demo list`.
    unquoted = [
        f"{file.relative_to(PACKAGE)}:{line}: {text}"
        for file in sorted(PACKAGE.rglob("*.py"))
        for line, text in _texts(ast.parse(file.read_text("utf-8")))
        if UNQUOTED_COMMAND.search(text)
    ]
    assert unquoted == []


def _texts(tree):
    """Every string but docstrings, with its line; what an f-string inserts is `…`."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, documented) and ast.get_docstring(node) is not None:
            node.body[0].value.value = ""  # it is walked later
