"""Which modules each command loads. What a start costs in CPU time: `python tests/benchmarks/startup.py`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

LIGHT = {
    "ecsvnc",
    "ecsvnc.__main__",
    "ecsvnc.cli",
    "ecsvnc.cli.app",
    "ecsvnc.cli.command",
    "ecsvnc.cli.lazy_group",
    "ecsvnc.cli.main",
}
"""Our own modules that every start loads."""

LAYOUT = {"ecsvnc.cli.help_formatter", "ecsvnc.cli.word_wrap"}
"""Our own modules that --help loads besides."""

HEAVY = {
    "PIL",
    "asyncio",
    "cryptography",
    "email",
    "h11",
    "http.client",
    "importlib.metadata",
    "keyring",
    "logging",
    "requests",
    "rich",
    "socket",
    "ssl",
    "tomlkit",
    "urllib.request",
    "urllib3",
    "webbrowser",
    "websockets",
}
"""What `COMMAND --help` and a usage error never load."""

TRACE = """
import json, os, sys
before = set(sys.modules)
os._exit = sys.exit  # with which the program leaves, and then nothing could be told
from ecsvnc.__main__ import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
"""


def modules_loaded(cli, *arguments, **environ):
    done = subprocess.run(
        [sys.executable, "-c", TRACE, *arguments],
        env={**cli.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def third_party(modules):
    return {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names) - {"ecsvnc"}


@pytest.mark.parametrize("arguments", [["--version"], ["-V"], ["--help"], ["-h"]])
def test_version_and_help_load_click_and_the_standard_library_alone(cli, arguments):
    loaded = modules_loaded(cli, *arguments)
    assert third_party(loaded) == {"click"}
    own = {name for name in loaded if name.partition(".")[0] == "ecsvnc"}
    assert own == (LIGHT if arguments[0] in ("--version", "-V") else LIGHT | LAYOUT)
    assert not loaded & HEAVY


@pytest.mark.parametrize(
    "line", ["ecsvnc u", "ecsvnc url --", "ecsvnc url w", "ecsvnc config set ", "ecsvnc demo ", "ecsvnc demo url w"]
)
def test_completion_loads_click_and_the_standard_library_alone(cli, line):
    loaded = modules_loaded(cli, _ECSVNC_COMPLETE="bash", _ECSVNC_LINE=line)
    assert "click" in loaded
    assert third_party(loaded) == {"click"}
    assert not loaded & HEAVY


@pytest.mark.parametrize(
    "arguments",
    [
        ["url", "--help"],
        ["open", "--help"],
        ["proxy", "--help"],
        ["attach", "--help"],
        ["screen", "--help"],
        ["log", "--help"],
        ["reboot", "--help"],
        ["screen", "web-1", "--until", "("],
        ["list", "--help"],
        ["whoami", "--help"],
        ["config", "--help"],
        ["config", "login", "--help"],
        ["config", "set", "--help"],
        ["completion", "--help"],
        ["demo", "--help"],
        ["url"],
        ["url", "--os", "amiga", "web-1"],
        ["nonsense"],
    ],
)
def test_help_and_usage_errors_load_nothing_heavy(cli, arguments):
    loaded = modules_loaded(cli, *arguments)
    assert third_party(loaded) == {"click"}
    assert not loaded & HEAVY


def test_a_completion_script_is_printed_without_anything_heavy(cli):
    assert third_party(modules_loaded(cli, "completion", "bash")) == {"click"}
