"""Child processes: browsers and viewers, each in a session of its own, ended by SIGTERM and then SIGKILL.

They inherit this process's environment, without the secrets, which are removed at the start of a command.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial

from ecsvnc.background import start_thread
from ecsvnc.errors import ResourceError

_END_S = 2.0
_LINE_BYTES = 500

_END_WITH_PARENT = """\
read -r _
kill -s TERM -- "-$1"
rm -rf -- "$2"
sleep 2
kill -s KILL -- "-$1"
"""
"""Its stdin ends when ecsvnc has ended, by any signal."""


class Child:
    """A started program, apart from the terminal's signals. Construction raises OSError, or ValueError for a NUL.

    `input_text` is written to its stdin. `on_line` is called with each line of its stderr, on a thread.
    """

    def __init__(
        self, command_line: Sequence[str], *, input_text: str = "", on_line: Callable[[str], None] | None = None
    ) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
        self._guard: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._process = subprocess.Popen(  # noqa: S603  # the user's own command, or one of our tables; no shell
            command_line,
            stdin=subprocess.PIPE if input_text else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if on_line is None else subprocess.PIPE,
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )
        if on_line is not None:
            try:
                self._listener = start_thread(partial(self._listen, on_line), name="child-stderr")
            except ResourceError:
                self.end()
                raise
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # it has ended already: its status tells
                self._process.stdin.write(input_text.encode())
                self._process.stdin.close()

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""
        return self._process.poll()

    @property
    def has_descendants(self) -> bool:
        """Whether another process in its session still runs. Not known on Windows: False."""
        if sys.platform == "win32":
            return False
        try:
            os.killpg(self._process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def end_with_us(self, folder: str) -> None:
        """End the child and remove `folder` even when this process is killed. Not on Windows.

        A small process waits for that. Linux' PR_SET_PDEATHSIG would not need one, but must be set between fork and
        exec, does not reach grandchildren, and removes no file.
        """
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                self._guard = subprocess.Popen(  # noqa: S603  # a fixed script with two arguments
                    ["/bin/sh", "-c", _END_WITH_PARENT, "sh", str(self._process.pid), folder],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )

    def end(self) -> None:
        """End its whole session. Does nothing if the program has ended."""
        self._dismiss_guard()
        if self._process.poll() is not None:
            return
        if sys.platform == "win32":
            self._process.terminate()
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_S)
                return

    def detach(self) -> None:
        """Let it run on without ecsvnc."""
        self._dismiss_guard()
        # Popen warns (ResourceWarning) of a process that has no status.
        self._process.returncode = self._process.poll() or 0

    def wait_for_output(self, timeout_s: float) -> None:
        """Wait until `on_line` was called with all of its stderr."""
        if self._listener is not None:
            self._listener.join(timeout_s)

    def _listen(self, on_line: Callable[[str], None]) -> None:
        assert self._process.stderr is not None  # noqa: S101  # it was asked for
        with self._process.stderr:
            for line in self._process.stderr:
                text = line[:_LINE_BYTES].decode("utf-8", errors="replace").strip()
                if text:
                    on_line(text)

    def _dismiss_guard(self) -> None:
        if self._guard is not None:
            self._guard.kill()
            with self._guard:  # closes its stdin, and waits for it
                self._guard = None
