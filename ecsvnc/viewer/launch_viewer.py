"""Starts a native viewer on the proxy, gives it the password, and waits until it ends."""

from __future__ import annotations

import math
import os
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecsvnc.errors import LaunchError
from ecsvnc.processes import Child
from ecsvnc.rfb.vnc_auth import obscured
from ecsvnc.viewer.choose_viewer import choose_viewer
from ecsvnc.viewer.proxy_server import ProxyOptions, ProxyServer

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.resolve import Settings
    from ecsvnc.tickets.instance_tickets import InstanceTickets
    from ecsvnc.viewer.viewers import Plan

_POLL_S = 0.1
_KEPT_LINES = 5


CONNECT_WITHIN_S = 60.0
"""How long to wait for a viewer that may have detached, after its process has ended."""

LEFT_FOR_S = 5.0
"""A viewer that detached is done this long after its last connection closed.

One that left no process, and is not known to detach, has failed after the same time: until then, it may have passed the
address to a running program.
"""

PASSING_ON_S = 1.0
"""A connection that outlives the viewer's process by this much belongs to another process."""

WARN_AFTER_S = 10.0
"""After this long without a connection, warn about a viewer that is not in the table."""


def open_in_viewer(
    find_instance: Callable[[], InstanceTickets],
    options: ProxyOptions,
    *,
    settings: Settings,
    runtime: Runtime,
) -> None:
    """Show an instance's console in a native viewer, and return when the viewer has ended.

    The viewer is chosen before the instance is looked up, which takes longer. Raises as `choose_viewer`,
    `find_instance`, `ProxyServer` and `show` do.
    """
    plan = choose_viewer(settings, runtime)
    server = ProxyServer(find_instance(), options, settings=settings, runtime=runtime)
    server.start()
    try:
        show(server, plan, runtime=runtime)
    finally:
        server.stop()


def show(server: ProxyServer, plan: Plan, *, runtime: Runtime) -> None:
    """Start the viewer on the proxy, and return when it has ended.

    If it detached, that is some seconds after its last connection closed. Raises LaunchError if it cannot be started,
    ends before it gave the password, or does not connect; and the proxy's failure if it got no console.
    """
    password = server.password or ""
    runtime.reporter.notice(f"Opening the console of {server.tickets.label} in {plan.title}.")
    if plan.wants_password_shown:
        runtime.reporter.notice(f"Password (this run only): {password}")
    with tempfile.TemporaryDirectory(prefix="ecsvnc-") as folder:  # mode 0700
        password_file = Path(folder, "passwd") if plan.wants_password_file else None
        if password_file is not None:
            _write(password_file, password)
        stderr: deque[str] = deque(maxlen=_KEPT_LINES)
        child = _start(plan, server, str(password_file or ""), stderr, runtime)
        try:
            child.end_with_us(folder)
            _Run(child, plan, server, password_file, runtime).wait()
        except _DidNotConnectError as error:
            child.wait_for_output(PASSING_ON_S)
            raise LaunchError(f"{error} {' / '.join(stderr)}".rstrip(), hint=_hint(plan, server)) from None
        finally:
            child.end()
    if server.consoles_shown == 0 and server.failure is not None:
        raise server.failure


class _DidNotConnectError(Exception):
    """The viewer gave no password; the text says how it ended."""


def _start(plan: Plan, server: ProxyServer, password_file: str, stderr: deque[str], runtime: Runtime) -> Child:
    def on_line(line: str) -> None:
        stderr.append(line)
        runtime.reporter.debug(f"{plan.title}: {line}")

    try:
        child = Child(
            plan.command_line(host=server.host, port=server.port, password_file=password_file),
            input_text=plan.input_text(host=server.host, port=server.port, password=server.password or ""),
            on_line=on_line,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LaunchError(
            f"{plan.title} could not be started: {reason}.",
            hint="Choose another viewer with --viewer-command, or run `ecsvnc proxy` and connect one yourself.",
        ) from None
    runtime.reporter.info(f"Started {plan.title} ({plan.program}).")
    return child


@dataclass(frozen=True, slots=True)
class _Run:
    """A viewer that was started."""

    child: Child
    plan: Plan
    server: ProxyServer
    password_file: Path | None
    runtime: Runtime

    def wait(self) -> None:
        """Return when the viewer has ended. Raises _DidNotConnectError."""
        self._wait_for_process()
        ended_at = self.runtime.monotonic()
        has_detached = self.plan.detaches
        while True:
            since_end_s = self.runtime.monotonic() - ended_at
            if self.server.is_occupied:
                has_detached = has_detached or since_end_s >= PASSING_ON_S
            elif self.server.viewers_with_password:
                if not has_detached or self.server.quiet_for_s >= LEFT_FOR_S:
                    return
            elif not self.server.viewers_connected:
                within_s, why_not = self._limit_and_error()
                if min(self.server.quiet_for_s, since_end_s) >= within_s:
                    raise _DidNotConnectError(why_not)
            self.runtime.sleep(_POLL_S)

    def _wait_for_process(self) -> None:
        warn_at = self.runtime.monotonic() + WARN_AFTER_S if self.plan.is_own else math.inf
        while self.child.poll() is None:
            self._keep_password_file()
            if self.server.viewers_seen == 0 and self.runtime.monotonic() >= warn_at:
                warn_at = math.inf
                self.runtime.reporter.warn(
                    f"{self.plan.title} has not connected to {self.server.host} port {self.server.port} yet. If it "
                    "shows a screen, it is not this instance's."
                )
            self.runtime.sleep(_POLL_S)

    def _keep_password_file(self) -> None:
        """Keep the password file only while no viewer has the console: a viewer that reconnects reads it again."""
        if self.password_file is None:
            return
        if self.server.is_occupied:
            self.password_file.unlink(missing_ok=True)
        elif not self.password_file.exists():
            _write(self.password_file, self.server.password or "")

    def _limit_and_error(self) -> tuple[float, str]:
        """How many seconds after its process ended the viewer may still connect, and the error if it does not."""
        plan, status = self.plan, self.child.poll()
        may_have_detached = status == 0 and (plan.detaches or plan.is_own)
        if self.server.viewers_seen:
            within_s, how = LEFT_FOR_S, f"connected, and ended without the right password (exit status {status})."
        elif may_have_detached and (plan.detaches or self.child.has_descendants):
            within_s, how = CONNECT_WITHIN_S, f"did not connect within {CONNECT_WITHIN_S:g} s."
        else:
            within_s, how = LEFT_FOR_S, f"ended without connecting (exit status {status})."
        return (within_s if may_have_detached else 0.0), f"{plan.title} {how}"


def _hint(plan: Plan, server: ProxyServer) -> str:
    address = (
        "Give its command with the address in the form that it takes: {host}::{port}, {host}:{display} or "
        "vnc://{host}:{port}. Or choose"
        if plan.is_own and server.viewers_seen == 0
        else "Choose"
    )
    return f"{address} another viewer with --viewer-command, or run `ecsvnc proxy` and connect one yourself."


def _write(file: Path, password: str) -> None:
    """Write the password in VNC's format, with mode 0600."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(obscured(password))
