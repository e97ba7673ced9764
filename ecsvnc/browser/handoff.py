"""The handoff: a loopback address that redirects a browser to the console, with a ticket that is fresh at that moment.

    browser ── GET http://127.0.0.1:PORT/NONCE ──▶ handoff ── 302 ──▶ console page with a ticket that has time left

So the ticket's 15 seconds start when the browser has connected, and neither ticket nor password is in any process's
arguments: only this address is, and it is useless to other users of the machine.

`verdict`, a pure function, classifies a request; the rest of the file acts on it.
"""

from __future__ import annotations

import hmac
import shlex
import threading
from collections.abc import Callable
from enum import Enum, auto
from urllib.parse import quote

from ecsvnc.browser import handoff_page
from ecsvnc.browser.served_address import HEADERS, NOT_A_VISIT, PAGE_HEADERS, WRONG_HOST, ServedAddress, note
from ecsvnc.browser.visits import is_for_this_machine, is_navigation
from ecsvnc.errors import EcsvncError
from ecsvnc.loopback.exchange import Admit, ServerRequest, ServerResponse
from ecsvnc.runtime import Runtime
from ecsvnc.tickets.console_url import console_url
from ecsvnc.tickets.instance_tickets import InstanceTickets
from ecsvnc.tickets.ticket import Ticket


class Verdict(Enum):
    """The kind of a request."""

    VISIT = auto()
    HEAD_PROBE = auto()
    """HEAD: tests whether the address exists, without using it."""
    NOT_A_VISIT = auto()
    """A prefetch, a preview, a script's request, a WebSocket, a part of another page: it would show no console."""
    WRONG_HOST = auto()
    WRONG_PATH = auto()
    WRONG_METHOD = auto()


def verdict(request: ServerRequest, nonce: str) -> Verdict:
    """Decide what a request is. The path must be the address's own, to the byte."""
    if not is_for_this_machine(request):
        return Verdict.WRONG_HOST
    if not hmac.compare_digest(request.target.encode(), f"/{nonce}".encode()):
        return Verdict.WRONG_PATH
    if request.method == "HEAD":
        return Verdict.HEAD_PROBE
    if request.method != "GET":
        return Verdict.WRONG_METHOD
    return Verdict.VISIT if is_navigation(request) else Verdict.NOT_A_VISIT


class Handoff(ServedAddress):
    """Redirects the browser to the console. The consoles that were opened stay open when it stops.

    `tickets` gives a ticket, and a place in the budget before that, for every redirect; the first ticket at once, if it
    was taken before. `page` is the console page's URL. Without `stay`, the address works once.

    With `stay`, the failure of a visit is only reported, and serving continues: `check` then only raises a bug.
    """

    def __init__(
        self,
        tickets: InstanceTickets,
        page: str,
        *,
        runtime: Runtime,
        port: int = 0,
        stay: bool = False,
        vnc_password: str | None = None,
        admit: Admit | None = None,
    ) -> None:
        super().__init__(runtime=runtime, port=port, admit=admit)
        self._ticket: Ticket | None = None  # of a visit that was broken off
        self._tickets = tickets
        self._page = page
        self._vnc_password = vnc_password
        self._stay = stay
        self._one_visit = threading.Lock()  # two visits at once must not get the same ticket
        self._is_used = False
        self._visits = 0

    @property
    def visits(self) -> int:
        """How many times the console was opened."""
        return self._visits

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to serve, once the console was opened."""
        return not self._stay

    def progress(self) -> str:
        """What is being waited for, and how long the current ticket can still be used."""
        ticket = self._ticket or self._tickets.first
        if ticket is None or not ticket.is_fresh(self._runtime):
            return "waiting for the browser; a fresh ticket will be used"
        return f"waiting for the browser; ticket: {ticket.seconds_left(self._runtime):.0f} s"

    def wait_shown(self) -> None:
        """After the first visit: nothing more is known of the console than that the browser was redirected to it."""

    def _answer(self, request: ServerRequest) -> ServerResponse:
        match verdict(request, self._nonce):
            case Verdict.VISIT:
                with self._one_visit:
                    return self._redirect(request)
            case Verdict.HEAD_PROBE:
                return ServerResponse(200, PAGE_HEADERS)
            case Verdict.NOT_A_VISIT:
                return note(503, NOT_A_VISIT)
            case Verdict.WRONG_METHOD:
                return ServerResponse(405, [("allow", "GET, HEAD"), *HEADERS])
            case Verdict.WRONG_HOST:
                return note(403, WRONG_HOST)
            case Verdict.WRONG_PATH:
                return note(404, "Not found.")

    def _redirect(self, request: ServerRequest) -> ServerResponse:
        if self._is_used:
            tickets = self._tickets
            command = f"{self._runtime.program} open {shlex.quote(tickets.name or tickets.instance_id)}"
            return _page(410, handoff_page.used_page(command))
        try:
            has_place = request.client_is_there() and self._tickets.claim(lambda: not request.client_is_there())
            ticket = self._fresh_ticket() if has_place else None
        except EcsvncError as error:
            return _page(502, handoff_page.error_page(error, self._runtime.program), sent=self._fail_with(error))
        except Exception as error:  # noqa: BLE001  # a bug: raised again by the command that waits
            return _page(500, handoff_page.bug_page(), sent=self._fail_with(error))
        if ticket is None or not request.client_is_there():
            # It was reloaded or closed: the next visit gets the ticket. This page is not read.
            return note(503, "The browser closed the connection.")
        self._ticket = None
        self._is_used = not self._stay
        url = console_url(
            self._page,
            ticket.vnc_url,
            instance_id=self._tickets.instance_id,
            is_windows=self._tickets.is_windows,
            password=self._vnc_password,
        )
        return ServerResponse(302, [("location", _as_uri(url)), *HEADERS], sent=self._note_sent)

    def _fresh_ticket(self) -> Ticket:
        if self._ticket is None or not self._ticket.is_fresh(self._runtime):
            self._ticket = None
            self._ticket = self._tickets.take()
        return self._ticket

    def _note_sent(self, is_complete: bool) -> None:  # noqa: FBT001  # the signature of `ServerResponse.sent`
        if not is_complete:
            self._is_used = False
            return
        self._visits += 1
        self._opened_or_failed.set()

    def _fail_with(self, error: Exception) -> Callable[[bool], None]:
        """The callback after the page about `error` was sent; the command that waits may then end."""

        def fail(_: bool) -> None:  # noqa: FBT001  # the signature of `ServerResponse.sent`
            if self._stay and isinstance(error, EcsvncError):
                self._runtime.reporter.warn(f"The console could not be opened. {error.what} {error.hint}".rstrip())
                return
            self._failure = error
            self._opened_or_failed.set()

        return fail


def _as_uri(url: str) -> str:
    """The URL with non-ASCII characters encoded (RFC 3987, section 3.1): the user's console page can be an IRI."""
    return quote(url, safe="%:/?#[]@!$&'()*+,;=~")


def _page(status: int, html: bytes, *, sent: Callable[[bool], None] | None = None) -> ServerResponse:
    return ServerResponse(status, PAGE_HEADERS, html, sent)
