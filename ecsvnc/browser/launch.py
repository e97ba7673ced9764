"""Starts the browsers that `browsers` has chosen, and waits until one has connected."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from enum import Enum, auto

from ecsvnc.browser.browsers import Opener
from ecsvnc.durations import in_words
from ecsvnc.errors import LaunchError
from ecsvnc.processes import Child
from ecsvnc.runtime import Runtime

_POLL_S = 0.1

NEXT_OPENER_S = 5.0
"""How long to wait for a browser after an opener whose status is meaningless, before the next one is tried."""

TELL_ADDRESS_S = 10.0
"""After this long without a browser, the address is shown, so that the user can open it."""

_UNWATCHED_S = 3.0
"""How long to wait for an opener's exit status with `--direct`, where the browser does not connect to ecsvnc."""

Start = Callable[[Opener, str], Child | None]
"""Start an opener on an address. Raises OSError if that fails. None: it has no process to watch."""


class _Outcome(Enum):
    """The result of one opener."""

    OPENED = auto()
    FAILED = auto()
    TIMED_OUT = auto()
    CANCELLED = auto()
    """It was ended, and so did not fail."""


def start_opener(opener: Opener, address: str) -> Child | None:
    """Start an opener on an address. Raises OSError if that fails, ValueError for a NUL in the user's command."""
    if not opener.uses_startfile:
        return Child(opener.command_line(address))
    if sys.platform == "win32":
        os.startfile(address)  # noqa: S606  # an http address of our own
        return None
    raise OSError("os.startfile is Windows'")


class Launch:
    """Opens one browser on one address: opener after opener, until one has connected.

    `cancel`, from any thread, ends the openers while no browser has connected. A browser that has connected is left
    running.
    """

    def __init__(self, openers: Sequence[Opener], *, runtime: Runtime, start: Start = start_opener) -> None:
        self._openers = openers
        self._runtime = runtime
        self._start_opener = start
        self._lock = threading.Lock()
        self._children: list[Child] = []
        self._is_over = False
        self._has_shown_address = False

    def open_and_wait(
        self, address: str, wait_opened: Callable[[float], bool], *, opened_timeout_s: float, printed_timeout_s: float
    ) -> None:
        """Return when `wait_opened(seconds)` is true: it waits that long for a browser, and may raise a failure.

        Waits `opened_timeout_s` after the last opener was started. If all fail, shows the address and waits
        `printed_timeout_s`. Raises LaunchError if no browser connected. Returns, too, when it is cancelled.
        """
        for index, opener in enumerate(self._openers):
            is_last = index == len(self._openers) - 1
            match self._try(opener, address, wait_opened, opened_timeout_s, is_last=is_last):
                case _Outcome.OPENED:
                    return self._detach()
                case _Outcome.CANCELLED:
                    return None
                case _Outcome.TIMED_OUT:
                    self.cancel()
                    raise not_connected(opened_timeout_s, opened=True)
        self._runtime.reporter.warn(f"No browser could be started. Open this address yourself: {address}")
        if wait_opened(printed_timeout_s):
            return self._detach()
        self.cancel()
        raise not_connected(printed_timeout_s, opened=False)

    def open_unwatched(self, fresh_url: Callable[[], str]) -> None:
        """Start the first opener that does not fail, without waiting for a browser.

        `fresh_url` is called for each opener, since a ticket in the URL expires. Raises LaunchError if all fail.
        """
        for opener in self._openers:
            has_started, child = self._start(opener, fresh_url())
            if not has_started:
                continue
            deadline = self._runtime.monotonic() + _UNWATCHED_S
            while (status := child.poll() if child else 0) is None and self._runtime.monotonic() < deadline:
                self._runtime.sleep(_POLL_S)
            if status in (None, 0) or opener.status_is_meaningless:
                return self._detach()
            self._report_failed(opener, status)
        raise LaunchError(
            "No browser could be started.",
            hint="Name another one with --browser, or print the URL with `ecsvnc url`.",
        )

    def cancel(self) -> None:
        """End the openers that still run, unless the browser has connected; and start no more."""
        for child in self._stop_starting():
            child.end()

    def _detach(self) -> None:
        """Let the started processes run: one may be the browser itself."""
        for child in self._stop_starting():
            child.detach()

    def _stop_starting(self) -> list[Child]:
        with self._lock:
            self._is_over = True
            children, self._children = self._children, []
        return children

    def _start(self, opener: Opener, address: str) -> tuple[bool, Child | None]:
        """Whether it was started, and its process if it has one."""
        with self._lock:
            if self._is_over:
                return False, None
            try:
                child = self._start_opener(opener, address)
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                self._runtime.reporter.warn(f"{opener.program} could not be started: {reason}.")
                return False, None
            if child is not None:
                self._children.append(child)
        self._runtime.reporter.info(f"Started {opener.program}.")
        return True, child

    def _try(
        self, opener: Opener, address: str, wait_opened: Callable[[float], bool], timeout_s: float, *, is_last: bool
    ) -> _Outcome:
        """Start one opener and wait for the browser, as long as this opener may still open it.

        It may while its process runs (then that is the browser itself) and after it exited with 0 (then it passed the
        address to one).
        """
        has_started, child = self._start(opener, address)
        if not has_started:
            return _Outcome.CANCELLED if self._is_over else _Outcome.FAILED
        began = self._runtime.monotonic()
        while (elapsed_s := self._runtime.monotonic() - began) < timeout_s:
            if wait_opened(min(_POLL_S, timeout_s - elapsed_s)):
                return _Outcome.OPENED
            status = child.poll() if child else 0
            if self._is_over:  # read after the status: `cancel` sets it before it ends the child
                return _Outcome.CANCELLED
            if opener.status_is_meaningless:
                if elapsed_s >= NEXT_OPENER_S and not is_last:
                    self._runtime.reporter.info(f"No browser connected after {opener.program}.")
                    return _Outcome.FAILED
            elif status not in (None, 0):
                self._report_failed(opener, status)
                return _Outcome.FAILED
            if elapsed_s >= TELL_ADDRESS_S and not self._has_shown_address:
                self._has_shown_address = True
                self._runtime.reporter.warn(
                    f"No browser has connected yet. You can open this address yourself: {address}"
                )
        return _Outcome.TIMED_OUT

    def _report_failed(self, opener: Opener, status: int | None) -> None:
        self._runtime.reporter.warn(f"{opener.program} failed (exit status {status}).")


def not_connected(waited_s: float, *, opened: bool) -> LaunchError:
    """The error of a handoff that was not used. `opened`: an opener had been started, not only the address shown."""
    remedy = ", choose another browser with --browser, or print the address with --no-browser" if opened else ""
    return LaunchError(
        f"No browser connected within {in_words(waited_s)}.", hint=f"Allow more time with --handoff-timeout{remedy}."
    )
