"""The App that `ecsvnc demo` runs a command with: temporary configuration, cache, keyring and environment.

The demo neither reads nor changes the user's own settings and credentials.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ecsvnc.browser.browsers import ENVIRONMENT as BROWSER_VARIABLES
from ecsvnc.cli.app import App
from ecsvnc.cli.terminal import Terminal
from ecsvnc.runtime import Runtime
from ecsvnc.settings.folders import CACHE_VARIABLE, CONFIG_VARIABLE
from ecsvnc.settings.secret_store import MemoryStores

_VARIABLES = frozenset(
    {
        *BROWSER_VARIABLES,
        # of the display
        "XAUTHORITY",
        "XDG_RUNTIME_DIR",
        "XDG_SESSION_TYPE",
        "XDG_CURRENT_DESKTOP",
        "DBUS_SESSION_BUS_ADDRESS",
        # of the terminal
        "TERM",
        "COLORTERM",
        "NO_COLOR",
        "COLUMNS",
        "LINES",
        "LANG",
        # needed on Windows to find and start programs
        "SYSTEMROOT",
        "WINDIR",
        "COMSPEC",
        "PATHEXT",
        "PROGRAMFILES",
        "PROGRAMFILES(X86)",
        "PROGRAMW6432",
    }
)
PROGRAM = "ecsvnc demo"
"""What is typed to get another run like this one."""

_PREFIXES = ("SSH_", "WSL_", "LC_")


def visible_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that a demo reads: those of the browser, the display and the terminal."""
    return {name: value for name, value in environ.items() if name.upper() in _VARIABLES or name.startswith(_PREFIXES)}


@contextlib.contextmanager
def throwaway_app(runtime: Runtime, exports: Mapping[str, str], *, extra_ports: Sequence[int]) -> Iterator[App]:
    """An App whose environment is the visible part of `runtime`'s and `exports`, and whose home is a new folder.

    Only this user can read the folder; it is removed afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="ecsvnc-demo-") as folder:
        home = Path(folder)
        environ = {
            **visible_environ(runtime.environ),
            **exports,
            CONFIG_VARIABLE: str(home / "config"),
            CACHE_VARIABLE: str(home / "cache"),
        }
        yield App(
            replace(runtime, environ=environ, home=home, program=PROGRAM),
            Terminal(environ, program=PROGRAM),
            secret_stores=MemoryStores(),
            extra_ports=extra_ports,
        )
