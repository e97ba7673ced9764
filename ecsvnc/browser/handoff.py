"""The handoff: a loopback address that redirects a browser to the console, with a ticket that is fresh then.

    browser ── GET http://127.0.0.1:PORT/NONCE ──▶ handoff ── 302 ──▶ console page with a ticket that has time left

So the ticket's 15 seconds start when the browser has connected, and neither ticket nor password is in any process's
arguments: only this address is, and it is useless to other users of the machine.

`verdict`, a pure function, decides what a request is; the rest of the file acts on it.
"""

from __future__ import annotations

import base64
import hmac
import re
import shlex
import threading
from collections.abc import Callable
from enum import Enum, auto
from urllib.parse import quote

from ecsvnc.browser import handoff_page
from ecsvnc.errors import EcsvncError
from ecsvnc.loopback.exchange import Admit, ServerRequest, ServerResponse
from ecsvnc.loopback.server import LoopbackServer
from ecsvnc.runtime import Runtime
from ecsvnc.tickets.console_url import console_url
from ecsvnc.tickets.instance_tickets import InstanceTickets
from ecsvnc.tickets.ticket import Ticket

_NONCE_BYTES = 32
_POLL_S = 0.1  # The time is the runtime's: wait in pieces, and look at its clock between them.

_LOOPBACK_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_PREFETCH_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_PREFETCH_WORDS = ("prefetch", "prerender", "preview")

_HEADERS = [
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("connection", "close"),
]
_PAGE_HEADERS = [
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"),
    *_HEADERS,
]


class Verdict(Enum):
    """What a request is."""

    VISIT = auto()
    HEAD_PROBE = auto()
    """HEAD: it asks whether the address exists, and does not use it."""
    NOT_A_VISIT = auto()
    """A prefetch, a preview, a script's request, a WebSocket, a part of another page: it would show no console."""
    WRONG_HOST = auto()
    WRONG_PATH = auto()
    WRONG_METHOD = auto()


def verdict(request: ServerRequest, nonce: str) -> Verdict:
    """Decide what a request is.

    `Host` must be a loopback name, with any port: through `ssh -L 9000:…` the browser's port is not ours, but a name
    that was rebound to 127.0.0.1 by DNS is never a loopback name. Then the path must be the address's own, to the
    byte. Browsers mark what they fetch ahead (Fetch Metadata: `Sec-Purpose`, and older names), what is no navigation
    (`Sec-Fetch-Mode`) and what is a part of another page (`Sec-Fetch-Dest`). Older browsers and curl send none of
    these. A request with `Upgrade` is a WebSocket's.
    """
    if not _LOOPBACK_HOST.fullmatch(request.header("host")):
        return Verdict.WRONG_HOST
    if not hmac.compare_digest(request.target.encode(), f"/{nonce}".encode()):
        return Verdict.WRONG_PATH
    if request.method == "HEAD":
        return Verdict.HEAD_PROBE
    if request.method != "GET":
        return Verdict.WRONG_METHOD
    purposes = " ".join(value for name, value in request.headers if name in _PREFETCH_HEADERS).lower()
    is_visit = (
        not any(word in purposes for word in _PREFETCH_WORDS)
        and not request.header("upgrade")
        and request.header("sec-fetch-mode", "navigate") == "navigate"
        and request.header("sec-fetch-dest", "document") == "document"
    )
    return Verdict.VISIT if is_visit else Verdict.NOT_A_VISIT


class Handoff:
    """Serve the address of one console.

    `ticket` is a first one, so that the redirect is instant; `tickets` gives others, and a place in the budget before
    every redirect. `page` is the console page's URL. Without `stay`, the address works once. `admit` decides whose
    connections are answered.

    The port is bound at construction: raises UsageError if it cannot be used.
    """

    def __init__(
        self,
        ticket: Ticket | None,
        tickets: InstanceTickets,
        page: str,
        *,
        runtime: Runtime,
        port: int = 0,
        stay: bool = False,
        vnc_password: str | None = None,
        admit: Admit | None = None,
    ) -> None:
        self._ticket = ticket
        self._tickets = tickets
        self._page = page
        self._vnc_password = vnc_password
        self._runtime = runtime
        self._stay = stay
        self._nonce = base64.urlsafe_b64encode(runtime.random_bytes(_NONCE_BYTES)).rstrip(b"=").decode("ascii")
        self._one_visit = threading.Lock()  # so that two visits at once cannot get the same ticket
        self._is_used = False
        self._failure: Exception | None = None
        self._opened_or_failed = threading.Event()
        self.visits = 0
        self._server = LoopbackServer(self._answer, runtime=runtime, port=port, admit=admit)

    @property
    def address(self) -> str:
        """The address for the browser: the only thing that is ever in a process's arguments."""
        return f"{self._server.origin}/{self._nonce}"

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return self._server.port

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """Close the port and every connection to it. The consoles that were opened stay open."""
        self._server.stop()

    def wait_opened(self, timeout_s: float) -> bool:
        """Wait at most `timeout_s` for the first redirect. Returns whether there was one.

        Raises the failure of a visit. With `stay` that is only reported, and serving continues.
        """
        deadline = self._runtime.monotonic() + timeout_s
        while not self._opened_or_failed.wait(max(0.0, min(_POLL_S, deadline - self._runtime.monotonic()))):
            if self._runtime.monotonic() >= deadline:
                return False
        self.check()
        return True

    def check(self) -> None:
        """Raise the failure that a visit ended with, if there was one: with `stay`, only a bug."""
        if self._failure is not None:
            raise self._failure

    def seconds_left(self) -> float | None:
        """How long the current ticket can still be used; None if there is no fresh one."""
        ticket = self._ticket
        return ticket.seconds_left(self._runtime) if ticket and ticket.is_fresh(self._runtime) else None

    def _answer(self, request: ServerRequest) -> ServerResponse:
        match verdict(request, self._nonce):
            case Verdict.VISIT:
                with self._one_visit:
                    return self._redirect(request)
            case Verdict.HEAD_PROBE:
                return ServerResponse(200, _PAGE_HEADERS)
            case Verdict.NOT_A_VISIT:
                return _page(503, handoff_page.note_page("This address opens a console when a browser visits it."))
            case Verdict.WRONG_METHOD:
                return ServerResponse(405, [("allow", "GET, HEAD"), *_HEADERS])
            case Verdict.WRONG_HOST:
                hosts = "Use 127.0.0.1, localhost or [::1] as the host in this address."
                return _page(403, handoff_page.note_page(hosts))
            case Verdict.WRONG_PATH:
                return _page(404, handoff_page.note_page("Not found."))

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
            return _page(503, handoff_page.note_page("The browser closed the connection."))
        self._ticket = None
        self._is_used = not self._stay
        url = console_url(
            self._page,
            ticket.vnc_url,
            instance_id=self._tickets.instance_id,
            is_windows=self._tickets.is_windows,
            password=self._vnc_password,
        )
        return ServerResponse(302, [("location", _as_uri(url)), *_HEADERS], sent=self._note_sent)

    def _fresh_ticket(self) -> Ticket:
        if self._ticket is None or not self._ticket.is_fresh(self._runtime):
            self._ticket = None
            self._ticket = self._tickets.take()
        return self._ticket

    def _note_sent(self, is_complete: bool) -> None:  # noqa: FBT001  # the signature of `ServerResponse.sent`
        if not is_complete:
            self._is_used = False
            return
        self.visits += 1
        self._opened_or_failed.set()

    def _fail_with(self, error: Exception) -> Callable[[bool], None]:
        """What to do once the page about `error` was sent: the command that waits may then end and close the port."""

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
    return ServerResponse(status, _PAGE_HEADERS, html, sent)
