"""Starts browsers, and waits until one came. Which ones, `browsers` has decided."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Protocol

from ecsvnc.browser.browsers import Opener
from ecsvnc.errors import LaunchError
from ecsvnc.runtime import Runtime

_POLL_S = 0.1

NEXT_OPENER_S = 5.0
"""How long a browser may take to come after an opener whose status says nothing, before the next one is tried."""

TELL_ADDRESS_S = 10.0
"""After this long without a browser, the address is told, so that a person can open it."""

_BRIEFLY_S = 3.0
"""How long an opener's exit status is awaited where no browser's coming can be seen: with `--direct`."""

_END_S = 1.0


class Child(Protocol):
    """A started opener."""

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""

    def end(self) -> None:
        """Stop it and what it started in its session, if it still runs."""

    def let_go(self) -> None:
        """It is the user's browser now, and not ours to wait for."""


Start = Callable[[Opener, str], Child]
"""Start an opener on an address. Raises OSError if that cannot be."""


class Process:
    """An opener as a process: apart from our terminal's signals and our streams, so a browser outlives us."""

    def __init__(self, command_line: Sequence[str]) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
        self._process = subprocess.Popen(  # noqa: S603  # the user's own command, or one of our table; no shell
            command_line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""
        return self._process.poll()

    def end(self) -> None:
        """Ask the whole session to end, then make it."""
        if self._process.poll() is not None:
            return
        if sys.platform == "win32":
            self._process.terminate()
            return
        import signal  # noqa: PLC0415  # rarely needed

        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_S)
                return

    def let_go(self) -> None:
        """Forget it."""
        # To Popen, a process without a status is one that we forgot to wait for: a ResourceWarning at our exit.
        self._process.returncode = self._process.poll() or 0


class _Delegated:
    """What was asked of the operating system (`os.startfile`): there is no process to watch."""

    def poll(self) -> int:
        return 0

    def end(self) -> None:
        pass

    let_go = end


class _Outcome(Enum):
    """What became of one opener."""

    CAME = auto()
    FAILED = auto()
    TIMED_OUT = auto()
    CANCELLED = auto()
    """It is no failure of the opener that it was ended."""


def start_opener(opener: Opener, address: str) -> Child:
    """Start an opener on an address. Raises OSError if that cannot be."""
    if not opener.uses_startfile:
        return Process(opener.command_line(address))
    if sys.platform == "win32":
        os.startfile(address)  # noqa: S606  # an http address of our own
        return _Delegated()
    raise OSError("os.startfile is Windows'")


class Launch:
    """Bring one browser to one address: opener after opener, until it came.

    `cancel`, from any thread, stops what was started while no browser came. A browser that came is the user's.
    """

    def __init__(self, openers: Sequence[Opener], *, runtime: Runtime, start: Start = start_opener) -> None:
        self._openers = openers
        self._runtime = runtime
        self._start_opener = start
        self._lock = threading.Lock()
        self._children: list[Child] = []
        self._is_over = False
        self._is_told = False

    def bring(
        self, address: str, came: Callable[[float], bool], *, opened_timeout_s: float, printed_timeout_s: float
    ) -> None:
        """Return when `came(seconds)` says so, which waits that long for a browser and may raise why it was in vain.

        Returns without a word, too, when it is cancelled meanwhile.

        Waits `opened_timeout_s` after the last opener was started; if all failed, tells the address and waits
        `printed_timeout_s`. Raises LaunchError when nobody came.
        """
        for index, opener in enumerate(self._openers):
            is_last = index == len(self._openers) - 1
            match self._try(opener, address, came, opened_timeout_s, is_last=is_last):
                case _Outcome.CAME:
                    return self._release()
                case _Outcome.CANCELLED:
                    return None
                case _Outcome.TIMED_OUT:
                    self.cancel()
                    raise nobody_came(opened_timeout_s, opened=True)
        self._runtime.reporter.warn(f"No browser could be opened. Open this address yourself: {address}")
        if came(printed_timeout_s):
            return self._release()
        self.cancel()
        raise nobody_came(printed_timeout_s, opened=False)

    def throw(self, address: Callable[[], str]) -> None:
        """Give an address to the first opener that takes it, with nothing to see whether a browser comes.

        `address` is asked anew for each opener, since it may have a ticket in it. Raises LaunchError if all fail.
        """
        for opener in self._openers:
            child = self._start(opener, address())
            if child is None:
                continue
            deadline = self._runtime.monotonic() + _BRIEFLY_S
            while (status := child.poll()) is None and self._runtime.monotonic() < deadline:
                self._runtime.sleep(_POLL_S)
            if status in (None, 0) or opener.status_says_nothing:
                return self._release()
            self._say_failed(opener, status)
        raise LaunchError("No browser could be opened.", hint="Name one with --browser, or use `ecsvnc url`.")

    def cancel(self) -> None:
        """Stop the openers that still run, unless the browser came; and start no more."""
        with self._lock:
            self._is_over = True
            children, self._children = self._children, []
        for child in children:
            child.end()

    def _release(self) -> None:
        """The browser came: what we started may be the browser itself, and lives on."""
        with self._lock:
            self._is_over = True
            children, self._children = self._children, []
        for child in children:
            child.let_go()

    def _start(self, opener: Opener, address: str) -> Child | None:
        with self._lock:
            if self._is_over:
                return None
            try:
                child = self._start_opener(opener, address)
            except (OSError, ValueError) as error:  # ValueError: a NUL in the user's command
                reason = getattr(error, "strerror", None) or str(error)
                self._runtime.reporter.warn(f"{opener.program} could not be started: {reason}.")
                return None
            self._children.append(child)
        self._runtime.reporter.info(f"Started {opener.program}.")
        return child

    def _try(
        self, opener: Opener, address: str, came: Callable[[float], bool], timeout_s: float, *, is_last: bool
    ) -> _Outcome:
        """Start one opener and wait for the browser, as long as this opener may still bring it.

        It may while its process runs (then that is the browser itself) and after it ended well (then it passed the
        address on to one).
        """
        child = self._start(opener, address)
        if child is None:
            return _Outcome.CANCELLED if self._is_over else _Outcome.FAILED
        began = self._runtime.monotonic()
        while (elapsed_s := self._runtime.monotonic() - began) < timeout_s:
            if came(min(_POLL_S, timeout_s - elapsed_s)):
                return _Outcome.CAME
            status = child.poll()
            if self._is_over:  # looked at after the status: who cancels says so first, and ends the child then
                return _Outcome.CANCELLED
            if opener.status_says_nothing:
                if elapsed_s >= NEXT_OPENER_S and not is_last:
                    self._runtime.reporter.info(f"No browser came of {opener.program}.")
                    return _Outcome.FAILED
            elif status not in (None, 0):
                self._say_failed(opener, status)
                return _Outcome.FAILED
            if elapsed_s >= TELL_ADDRESS_S and not self._is_told:
                self._is_told = True
                self._runtime.reporter.warn(f"No browser came yet. You can open this address yourself: {address}")
        return _Outcome.TIMED_OUT

    def _say_failed(self, opener: Opener, status: int | None) -> None:
        self._runtime.reporter.warn(f"{opener.program} failed (exit status {status}).")


def nobody_came(waited_s: float, *, opened: bool) -> LaunchError:
    """The error of a handoff that was not used. `opened`: an opener had been started, not only the address told."""
    remedy = ", choose another browser with --browser, or have the address printed with --no-browser" if opened else ""
    return LaunchError(
        f"No browser came within {waited_s:g} seconds.", hint=f"Give it longer with --handoff-timeout{remedy}."
    )
