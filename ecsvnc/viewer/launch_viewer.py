"""Starts the viewer, gives it the password, and stays until it is done. Which viewer, `viewers` has decided."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from ecsvnc.errors import LaunchError
from ecsvnc.rfb.vnc_auth import obscured
from ecsvnc.runtime import Runtime
from ecsvnc.viewer.proxy_server import ProxyServer
from ecsvnc.viewer.viewers import Plan, Surroundings

LEFT_FOR_S = 5.0
"""A viewer that detached is done this long after its last connection closed, with a password or without."""

NONE_CAME_S = 60.0
"""And is given up when none came for this long."""

_ANOTHER = "Choose another viewer with --viewer-command, or run `ecsvnc proxy` and connect one yourself."

_POLL_S = 0.1
_PASSING_ON_S = 1.0
"""A process that ends while its connection lasts longer than this has passed the address on to another."""

_END_S = 2.0
_KEPT_LINES = 5
_MARKER_READ_BYTES = 16 * 1024 * 1024


def surroundings(runtime: Runtime) -> Surroundings:
    """This machine, as the choice of a viewer sees it."""
    path = runtime.environ.get("PATH", "")
    return Surroundings(
        platform="linux"
        if runtime.platform.startswith(("linux", "freebsd", "openbsd", "netbsd"))
        else runtime.platform,
        environ=runtime.environ,
        find=lambda program: shutil.which(program, path=path),
        contains=_contains,
    )


def show(server: ProxyServer, plan: Plan, password: str, *, runtime: Runtime) -> None:
    """Start the viewer on the proxy, and return when it is done.

    That is: when its process has ended; or, if it detached, LEFT_FOR_S after its last connection closed. Raises
    LaunchError if it cannot be started, ends before it gave the password, or does not come; and why there was no
    console, if it gave the password and got none.
    """
    if plan.wants_password_shown:
        runtime.reporter.warn(f"The viewer asks for a password. For this run it is: {password}")
    with _password_file(plan, password) as password_file, _Process(plan, runtime) as process:
        process.start(
            plan.command_line(host=server.host, port=server.port, password_file=password_file),
            plan.input_text(host=server.host, port=server.port, password=password),
        )
        _wait(server, plan, process, runtime)
    if server.consoles_shown == 0 and server.failure is not None:
        raise server.failure


def _wait(server: ProxyServer, plan: Plan, process: _Process, runtime: Runtime) -> None:
    seat = server.seat
    while process.status is None:
        seat.wait_for_change(_POLL_S)
    ended_at = runtime.monotonic()
    has_detached = plan.detaches
    if not seat.was_taken:
        _wait_for_detached(server, plan, process, runtime)
        has_detached = True
    while not has_detached and seat.is_taken:
        has_detached = runtime.monotonic() - ended_at >= _PASSING_ON_S
        seat.wait_for_change(_POLL_S)
    while has_detached and seat.free_for_s < LEFT_FOR_S:
        seat.wait_for_change(_POLL_S)


def _wait_for_detached(server: ProxyServer, plan: Plan, process: _Process, runtime: Runtime) -> None:
    """Wait until a viewer whose process has ended comes in. Raises LaunchError if that is not to be expected."""
    door = server.reception
    may_come = process.status == 0 and (plan.detaches or plan.is_own)
    came, waiting_since = 0, runtime.monotonic()
    while not server.seat.was_taken:
        if door.has_someone or door.came != came:
            came, waiting_since = door.came, runtime.monotonic()
        patience_s = (LEFT_FOR_S if came else NONE_CAME_S) if may_come else 0.0
        is_at_door = door.has_someone and process.status == 0
        is_in = server.seat.was_taken  # looked at after the door: it goes from there to the seat
        if not is_at_door and not is_in and runtime.monotonic() - waiting_since >= patience_s:
            raise _did_not_come(plan, process, has_connected=came > 0, may_come=may_come)
        server.seat.wait_for_change(_POLL_S)


def _did_not_come(plan: Plan, process: _Process, *, has_connected: bool, may_come: bool) -> LaunchError:
    if may_come and not has_connected:
        return LaunchError(f"{plan.title} did not connect within {NONE_CAME_S:.0f} s.", hint=_ANOTHER)
    when = "connected, and ended without the right password" if has_connected else "ended before it connected"
    words = f"{plan.title} {when} (exit status {process.status}). {process.last_words}"
    return LaunchError(words.rstrip(), hint=_ANOTHER)


@contextlib.contextmanager
def _password_file(plan: Plan, password: str) -> Iterator[str]:
    """A file with the password that only this user can read, if the viewer wants one, for as long as it may need it.

    It may connect anew to a fresh console at any time, and then reads it again.
    """
    if not plan.wants_password_file:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="ecsvnc-") as folder:  # mode 0700
        path = Path(folder) / "passwd"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(obscured(password))
        yield str(path)


class _Process:
    """The viewer's process. It ends with us; what it says on stderr is kept in case it fails."""

    def __init__(self, plan: Plan, runtime: Runtime) -> None:
        self._plan = plan
        self._runtime = runtime
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._end(self._process)

    def start(self, command_line: list[str], input_text: str) -> None:
        """Start it. Raises LaunchError."""
        try:
            process = self._process = subprocess.Popen(  # noqa: S603  # of our table, or the user's own; no shell
                command_line,
                stdin=subprocess.PIPE if input_text else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=sys.platform != "win32",  # Ctrl-C is ours: it ends the viewer by way of us
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise LaunchError(
                f"{self._plan.title} could not be started: {reason}.",
                hint="Name another one with --viewer-command, or connect one yourself to `ecsvnc proxy`.",
            ) from None
        self._runtime.reporter.info(f"Started {self._plan.title} ({self._plan.program}).")
        self._reader = threading.Thread(target=self._read, args=(process,), name="viewer-stderr", daemon=True)
        self._reader.start()
        if process.stdin is not None:
            with contextlib.suppress(OSError):  # it ended already: its status says so
                process.stdin.write(input_text.encode())
                process.stdin.close()

    @property
    def status(self) -> int | None:
        """Its exit status, or None while it runs."""
        return None if self._process is None else self._process.poll()

    @property
    def last_words(self) -> str:
        """The end of what it said on stderr, on one line."""
        if self._reader is not None:
            self._reader.join(_PASSING_ON_S)
        return " / ".join(self._lines)

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None  # noqa: S101  # it was asked for
        with process.stderr:
            for line in process.stderr:
                text = line[:500].decode("utf-8", errors="replace").strip()
                if text:
                    self._lines.append(text)
                    self._runtime.reporter.debug(f"{self._plan.title}: {text}")

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if sys.platform == "win32":
                    process.terminate()
                else:
                    os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_END_S)
                return


def _contains(program: str, marker: bytes) -> bool:
    """Whether the program's file, or its beginning, contains the bytes."""
    try:
        with open(program, "rb") as file:  # noqa: PTH123  # pathlib would read all of it
            return marker in file.read(_MARKER_READ_BYTES)
    except OSError:
        return False
