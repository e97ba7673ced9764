"""The rules of ARCHITECTURE.md that a program can check: who imports whom, what is pure, how long files are."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "ecsvnc"

PACKAGES = {
    "errors": set(),
    "region_ids": set(),
    "durations": set(),
    "runtime": {"errors"},
    "files": {"runtime"},
    "background": {"runtime", "errors"},
    "processes": {"background", "errors"},
    "loopback": {"background", "runtime", "errors"},
    "http": {"loopback", "background", "runtime", "errors"},
    "openapi": {"region_ids", "http", "loopback", "background", "runtime", "durations", "errors"},
    "keyboard": {"errors"},
    "rfb": {"errors"},
    "screen": {"rfb", "errors"},
    "pictures": {"screen", "rfb", "errors"},
    "settings": {"keyboard", "region_ids", "loopback", "background", "files", "runtime", "durations", "errors"},
    "credentials": {"settings", "openapi", "http", "loopback", "background", "files", "runtime", "errors"},
    "ecs": {"openapi", "region_ids", "errors"},
    "instances": {
        "region_ids",
        "ecs",
        "openapi",
        "settings",
        "http",
        "loopback",
        "background",
        "files",
        "runtime",
        "errors",
    },
    "tickets": {
        "instances",
        "ecs",
        "openapi",
        "settings",
        "http",
        "loopback",
        "background",
        "files",
        "runtime",
        "durations",
        "errors",
    },
    "browser": {
        "console",
        "rfb",
        "keyboard",
        "screen",
        "pictures",
        "processes",
        "tickets",
        "instances",
        "settings",
        "http",
        "loopback",
        "background",
        "runtime",
        "durations",
        "errors",
    },
    "console": {
        "keyboard",
        "tickets",
        "openapi",
        "rfb",
        "settings",
        "http",
        "loopback",
        "background",
        "runtime",
        "durations",
        "errors",
    },
    "viewer": {
        "processes",
        "browser",
        "console",
        "tickets",
        "instances",
        "rfb",
        "settings",
        "http",
        "loopback",
        "background",
        "runtime",
        "durations",
        "errors",
    },
    "capture": {
        "durations",
        "console",
        "screen",
        "pictures",
        "tickets",
        "instances",
        "ecs",
        "openapi",
        "rfb",
        "runtime",
        "errors",
    },
    "diagnosis": {
        "region_ids",
        "capture",
        "screen",
        "console",
        "rfb",
        "viewer",
        "browser",
        "tickets",
        "instances",
        "ecs",
        "credentials",
        "openapi",
        "settings",
        "http",
        "loopback",
        "background",
        "runtime",
        "durations",
        "errors",
    },
    "script": {"capture", "console", "keyboard", "screen", "durations", "runtime", "errors"},
    "attach": {"capture", "console", "pictures", "screen", "keyboard", "rfb", "files", "runtime", "errors"},
    "simulator": {"browser", "keyboard", "openapi", "rfb", "loopback", "background", "runtime", "errors"},
}
"""The packages that each package may import. `cli` may import them all, and none imports it."""

PARTS_THAT_MAY_BE_IMPORTED = {
    ("pictures", "screen"): {"screen.colours"},
    ("console", "openapi"): {"openapi.redaction"},
    ("simulator", "openapi"): {"openapi.signature", "openapi.endpoints"},
    ("simulator", "browser"): {"browser.page_files"},
    ("simulator", "loopback"): {"loopback.server", "loopback.websocket"},
    ("simulator", "keyboard"): {"keyboard.layout_names"},
}
"""Where not a whole package is open. The embedded ECS shares formats with the client, and none of its behaviour; and
the files of the console page, which it serves where the vendor serves its own page."""

PURE = (
    "attach.canvas",
    "attach.colours",
    "attach.decode",
    "attach.follow_screen",
    "attach.frame",
    "attach.menu",
    "attach.overlays",
    "attach.paste",
    "attach.status",
    "attach.viewport",
    "keyboard.keys",
    "keyboard.layout_names",
    "screen.masking",
    "screen.pattern",
    "cli.word_wrap",
    "capture.blinking",
    "capture.shot",
    "diagnosis.results",
    "durations",
    "cli.escape",
    "cli.exit_codes",
    "cli.instance_columns",
    "cli.table",
    "cli.shell_words",
    "tickets.console",
    "browser.browsers",
    "browser.handoff_page",
    "browser.local_page_access",
    "browser.page_messages",
    "browser.presence",
    "browser.visits",
    "instances.id_regions",
    "browser.ssh_forward",
    "instances.selection",
    "instances.targets",
    "tickets.ticket",
    "tickets.console_url",
    "credentials.found",
    "credentials.temporary",
    "ecs",
    "errors",
    "region_ids",
    "http.messages",
    "http.proxies",
    "loopback.names",
    "openapi.access_key",
    "openapi.action",
    "openapi.answers",
    "openapi.clock",
    "openapi.codes",
    "openapi.denials",
    "openapi.endpoints",
    "openapi.redaction",
    "openapi.retry",
    "openapi.signature",
    "rfb",
    "screen",
    "settings.parse_toml",
    "settings.profile_keys",
    "settings.values",
    "console.endings",
    "console.reconnects",
    "console.settling",
    "console.keepalive",
    "viewer.viewers",
)
"""Modules, and packages, that compute and do nothing else."""

NOT_IN_PURE_MODULES = {"os", "time", "socket", "random", "logging", "requests", "pathlib", "tempfile", "shutil", "io"}

MAX_LINES = 300


def module_name(path):
    """`ecsvnc/http/server.py` is `http.server`; a package is named by its folder."""
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def parsed(path):
    return ast.parse(path.read_text("utf-8"))


@cache
def nodes_of(path):
    return tuple(ast.walk(parsed(path)))


@cache
def imports_of(path):
    """Every module that a file imports, wherever in it, those for type checking too."""
    return tuple(_imports_of(path))


def _imports_of(path):
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield from (
                f"{node.module}.{alias.name}"
                if f"{node.module}.{alias.name}".removeprefix("ecsvnc.") in MODULES
                else node.module
                for alias in node.names
            )


def own_imports_of(path):
    return {name.removeprefix("ecsvnc.") for name in imports_of(path) if name.startswith("ecsvnc.")}


def package_of(module):
    return module.partition(".")[0]


def is_pure(module):
    return any(module == name or module.startswith(f"{name}.") for name in PURE)


def test_every_room_is_in_the_table():
    assert {package_of(module) for module in MODULES} - {"", "__main__", "cli"} == set(PACKAGES)


def test_no_modules_import_each_other_in_a_loop():
    # Also imports inside functions, and those for types.
    TopologicalSorter({module: own_imports_of(path) for module, path in MODULES.items()}).prepare()


def test_imports_point_one_way():
    for package, may_import in PACKAGES.items():
        for other in may_import:
            assert package not in PACKAGES[other], f"{package} and {other} may import each other"


def test_imports_point_up_the_table_only():
    imports = [(module, imported) for module, path in MODULES.items() for imported in own_imports_of(path)]
    for module, imported in imports:
        package, other = package_of(module), package_of(imported)
        if other == package or package not in PACKAGES:
            continue
        assert other in PACKAGES[package], f"{module} imports {imported}: {package} may not import {other}"
        parts = PARTS_THAT_MAY_BE_IMPORTED.get((package, other))
        assert parts is None or imported in parts, f"{module} imports {imported}, and not one of {sorted(parts)}"


def test_pure_modules_know_nothing_of_the_machine():
    for module, path in MODULES.items():
        if not is_pure(module):
            continue
        impure = {name.partition(".")[0] for name in imports_of(path)} & NOT_IN_PURE_MODULES
        assert not impure, f"{module} is pure, and imports {impure}"
        calls = (node.func for node in nodes_of(path) if isinstance(node, ast.Call))
        opens = "open" in {function.id for function in calls if isinstance(function, ast.Name)}
        assert not opens, f"{module} is pure, and opens a file"
        for imported in own_imports_of(path):
            assert is_pure(imported) or is_only_typing(path, imported), f"{module} is pure, and imports {imported}"


def is_only_typing(path, imported):
    """Whether an import stands under `if TYPE_CHECKING`: then it is a name in an annotation, and never runs."""
    for node in nodes_of(path):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for inner in ast.walk(node):
                if isinstance(inner, ast.ImportFrom) and inner.module == f"ecsvnc.{imported}":
                    return True
    return False


def test_a_module_whose_docstring_says_pure_is_pure():
    for module, path in MODULES.items():
        docstring = ast.get_docstring(parsed(path)) or ""
        says_so = " Pure." in docstring or " Pure:" in docstring or "\nPure." in docstring
        assert not says_so or is_pure(module), f"{module} says that it is pure, and is not in the list"


def test_every_pure_name_is_a_module():
    for name in PURE:
        assert any(module == name or module.startswith(f"{name}.") for module in MODULES), name


def test_a_file_is_short_or_its_docstring_has_the_reason():
    # Tests are lists of cases, and as long as their subject has rules.
    for module, path in MODULES.items():
        lines = path.read_text("utf-8").count("\n")
        docstring = ast.get_docstring(parsed(path)) or ""
        assert lines < MAX_LINES or "longer than" in docstring, f"{module}: {lines} lines, and no reason"


def test_only_http_knows_requests():
    assert {
        package_of(m) for m, path in MODULES.items() if "requests" in {n.partition(".")[0] for n in imports_of(path)}
    } == {"http"}


def test_the_environment_is_read_at_the_edge_only():
    readers = set()
    for module, path in MODULES.items():
        for node in nodes_of(path):
            named = isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb")
            if named and isinstance(node.value, ast.Name) and node.value.id == "os":
                readers.add(module)
    # `run` types secrets from the user's own environment, in the demo too.
    assert readers == {"runtime", "cli.app", "cli.main", "cli.run"}


def test_every_third_party_module_is_a_declared_dependency():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.match(r"[a-z0-9_]+", text).group() for text in project["dependencies"]}
    # They come with requests, and with keyring on Linux, and are a part of how one speaks to these.
    of_dependencies = {"certifi", "secretstorage"}
    named_otherwise = {"PIL": "pillow"}
    modules = {name.partition(".")[0] for path in MODULES.values() for name in imports_of(path)}
    imported = {named_otherwise.get(module, module) for module in modules}
    assert imported - set(sys.stdlib_module_names) - {"ecsvnc"} <= declared | of_dependencies
    assert declared <= imported
