"""Processes of the installed command, forked from one that has loaded it: that takes about a seventh of the time.

Such a process has an environment, a session, streams and a status of its own, and runs the same `main`. What it shares
with the tests' other runs is only what was imported. So whatever is about the start itself (start-up times, arguments
that others can read in /proc, interpreter variables) starts `PROGRAM` instead.

This file is both the tests' side, `Forked`, and the process that is forked: run as a script, with the number of a
socket as its argument, on which requests come.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import termios
import threading
from pathlib import Path

LOADED_WITH = {"LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "error"}
"""The variables that the interpreter read at its start. A run that wants others is not forked."""

STILL_IN_TIME = ("PYTHONPATH", "PYTHON_KEYRING_BACKEND")
"""Variables that look like these, and can be heeded after the start: the second is the keyring library's."""

CLOSED = "closed"
"""A stream that is closed before the command starts, as a shell's `2>&-` does."""

MEASURED = {name: os.environ[name] for name in ("COVERAGE_PROCESS_CONFIG",) if name in os.environ}
"""What a child process needs to be measured too, where coverage is."""

_MOST_BYTES = 1 << 17


def can_fork(environ):
    """Whether a run with these variables is the same if it is forked."""
    read_at_start = {
        name: text
        for name, text in environ.items()
        if name.startswith(("LC_", "LANG", "PYTHON")) and name not in STILL_IN_TIME
    }
    return sys.platform == "linux" and read_at_start == LOADED_WITH


def _search_path(environ):
    return [folder for folder in environ.get("PYTHONPATH", "").split(os.pathsep) if folder]


class Forked:
    """One run of the command, with what tests use of `subprocess.Popen`. Its streams are pipes of text."""

    def __init__(
        self,
        arguments,
        *,
        environ,
        cwd=None,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        has_terminal=False,
    ):
        """Start it. A stream is `PIPE`, `DEVNULL`, `CLOSED`, a descriptor or a file.

        `has_terminal`: stdin is its terminal.
        """
        self.returncode = None
        with contextlib.ExitStack() as handed_over:
            self.stdin, self.stdout, self.stderr = None, None, None
            streams, closed = [], []
            for standard, (name, wanted) in enumerate((("stdin", stdin), ("stdout", stdout), ("stderr", stderr))):
                if wanted == CLOSED:
                    closed.append(standard)
                    wanted = subprocess.DEVNULL  # noqa: PLW2901  # until it starts
                if wanted == subprocess.PIPE:
                    reading, writing = os.pipe()
                    ours, theirs = (writing, reading) if name == "stdin" else (reading, writing)
                    setattr(self, name, os.fdopen(ours, "w" if name == "stdin" else "r", encoding="utf-8"))
                elif wanted == subprocess.DEVNULL:
                    theirs = os.open(os.devnull, os.O_RDWR)
                else:
                    theirs = os.dup(wanted if isinstance(wanted, int) else wanted.fileno())
                handed_over.callback(os.close, theirs)
                streams.append(theirs)
            self._told, telling = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            request = {
                "arguments": list(arguments),
                "environ": dict(environ),
                "cwd": os.fspath(cwd or Path.cwd()),
                "has_terminal": has_terminal,
                "closed": closed,
            }
            with telling:
                socket.send_fds(_loaded(), [json.dumps(request).encode()], [*streams, telling.fileno()])
        self.pid = int(self._told.recv(64))

    def poll(self):
        """Its status if it has ended, else None."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout=None):
        """Wait for its end; the status. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._told.settimeout(timeout)
            try:
                self.returncode = int(self._told.recv(64))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("ecsvnc", timeout) from None
            self._told.close()
        return self.returncode

    def communicate(self, input=None, timeout=None):  # noqa: A002  # as subprocess names it
        """Give it all of its stdin, wait for its end, and return stdout and stderr."""
        said = {}
        streams = [stream for stream in (self.stdout, self.stderr) if stream is not None]
        readers = [
            threading.Thread(target=lambda name=name, stream=stream: said.update({name: stream.read()}))
            for name, stream in (("out", self.stdout), ("err", self.stderr))
            if stream is not None
        ]
        for reader in readers:
            reader.start()
        if self.stdin is not None:
            with contextlib.suppress(BrokenPipeError), self.stdin:
                self.stdin.write(input or "")
        try:
            self.wait(timeout)
        finally:
            if self.returncode is None:
                self.kill()
            for reader in readers:
                reader.join(30)
            for stream in streams:
                stream.close()
        return said.get("out", ""), said.get("err", "")

    def send_signal(self, number):
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


@functools.cache
def _loaded():
    """The socket of this test process's loaded command, which ends when the socket is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            env={"PATH": os.environ["PATH"], **LOADED_WITH, **MEASURED},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )

    @atexit.register
    def end():
        ours.close()
        process.wait()

    return ours


# The process that is forked


def _serve(requests):
    _load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # of its own children, which wait for the runs, it wants no status
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, _MOST_BYTES, 4)
        if not request:  # the tests are over
            requests.close()
            return
        if os.fork() == 0:
            _run_and_tell(requests, json.loads(request), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _load():
    import importlib
    import pkgutil

    import ecsvnc

    for module in pkgutil.walk_packages(ecsvnc.__path__, "ecsvnc."):
        importlib.import_module(module.name)


def _run_and_tell(requests, request, descriptors):
    """Fork once more, tell the run's process id, and at its end its status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    requests.close()
    told = socket.socket(fileno=descriptors.pop())
    pid = os.fork()
    if pid == 0:
        told.close()
        _run(**request, descriptors=descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    told.send(str(pid).encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(OSError):
        told.send(str(status).encode())
    os._exit(0)


def _run(*, arguments, environ, cwd, has_terminal, closed, descriptors):
    """Be the command, as its console script would be."""
    os.setsid()
    for standard, descriptor in enumerate(descriptors):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    if has_terminal:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        loaded = getattr(sys, name)
        stream = open(loaded.fileno(), mode, encoding=loaded.encoding, errors=loaded.errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.stderr.reconfigure(line_buffering=True)
    for standard in closed:  # the interpreter finds none of them
        os.close(standard)
        name = ("stdin", "stdout", "stderr")[standard]
        setattr(sys, name, None)
        setattr(sys, f"__{name}__", None)
    sys.argv = ["ecsvnc", *arguments]
    sys.path[:1] = _search_path(environ)
    for folder in _search_path(environ):
        if Path(folder, "sitecustomize.py").exists():  # which the interpreter runs at its start
            runpy.run_path(f"{folder}/sitecustomize.py")
    from ecsvnc.__main__ import main

    try:
        main()
    except SystemExit as left:
        os._exit(left.code)
    except BaseException:  # noqa: BLE001  # as the interpreter would
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
