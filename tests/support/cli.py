"""The installed command as a process, in a world of its own: a clean environment, an empty home, no keyring."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from support.prefork import CLOSED, MEASURED, Forked, can_fork

PROGRAM = Path(sys.executable).with_name("ecsvnc")
"""The console script of the environment that runs the tests."""

TIMEOUT_S = 60.0


def start(argv, *, environ, cwd=None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE):
    """Start a command in a session of its own: forked if it is ours and nothing speaks against it, else as it is.

    A stream may be `CLOSED`, besides what subprocess knows.
    """
    if argv[0] == str(PROGRAM) and can_fork(environ):
        return Forked(argv[1:], environ=environ, cwd=cwd, stdin=stdin, stdout=stdout, stderr=stderr)
    streams = {"<&-": stdin, ">&-": stdout, "2>&-": stderr}
    if closing := " ".join(how for how, stream in streams.items() if stream == CLOSED):
        argv = ["sh", "-c", f'exec "$@" {closing}', "sh", *argv]
        stdin, stdout, stderr = (subprocess.DEVNULL if stream == CLOSED else stream for stream in streams.values())
    return subprocess.Popen(
        argv,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        text=True,
        env=environ,
        cwd=cwd,
        start_new_session=True,
    )


class Finished(NamedTuple):
    """What a run left behind."""

    status: int
    stdout: str
    stderr: str


class Cli:
    """Runs ecsvnc. `environ` is all that it sees besides PATH, HOME, a UTF-8 locale and warnings made errors."""

    def __init__(self, home: Path, environ: Mapping[str, str] | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.environ = {
            "PATH": os.pathsep.join([str(PROGRAM.parent), "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "PYTHONWARNINGS": "error",
            **MEASURED,
            **(environ or {}),
        }

    def with_environ(self, **environ: str) -> Cli:
        """The same home, and more variables."""
        return Cli(self.home, {**self.environ, **environ})

    def __call__(self, *arguments: str, stdin: str = "", cwd: Path | None = None) -> Finished:
        """Run a command to its end."""
        process = start([str(PROGRAM), *arguments], environ=self.environ, cwd=cwd or self.home, stdin=subprocess.PIPE)
        stdout, stderr = process.communicate(stdin, timeout=TIMEOUT_S)
        return Finished(process.returncode, stdout, stderr)

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> Running:
        """Start a command, in a process group of its own, as a shell would."""
        return self.start_other([str(PROGRAM), *arguments], stdin=stdin)

    def start_other(self, argv: Sequence[str], *, stdin: int = subprocess.DEVNULL) -> Running:
        """Start another program in the same world."""
        return Running(argv, environ=self.environ, cwd=self.home, stdin=stdin)


class Running:
    """A process that was started. Leaving the `with` block kills its whole group."""

    def __init__(self, argv: Sequence[str], *, environ: Mapping[str, str], cwd: Path, stdin: int) -> None:
        self._process = start(argv, environ=environ, cwd=cwd, stdin=stdin)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.stdout, self.stderr = self._process.stdout, self._process.stderr

    @property
    def group(self) -> int:
        """The process group's id, which is the process's too."""
        return self._process.pid

    def interrupt(self) -> None:
        """Press Ctrl-C: the terminal sends SIGINT to the whole group."""
        os.killpg(self.group, signal.SIGINT)

    def terminate(self) -> None:
        """Ask the process to end."""
        self._process.terminate()

    def finish(self, timeout_s: float = TIMEOUT_S) -> Finished:
        """Wait for the end. Raises subprocess.TimeoutExpired."""
        stdout, stderr = self._process.communicate(timeout=timeout_s)
        return Finished(self._process.returncode, stdout, stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if group_members(self.group):
            os.killpg(self.group, signal.SIGKILL)
        self._process.wait()
        self.stdout.close()
        self.stderr.close()


def group_members(group: int) -> list[int]:
    """The living processes of a process group (Linux; a zombie is dead)."""
    members = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            if int(fields[2]) == group and fields[0] != "Z":
                members.append(int(entry.name))
    return members
