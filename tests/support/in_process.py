"""The command tree in this process: much quicker than the installed command, and as it is in all but the process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from unittest import mock

from support.cli import Finished
from support.pseudo_terminal import Shown, shown_on

from ecsvnc.cli.app import App
from ecsvnc.cli.main import run
from ecsvnc.cli.terminal import Terminal
from ecsvnc.runtime import Runtime
from ecsvnc.settings.secret_store import MemoryStores


class InProcess:
    """Runs commands with a home of their own. `environ` is all that they see; secrets are kept in `stores`."""

    def __init__(self, home: Path, capsys, environ: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.config_path = home / ".config" / "ecsvnc" / "config.toml"
        self.stores = MemoryStores()
        self._capsys = capsys
        self._environ = dict(environ or {})

    def __call__(self, *arguments: str, **environ: str) -> Finished:
        """Run a command to its end."""
        self._capsys.readouterr()
        status = self._run(arguments, environ)
        return Finished(status, *self._capsys.readouterr())

    def on_terminal(
        self,
        *arguments: str,
        size: tuple[int, int] = (80, 50),
        stdin: str = "",
        interrupt_at: str | None = None,
        **kind: str,
    ) -> Shown:
        """Run a command on a terminal of this size, of the kind that its variables TERM and NO_COLOR tell.

        What only a slow machine shows is left out: what takes longer than a second, and how long it took.
        """
        kind = {"TERM": "xterm-256color", "NO_COLOR": "", **kind}
        with mock.patch.dict(os.environ, kind):  # libraries read it there
            for name in ("COLUMNS", "LINES"):
                os.environ.pop(name, None)
            return shown_on(
                lambda: self._run(arguments, kind, shows_work_after_s=3600.0),
                columns=size[0],
                rows=size[1],
                stdin=stdin,
                interrupt_at=interrupt_at,
            )

    def _run(
        self, arguments: Sequence[str], environ: Mapping[str, str], shows_work_after_s: float | None = None
    ) -> int:
        runtime = Runtime({"PATH": "/usr/bin:/bin", **self._environ, **environ}, self.home)
        terminal = Terminal(runtime.environ)
        if shows_work_after_s is not None:
            terminal.shows_work_after_s = shows_work_after_s
        return run(arguments, app=App(runtime, terminal, secret_stores=self.stores))

    def write_config(self, text: str) -> None:
        """Write config.toml."""
        self.config_path.parent.mkdir(parents=True, exist_ok=True)
        self.config_path.write_text(text)
        self.config_path.chmod(0o600)

    def write_aliyun(self, text: str) -> None:
        """Write the aliyun CLI's file."""
        path = self.home / ".aliyun" / "config.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    @property
    def config_text(self) -> str | None:
        """The text of config.toml; None without the file."""
        return self.config_path.read_text() if self.config_path.exists() else None
