"""The command tree in this process: much quicker than the installed command, and as it is in all but the process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from support.cli import Finished

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
        runtime = Runtime({"PATH": "/usr/bin:/bin", **self._environ, **environ}, self.home)
        app = App(runtime, Terminal(runtime.environ), secret_stores=self.stores)
        self._capsys.readouterr()
        status = run(arguments, app=app)
        return Finished(status, *self._capsys.readouterr())

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
