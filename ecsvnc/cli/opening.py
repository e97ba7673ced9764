"""What `ecsvnc open` does with each console that it took: handoff, browser, and waiting for it."""

from __future__ import annotations

import concurrent.futures
import math
import os
import shlex
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from ecsvnc.background import in_background
from ecsvnc.browser.handoff import Handoff, Offer, is_good
from ecsvnc.browser.launch import Launch, nobody_came
from ecsvnc.browser.ssh_forward import loopback_port, ssh_command
from ecsvnc.cli.programs import browser_surroundings, choose_browser
from ecsvnc.cli.terminal import PrefixedReporter
from ecsvnc.errors import LaunchError
from ecsvnc.loopback.peers import only_for
from ecsvnc.tickets.budget import Budget
from ecsvnc.tickets.console import Console
from ecsvnc.tickets.console_url import console_url

if TYPE_CHECKING:
    from ecsvnc.cli.app import App
    from ecsvnc.cli.progress import Progress
    from ecsvnc.cli.session import Session
    from ecsvnc.cli.several import Rest
    from ecsvnc.loopback.exchange import Admit
    from ecsvnc.runtime import Reporter, Runtime

OPENED_TIMEOUT_S = 60.0
"""How long a browser may take to come after an opener was started."""

PRINTED_TIMEOUT_S = 600.0
"""How long the address is served when a person has to open it."""

_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class OpenOptions:
    """What the user asked of `open`; None where nothing was said, port 0 for a free one."""

    browser: str | None = None
    stay: bool = False
    port: int = 0
    handoff_timeout_s: float | None = None
    direct: bool = False
    vnc_password: str | None = field(default=None, repr=False)


class Opening:
    """Opens consoles in browsers, several at a time. Leaving it closes every port and ends every vain opener."""

    def __init__(self, app: App, session: Session, options: OpenOptions) -> None:
        self._app = app
        self._runtime = app.runtime
        self._session = session
        self._options = options
        self._around = browser_surroundings(app.runtime)
        self._page = session.settings.console_page
        self._choice = choose_browser(options.browser, session.settings, self._around)
        self._handoffs: list[Handoff] = []
        self._launches: list[Launch] = []
        self._lines: list[Callable[[], str]] = []
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()
        for launch in self._launches:
            launch.cancel()
        for handoff in self._handoffs:
            handoff.stop()

    def deliver(self, console: Console, name: str = "") -> Rest:
        """Begin to open one console. What it returns waits until the browser has it, or raises why it has not.

        With a `name`, what is said of it begins with that: where there are several.
        """
        self._session.warn_if_unencrypted(console)
        runtime = (
            replace(self._runtime, reporter=PrefixedReporter(name, self._runtime.reporter)) if name else self._runtime
        )
        if self._options.direct:
            self._throw(console, runtime)
            return lambda: None
        handoff = self._handoff(console, runtime)
        work = (
            self._bring(handoff, runtime) if self._choice.openers else self._print(console, handoff, runtime.reporter)
        )
        self._say_how_to_stay(handoff, runtime.reporter)
        name = name or console.name or console.instance_id
        self._lines.append(lambda: progress_text(name, handoff))
        done = in_background(work, name="open")

        def rest() -> None:
            self._show_progress()
            # In pieces: on Windows, a thread that waits for a lock does not notice Ctrl-C.
            while not concurrent.futures.wait({done}, timeout=_POLL_S).done:
                pass
            done.result()

        return rest

    def serve_until_interrupted(self) -> None:
        """Go on serving the addresses that led to a console (--stay); returns only if none did."""
        serving = [handoff for handoff in self._handoffs if handoff.visits]
        while serving:
            for handoff in serving:
                handoff.check()
            self._runtime.sleep(_POLL_S)

    # The ways to a browser

    def _throw(self, console: Console, runtime: Runtime) -> None:
        """Give the console URL itself to a browser (--direct)."""
        if not self._choice.openers:
            raise LaunchError(
                f"No browser was opened: {self._choice.reason}.",
                hint="Name one with --browser, leave out --direct, or have the URL printed with `ecsvnc url`.",
            )
        runtime.reporter.warn(
            "The console URL stands in the arguments of the browser's process, where every user of this machine can "
            "read it, until it is opened or 15 seconds old."
        )

        def address() -> str:
            nonlocal console
            if not is_good(console.ticket, self._runtime):
                console = self._session.renew(console)
            return self._offer(console, password=None).console_url.value

        self._launch(runtime).throw(address)

    def _bring(self, handoff: Handoff, runtime: Runtime) -> Callable[[], None]:
        launch = self._launch(runtime)
        opened_timeout_s, printed_timeout_s = self._timeout_s(OPENED_TIMEOUT_S), self._timeout_s(PRINTED_TIMEOUT_S)
        return lambda: launch.bring(
            handoff.address, handoff.came, opened_timeout_s=opened_timeout_s, printed_timeout_s=printed_timeout_s
        )

    def _print(self, console: Console, handoff: Handoff, reporter: Reporter) -> Callable[[], None]:
        """Print the address for a person to open, and say how to reach it."""
        timeout_s = self._timeout_s(PRINTED_TIMEOUT_S)
        click.echo(handoff.address)
        until = "" if math.isinf(timeout_s) else f" within {timeout_s:g} s"
        reporter.warn(f"No browser is opened: {self._choice.reason}. Open the address above on this machine{until}.")
        reporter.warn("To open it on another machine, first run there:")
        self._runtime.reporter.warn(f"  {self._ssh_command(console, handoff)}")  # to be copied: no name before it

        def wait() -> None:
            if not handoff.came(timeout_s):
                raise nobody_came(timeout_s, opened=False)

        return wait

    # Their parts

    def _handoff(self, console: Console, runtime: Runtime) -> Handoff:
        budget, password = self._budget, self._options.vnc_password
        if password is not None:
            runtime.reporter.warn("The VNC password is in the console URL: the browser's history keeps it.")

        handoff = Handoff(
            lambda: self._offer(self._session.renew(console), password=password),
            runtime=runtime,
            first=self._offer(console, password=password),
            port=self._options.port,
            stay=self._options.stay,
            claim=lambda is_gone: budget.claim(console.instance_id, is_gone),
            admit=self._admit,
            command=f"{self._runtime.program} open {shlex.quote(console.name or console.instance_id)}",
        )
        self._handoffs.append(handoff)
        handoff.start()
        return handoff

    def _launch(self, runtime: Runtime) -> Launch:
        launch = Launch(self._choice.openers, runtime=runtime)
        self._launches.append(launch)
        return launch

    def _offer(self, console: Console, *, password: str | None) -> Offer:
        url = console_url(
            self._page,
            console.ticket.vnc_url,
            instance_id=console.instance_id,
            is_windows=console.is_windows,
            password=password,
        )
        return Offer(console.ticket, url)

    def _timeout_s(self, default_s: float) -> float:
        if self._options.handoff_timeout_s is not None:
            return self._options.handoff_timeout_s
        return math.inf if self._options.stay else default_s

    @cached_property
    def _budget(self) -> Budget:
        return Budget(self._session.settings.cache_folder, runtime=self._runtime)

    @property
    def _admit(self) -> Admit | None:
        """On Linux the address is for this user alone; elsewhere nobody can tell whose a connection is."""
        if self._runtime.platform != "linux":
            return None
        return only_for({os.getuid(), os.geteuid()}, runtime=self._runtime, foreign_network=self._around.is_wsl)

    def _ssh_command(self, console: Console, handoff: Handoff) -> str:
        """With every port that a browser elsewhere needs: the page's and the WebSocket's too, if they are here."""
        urls = (self._page, console.ticket.vnc_url.value)
        ports = [handoff.port, *(port for url in urls if (port := loopback_port(url))), *self._app.extra_ports]
        return ssh_command(
            ports, environ=self._runtime.environ, user=_this_user(self._runtime.environ.get), host=socket.gethostname()
        )

    def _say_how_to_stay(self, handoff: Handoff, reporter: Reporter) -> None:
        if self._options.stay:
            reporter.warn(
                f"Each visit to {handoff.address} opens the console anew, until Ctrl-C. "
                "Reloading the console page itself cannot: its ticket is used."
            )

    def _show_progress(self) -> None:
        if self._app.terminal.is_interactive and self._progress is None:
            from ecsvnc.cli.progress import Progress

            self._progress = Progress(self._lines, self._app.terminal)


def progress_text(name: str, handoff: Handoff) -> str:
    """One line about a handoff."""
    if handoff.visits:
        return f"{name}: the browser has the console" + (f" ({handoff.visits} visits)" if handoff.visits > 1 else "")
    left_s = handoff.seconds_left()
    if left_s is None:
        return f"{name}: waiting for the browser (it gets a fresh ticket)"
    return f"{name}: waiting for the browser (ticket: {left_s:.0f} s)"


def _this_user(environ: Callable[[str], str | None]) -> str:
    name = environ("USER") or environ("LOGNAME") or environ("USERNAME")
    if name:
        return name
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "user"
