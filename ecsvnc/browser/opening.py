"""One console opened in a browser: the handoff, the browser that is started on it, and the wait until it connects."""

from __future__ import annotations

import concurrent.futures
import math
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ecsvnc.background import in_background
from ecsvnc.browser.browsers import Choice
from ecsvnc.browser.handoff import Handoff
from ecsvnc.browser.launch import Launch, not_connected
from ecsvnc.browser.presence import PresenceLimits
from ecsvnc.browser.served_address import ServedAddress
from ecsvnc.browser.ssh_forward import loopback_port, ssh_command
from ecsvnc.durations import in_words
from ecsvnc.errors import LaunchError
from ecsvnc.loopback.peers import admit_this_user
from ecsvnc.runtime import Runtime
from ecsvnc.settings.resolve import Settings
from ecsvnc.settings.table import CONSOLE_PAGE, KEEPALIVE, LAYOUT
from ecsvnc.settings.values import DEFAULT_MAX_IDLE_S, LOCAL_PAGE
from ecsvnc.tickets.console_url import console_url
from ecsvnc.tickets.instance_tickets import InstanceTickets
from ecsvnc.tickets.ticket import Ticket

if TYPE_CHECKING:
    from ecsvnc.browser.local_page import LocalPage

OPENED_TIMEOUT_S = 60.0
"""How long a browser may take to connect after an opener was started."""

PRINTED_TIMEOUT_S = 600.0
"""How long the address is served when the user has to open it."""

_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class OpenOptions:
    """The options of `open`: None where an option was not given, port 0 for a free one.

    `extra_ports` are loopback ports that the vendor's page needs besides the handoff's: those of an embedded ECS.
    `max_idle_s` is how many seconds without input the local page's console is kept open, and `presence` when that page
    counts as gone.
    """

    stay: bool = False
    port: int = 0
    handoff_timeout_s: float | None = None
    vnc_password: str | None = field(default=None, repr=False)
    extra_ports: tuple[int, ...] = ()
    max_idle_s: float = DEFAULT_MAX_IDLE_S
    presence: PresenceLimits = field(default_factory=PresenceLimits)


class Opening:
    """One console, from a ticket to the browser that shows it.

    Leaving the `with` block closes the port, and ends the openers
    that brought no browser. Raises UsageError at construction if the port cannot be used.
    """

    def __init__(
        self,
        tickets: InstanceTickets,
        choice: Choice,
        options: OpenOptions,
        *,
        settings: Settings,
        runtime: Runtime,
    ) -> None:
        self._tickets = tickets
        self._choice = choice
        self._options = options
        self._runtime = runtime
        self._is_local = settings[CONSOLE_PAGE] == LOCAL_PAGE
        self._served: ServedAddress
        if self._is_local:
            self._served = _local_page(tickets, options, settings, runtime)
            self._ports = [self._served.port]
        else:
            self._served = Handoff(
                tickets,
                settings.web_console_page,
                runtime=runtime,
                port=options.port,
                stay=options.stay,
                vnc_password=options.vnc_password,
                admit=admit_this_user(runtime),
            )
            console = tickets.first.vnc_url.value if tickets.first is not None else ""
            needed = (loopback_port(url) for url in (settings.web_console_page, console))
            self._ports = [self._served.port, *(port for port in needed if port), *options.extra_ports]
        self._launch = Launch(choice.openers, runtime=runtime)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._launch.cancel()
        self._served.stop()

    def start(self) -> str | None:
        """Serve the address, and start a browser on it.

        Without a browser to start, return the address for the user to open, after explaining how to reach it.
        """
        if self._options.vnc_password is not None and not self._is_local:
            self._runtime.reporter.warn("The VNC password is in the console URL: the browser's history keeps it.")
        self._served.start()
        self._opened = in_background(self._open, name="open")
        if self._options.stay and self._is_local:
            self._runtime.reporter.notice(f"The page is served at {self._served.address} until you press Ctrl-C.")
        elif self._options.stay:
            self._runtime.reporter.notice(
                f"Each visit to {self._served.address} opens the console again. Reloading the console page does not "
                "work: its ticket has been used. Press Ctrl-C to stop."
            )
        if self._choice.openers:
            return None
        self._explain_address()
        return self._served.address

    def wait(self) -> None:
        """Return when the console was opened. Raises LaunchError without a browser, and the failure of a visit."""
        # In pieces: on Windows, a thread that waits for a lock does not notice Ctrl-C.
        while not concurrent.futures.wait({self._opened}, timeout=_POLL_S).done:
            pass
        self._opened.result()
        report_opened(self._tickets, self._runtime)

    @property
    def is_over(self) -> bool:
        """Whether the address is not served any longer."""
        return self._served.is_over

    @property
    def ends_with_page(self) -> bool:
        """Whether the address is served until its page is closed."""
        return self._is_local and not self._options.stay

    @property
    def visits(self) -> int:
        """How many times the console was opened."""
        return self._served.visits

    def report_visits(self) -> None:
        """Report that the console was opened again."""
        name = self._tickets.name or self._tickets.instance_id
        self._runtime.reporter.notice(f"Opened the console of {name} again ({self.visits} visits).")

    def check(self) -> None:
        """Raise the failure that ended the serving of the address, if there was one: with `stay`, a bug."""
        self._served.check()

    def progress(self) -> str:
        """The progress line."""
        return f"{self._tickets.name or self._tickets.instance_id}: {self._served.progress()}"

    def _open(self) -> None:
        with self._runtime.working(self.progress):
            if self._choice.openers:
                self._launch.open_and_wait(
                    self._served.address,
                    self._served.wait_opened,
                    opened_timeout_s=self._timeout_s(OPENED_TIMEOUT_S),
                    printed_timeout_s=self._timeout_s(PRINTED_TIMEOUT_S),
                )
            else:
                self._wait_for_visit()
            self._served.wait_shown()

    def _wait_for_visit(self) -> None:
        timeout_s = self._timeout_s(PRINTED_TIMEOUT_S)
        if not self._served.wait_opened(timeout_s):
            raise not_connected(timeout_s, opened=False)

    def _timeout_s(self, default_s: float) -> float:
        if self._options.handoff_timeout_s is not None:
            return self._options.handoff_timeout_s
        return math.inf if self._options.stay else default_s

    def _explain_address(self) -> None:
        say = self._runtime.reporter.notice
        where = "To open it on another machine, run this there first:"
        if self._choice.is_ssh:
            where = f"{self._choice.reason} On your own machine, run this first:"
        explain_forward(where, self._ports, is_port_chosen=self._options.port != 0, runtime=self._runtime)
        timeout_s = self._timeout_s(PRINTED_TIMEOUT_S)
        until = "" if math.isinf(timeout_s) else f" within {in_words(timeout_s)}"
        if self._choice.is_ssh:
            say(f"Then open this address in a browser there{until}:")
        else:
            say(f"{self._choice.reason} Open this address in a browser{until}:")


def explain_forward(where: str, ports: Iterable[int], *, is_port_chosen: bool, runtime: Runtime) -> None:
    """Print the ssh command that makes `ports` reachable from another machine, after the line `where`."""
    say = runtime.reporter.notice
    environ = runtime.environ
    say(where)
    say(f"  {ssh_command(ports, environ=environ, user=_user_name(environ.get), host=socket.gethostname())}")
    if is_port_chosen:
        say("End the ssh command when you are done: another user could listen on that port later.")


def open_directly(tickets: InstanceTickets, choice: Choice, *, settings: Settings, runtime: Runtime) -> None:
    """Pass the console URL itself to a browser (--direct). Raises LaunchError if none starts."""
    if not choice.openers:
        raise LaunchError(
            f"No browser was opened. {choice.reason}",
            hint="Name a browser with --browser, leave out --direct, or print the URL with `ecsvnc url`.",
        )
    runtime.reporter.warn(
        "The console URL is in the arguments of the browser's process: every user of this machine can read it there. "
        "It works until it is opened, for 15 seconds at most."
    )

    ticket: Ticket | None = None

    def fresh_url() -> str:
        nonlocal ticket
        if ticket is None or not ticket.is_fresh(runtime):
            ticket = tickets.take()
        return console_url(
            settings.web_console_page,
            ticket.vnc_url,
            instance_id=tickets.instance_id,
            is_windows=tickets.is_windows,
        )

    Launch(choice.openers, runtime=runtime).open_unwatched(fresh_url)
    report_opened(tickets, runtime)


def report_opened(tickets: InstanceTickets, runtime: Runtime) -> None:
    """Report which console was opened."""
    runtime.reporter.notice(f"Opened the console of {tickets.label}.")


def serve_until_over(openings: Iterable[Opening], runtime: Runtime) -> None:
    """Serve the addresses that were visited as long as they are needed (with --stay, always), and tell each visit."""
    serving = {opening: opening.visits for opening in openings if opening.visits and not opening.is_over}
    if any(opening.ends_with_page for opening in serving):
        page = "the console's page" if len(serving) == 1 else "the pages of the consoles"
        runtime.reporter.notice(f"This command ends when you close {page} or press Ctrl-C.")
    while serving := {opening: told for opening, told in serving.items() if not opening.is_over}:
        for opening, told in serving.items():
            opening.check()
            if opening.visits > told:
                opening.report_visits()
        serving = {opening: opening.visits for opening in serving}
        runtime.sleep(_POLL_S)


def _local_page(tickets: InstanceTickets, options: OpenOptions, settings: Settings, runtime: Runtime) -> LocalPage:
    from ecsvnc.browser.local_page import LocalPage  # the vendor's page needs no console here
    from ecsvnc.browser.page_console import PageConsole
    from ecsvnc.console.keepalive import Policy
    from ecsvnc.settings.vnc_password import vnc_password_source

    page = PageConsole(
        tickets,
        vnc_password_source(options.vnc_password, tickets.instance_id, settings),
        Policy(settings[KEEPALIVE], options.max_idle_s),
        settings[LAYOUT],
        options.presence,
        runtime,
    )
    return LocalPage(page, port=options.port, stay=options.stay, admit=admit_this_user(runtime))


def _user_name(environ: Callable[[str], str | None]) -> str:
    name = environ("USER") or environ("LOGNAME") or environ("USERNAME")
    if name:
        return name
    import getpass  # rarely needed

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "user"
