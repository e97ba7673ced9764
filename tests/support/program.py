"""The installed command as a process, pointed at an embedded ECS."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from support.cli import PROGRAM, start
from support.prefork import MEASURED

COMMAND = str(PROGRAM)


class Program:
    """Starts `ecsvnc` with an environment of its own: the embedded ECS's variables, and what is given."""

    def __init__(self, exports, folder, **environ):
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "PYTHONWARNINGS": "error",
            **MEASURED,
            "ECSVNC_CONFIG_DIR": str(folder / "config"),
            "ECSVNC_CACHE_DIR": str(folder / "cache"),
            **exports,
            **environ,
        }
        self.runs = []

    def start(self, *arguments, command=(COMMAND,), **environ):
        """Start it, by another `command` if given; see `Run`."""
        run = Run([*command, *arguments], {**self.environ, **environ})
        self.runs.append(run)
        return run

    def end_all(self):
        """End what still runs."""
        for run in self.runs:
            run.kill()


class Run:
    """One run. `out` and `err` are what it said so far."""

    def __init__(self, arguments, environ):
        self.process = start(arguments, environ=environ)
        self._said = {"out": "", "err": ""}
        self._changed = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=("out", self.process.stdout)),
            threading.Thread(target=self._read, args=("err", self.process.stderr)),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, name, stream):
        with stream:
            for line in stream:
                with self._changed:
                    self._said[name] += line
                    self._changed.notify_all()

    @property
    def out(self):
        return self._said["out"]

    @property
    def err(self):
        return self._said["err"]

    def wait_for(self, text, name="err", timeout_s=30.0):
        """Wait until it said something."""
        with self._changed:
            found = self._changed.wait_for(lambda: text in self._said[name], timeout_s)
        assert found, f"{text!r} was not said in {timeout_s} s:\n{self.out}\n{self.err}"

    def address(self, timeout_s=30.0):
        """The first line of stdout."""
        self.wait_for("\n", "out", timeout_s)
        return self.out.splitlines()[0]

    def status(self, timeout_s=90.0):
        """Wait for its end; the exit status. Then everything it said is known."""
        status = self.process.wait(timeout_s)
        for reader in self._readers:
            reader.join(30)
            assert not reader.is_alive(), "someone still holds its stdout or stderr"
        return status

    def interrupt(self):
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def processes_with(marker):
    """The command lines of all processes that have a text in them, by process id. Linux only."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            except OSError:
                continue
            if marker in line and int(folder.name) != os.getpid():
                found[int(folder.name)] = line
    return found


def wait_until(condition, timeout_s=30.0):
    """Poll until a condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not true within {timeout_s} s"
        time.sleep(0.02)
