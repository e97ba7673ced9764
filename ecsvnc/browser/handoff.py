"""The handoff: a loopback address that leads a browser to the console the moment it arrives.

    browser ── GET http://127.0.0.1:PORT/NONCE ──▶ handoff ── 302 ──▶ console page with a ticket that has time left

So the ticket's 15 seconds start when the browser is really there, and neither ticket nor password is in any process's
arguments: only this address is, and it is worth nothing to other users of the machine.

What a request gets is decided in `verdict`, a pure function; the rest of the file acts on it.
"""

from __future__ import annotations

import base64
import hmac
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import quote

from ecsvnc.browser import handoff_page
from ecsvnc.errors import EcsvncError
from ecsvnc.loopback.exchange import Admit, ServerRequest, ServerResponse
from ecsvnc.loopback.server import LoopbackServer
from ecsvnc.runtime import Runtime
from ecsvnc.tickets.console_url import ConsoleUrl
from ecsvnc.tickets.ticket import Ticket

MIN_TICKET_LEFT_S = 7.0
"""A ticket with less than this left is not handed to a browser: loading the page takes a part of its time."""

_NONCE_BYTES = 32
_POLL_S = 0.1  # On Windows a thread that waits for a lock does not notice Ctrl-C: wait in small pieces.

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


@dataclass(frozen=True, slots=True)
class Offer:
    """One console, ready to be handed over: its ticket, and the console URL made of it."""

    ticket: Ticket
    console_url: ConsoleUrl


class Verdict(Enum):
    """What a request is."""

    VISIT = auto()
    GLANCE = auto()
    """HEAD: there is something here, and it stays unused."""
    PREFETCH = auto()
    """Something that looks ahead: a prefetch, a preview, a script's request. No person is there to see the console."""
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
        return Verdict.GLANCE
    if request.method != "GET":
        return Verdict.WRONG_METHOD
    purposes = " ".join(value for name, value in request.headers if name in _PREFETCH_HEADERS).lower()
    is_visit = (
        not any(word in purposes for word in _PREFETCH_WORDS)
        and not request.header("upgrade")
        and request.header("sec-fetch-mode", "navigate") == "navigate"
        and request.header("sec-fetch-dest", "document") == "document"
    )
    return Verdict.VISIT if is_visit else Verdict.PREFETCH


def is_good(ticket: Ticket, runtime: Runtime) -> bool:
    """Whether a browser that arrives now can still use the ticket."""
    return ticket.seconds_left(runtime) >= MIN_TICKET_LEFT_S


class Handoff:
    """Serve one console's handoff address.

    `take` gets a fresh ticket and may raise from the error tree; `first` is one taken ahead, so that the redirect is
    instant. `claim` is called before every hand-over and may wait (the budget of consoles a minute); it is given a
    function that tells whether the visitor has gone, and returns False once that is so. Without `stay`,
    the address works once; `command` tells a second visitor how to get another console. `admit` decides whose
    connections are answered.

    The port is bound at construction: raises UsageError if `port` cannot be had.
    """

    def __init__(
        self,
        take: Callable[[], Offer],
        *,
        runtime: Runtime,
        first: Offer | None = None,
        port: int = 0,
        stay: bool = False,
        claim: Callable[[Callable[[], bool]], bool] = lambda is_gone: True,
        admit: Admit | None = None,
        command: str = "ecsvnc open INSTANCE",
    ) -> None:
        self._take = take
        self._runtime = runtime
        self._stay = stay
        self._claim = claim
        self._command = command
        self._nonce = base64.urlsafe_b64encode(runtime.random_bytes(_NONCE_BYTES)).rstrip(b"=").decode("ascii")
        self._visit = threading.Lock()  # one visit at a time, so that two cannot get the one hand-over
        self._offer = first
        self._is_used = False
        self._failure: Exception | None = None
        self._settled = threading.Event()
        self.visits = 0
        self._server = LoopbackServer(self._answer, runtime=runtime, port=port, admit=admit)

    @property
    def address(self) -> str:
        """Where the browser is to go. Only this ever stands in a process's arguments."""
        return f"{self._server.origin}/{self._nonce}"

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return self._server.port

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """Close the port and every connection. What was handed over lives on: it is not ours."""
        self._server.stop()

    def came(self, timeout_s: float) -> bool:
        """Wait for the first hand-over, at most `timeout_s`; whether there was one.

        Raises what made the hand-over fail (with `stay` it was only said, and serving went on).
        """
        deadline = self._runtime.monotonic() + timeout_s
        while not self._settled.wait(max(0.0, min(_POLL_S, deadline - self._runtime.monotonic()))):
            if self._runtime.monotonic() >= deadline:
                return False
        self.check()
        return True

    def check(self) -> None:
        """Raise the failure that a visit ended in, if there was one: with `stay`, only a bug."""
        if self._failure is not None:
            raise self._failure

    def seconds_left(self) -> float | None:
        """How long the ticket taken ahead can still be used; None if there is none that is good."""
        offer = self._offer
        return offer.ticket.seconds_left(self._runtime) if offer and is_good(offer.ticket, self._runtime) else None

    def _answer(self, request: ServerRequest) -> ServerResponse:
        match verdict(request, self._nonce):
            case Verdict.VISIT:
                with self._visit:
                    return self._hand_over(request)
            case Verdict.GLANCE:
                return ServerResponse(200, _PAGE_HEADERS)
            case Verdict.PREFETCH:
                return _page(503, handoff_page.note_page("This address opens a console when a person visits it."))
            case Verdict.WRONG_METHOD:
                return ServerResponse(405, [("allow", "GET, HEAD"), *_HEADERS])
            case Verdict.WRONG_HOST:
                return _page(
                    403, handoff_page.note_page("This address answers to 127.0.0.1, localhost and [::1] only.")
                )
            case Verdict.WRONG_PATH:
                return _page(404, handoff_page.note_page("There is nothing here."))

    def _hand_over(self, request: ServerRequest) -> ServerResponse:
        if self._is_used:
            return _page(410, handoff_page.used_page(self._command))
        try:
            if not request.client_is_there() or not self._claim(lambda: not request.client_is_there()):
                return _page(503, handoff_page.note_page("You left."))
            offer = self._fresh_offer()
        except EcsvncError as error:
            return _page(502, handoff_page.error_page(error, self._runtime.program), sent=self._failing_with(error))
        except Exception as error:  # noqa: BLE001  # a bug: raised again by the command that waits
            return _page(500, handoff_page.bug_page(), sent=self._failing_with(error))
        if not request.client_is_there():
            # It was reloaded or closed while the ticket was fetched: whoever comes next gets it.
            return _page(503, handoff_page.note_page("You left."))
        self._offer = None
        self._is_used = not self._stay
        return ServerResponse(302, [("location", _as_uri(offer.console_url.value)), *_HEADERS], sent=self._note_sent)

    def _fresh_offer(self) -> Offer:
        if self._offer is None or not is_good(self._offer.ticket, self._runtime):
            self._offer = None
            self._offer = self._take()
        return self._offer

    def _note_sent(self, whole: bool) -> None:  # noqa: FBT001  # the signature of `ServerResponse.sent`
        if not whole:
            self._is_used = False
            return
        self.visits += 1
        self._settled.set()

    def _failing_with(self, error: Exception) -> Callable[[bool], None]:
        """What to do once the page about `error` was sent: the command that waits may then end, and the port close."""

        def fail(_: bool) -> None:  # noqa: FBT001  # the signature of `ServerResponse.sent`
            if self._stay and isinstance(error, EcsvncError):
                self._runtime.reporter.warn(f"The console could not be opened: {error.what} {error.hint}".rstrip())
                return
            self._failure = error
            self._settled.set()

        return fail


def _as_uri(url: str) -> str:
    """The URL with what only an IRI may hold encoded (RFC 3987, section 3.1): the user's console page can be one."""
    return quote(url, safe="%:/?#[]@!$&'()*+,;=~")


def _page(status: int, html: bytes, *, sent: Callable[[bool], None] | None = None) -> ServerResponse:
    return ServerResponse(status, _PAGE_HEADERS, html, sent)
