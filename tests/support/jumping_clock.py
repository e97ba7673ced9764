"""Run ecsvnc with a clock that a file sets: `python jumping_clock.py FILE ARGUMENT...`, so that tests do not wait.

The file holds two numbers: by how many seconds the clock is ahead, and how much faster it runs from then on. Without
the file it is the real clock.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from ecsvnc.cli.app import App
from ecsvnc.cli.main import run
from ecsvnc.cli.terminal import Terminal
from ecsvnc.runtime import Runtime


def jumping(file):
    """The runtime of this process, with that monotonic clock."""

    def monotonic():
        try:
            ahead_s, speed = map(float, file.read_text().split())
            since_s = time.time() - file.stat().st_mtime
        except (FileNotFoundError, ValueError):  # not written yet, or not whole
            return time.monotonic()
        return time.monotonic() + ahead_s + speed * since_s

    return replace(Runtime.of_this_process(), monotonic=monotonic)


def command(file):
    """The command line of an ecsvnc with that clock, to be followed by its arguments."""
    return [sys.executable, __file__, str(file)]


if __name__ == "__main__":
    runtime = jumping(Path(sys.argv[1]))
    try:
        terminal = Terminal(runtime.environ)
        terminal.shows_work_after_s = 0.0
        status = run(sys.argv[2:], app=App(runtime, terminal))
    except SystemExit as ended:  # by a signal
        status = ended.code
    sys.stdout.flush()
    os._exit(status)
