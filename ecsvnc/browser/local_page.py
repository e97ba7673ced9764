"""The local page: a console page of our own, whose console is this process.

No ticket and no password goes to the browser.

    browser ── GET /NONCE ──▶ cookie ── GET /NONCE/ ──▶ page ── WebSocket /NONCE/console ──▶ PageSession ──▶ console

`local_page_access` decides what a request may; this file answers it.
"""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

from ecsvnc.browser import page_files
from ecsvnc.browser.handoff_page import enter_page, other_browser_page
from ecsvnc.browser.local_page_access import COOKIE, Access, access
from ecsvnc.browser.served_address import (
    HEADERS,
    NOT_A_VISIT,
    PAGE_HEADERS,
    POLL_S,
    WRONG_HOST,
    ServedAddress,
    note,
    random_token,
)
from ecsvnc.errors import EcsvncError, LaunchError
from ecsvnc.loopback.exchange import Admit, Limits, ServerRequest, ServerResponse, Upgrade
from ecsvnc.loopback.websocket import SILENT, shake_hands

if TYPE_CHECKING:
    from ecsvnc.browser.page_console import PageConsole
    from ecsvnc.browser.page_session import PageSession

_COOKIE_BYTES = 16
_SESSIONS_END_WITHIN_S = 1.0

_LIMITS = Limits(connections=32, body_bytes=8 * 1024 * 1024)
"""A picture of the screen may be that large, so fewer clients may send one at a time."""

_REFUSALS = {
    Access.NOT_A_VISIT: (503, NOT_A_VISIT),
    Access.OTHER_ORIGIN: (403, "Only the console page itself may ask for this."),
    Access.WRONG_HOST: (403, WRONG_HOST),
    Access.WRONG_PATH: (404, "Not found."),
}

_PART_HEADERS = (
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)


class LocalPage(ServedAddress):
    """Serves the page of one console to the first browser that visits, until no page is open any more.

    With `stay`, it is served until it is stopped. `stop` ends the consoles too.
    """

    def __init__(self, page: PageConsole, *, port: int = 0, stay: bool = False, admit: Admit | None = None) -> None:
        super().__init__(runtime=page.runtime, port=port, admit=admit, limits=_LIMITS)
        self._page = page
        self._stay = stay
        self._cookie: str | None = None
        self._visits = 0
        self._lock = threading.Lock()
        self._sessions: set[PageSession] = set()
        self._reading = threading.Lock()

    @property
    def visits(self) -> int:
        """How many times the address was visited, and led to the page."""
        return self._visits

    @property
    def is_over(self) -> bool:
        """Whether no page is open any more."""
        return not self._stay and self._page.presence.is_over(self._runtime.monotonic())

    def progress(self) -> str:
        """What is being waited for."""
        return "waiting for its page to show the console" if self._visits else "waiting for the browser"

    def wait_shown(self) -> None:
        """After the first visit: wait until its page shows the console. Raises why not, when it is closed."""
        while not self._page.shown:
            if self.is_over:
                left = LaunchError(
                    "The page was closed before it showed the console.",
                    hint=f"To open it again: `{self._page.command}`.",
                )
                raise self._page.failure or left
            self._runtime.sleep(POLL_S)

    def stop(self) -> None:
        """End the consoles, close the port and every connection to it."""
        for session in list(self._sessions):
            session.close()
        deadline = self._runtime.monotonic() + _SESSIONS_END_WITHIN_S
        while self._sessions and self._runtime.monotonic() < deadline:
            self._runtime.sleep(POLL_S / 10)
        super().stop()

    def _answer(self, request: ServerRequest) -> ServerResponse | Upgrade:
        with self._lock:  # so that of two first visits at once only one gets the cookie
            verdict = access(request, self._nonce, self._cookie)
            if verdict is Access.FIRST_VISIT:
                return self._first_visit()
        match verdict:
            case Access.ENTER:
                self._visits += 1
                return ServerResponse(200, PAGE_HEADERS, enter_page(self._nonce))
            case Access.FILE:
                self._page.presence.heard(self._runtime.monotonic())
                name = request.target.split("/", 2)[2]
                return page_files.answer(request, name, connect_to="'self'", headers=_PART_HEADERS)
            case Access.CONSOLE:
                return Upgrade(self._serve_page)
            case Access.TEXT:
                return self._read_text(request.body)
        return self._refusal(verdict)

    def _refusal(self, verdict: Access) -> ServerResponse:
        if verdict is Access.HEAD_PROBE:
            return ServerResponse(200, PAGE_HEADERS)
        if verdict is Access.OTHER_BROWSER:
            return ServerResponse(403, PAGE_HEADERS, other_browser_page(self._page.command))
        if verdict is Access.WRONG_METHOD:
            return ServerResponse(405, [("allow", "GET, HEAD, POST"), *HEADERS])
        return note(*_REFUSALS[verdict])

    def _first_visit(self) -> ServerResponse:
        self._cookie = random_token(self._runtime, _COOKIE_BYTES)
        cookie = f"{COOKIE}={self._cookie}; Path=/{self._nonce}; HttpOnly; SameSite=Strict"
        return ServerResponse(
            200, [*PAGE_HEADERS, ("set-cookie", cookie)], enter_page(self._nonce), sent=self._note_first_visit
        )

    def _note_first_visit(self, is_complete: bool) -> None:  # noqa: FBT001  # the signature of `ServerResponse.sent`
        if not is_complete:
            with self._lock:
                self._cookie = None
            return
        self._visits += 1
        self._page.presence.heard(self._runtime.monotonic())
        self._opened_or_failed.set()

    def _serve_page(self, sock: socket.socket, head: bytes) -> None:
        from websockets.server import ServerProtocol  # not needed by the vendor's page

        from ecsvnc.browser.page_session import PageSession
        from ecsvnc.browser.page_stream import MAX_MESSAGE_BYTES, PageStream

        protocol = ServerProtocol(max_size=MAX_MESSAGE_BYTES, logger=SILENT)
        sock.sendall(shake_hands(protocol, head, protocol.accept))
        if protocol.handshake_exc is not None:
            return
        session = PageSession(PageStream(sock, protocol), self._page)
        self._sessions.add(session)
        try:
            session.run()
        finally:
            self._sessions.discard(session)

    def _read_text(self, picture: bytes) -> ServerResponse:
        """The text in a picture of the screen, which the page sends, as JSON."""
        from ecsvnc.pictures import screen_in
        from ecsvnc.screen.reader import ScreenReader

        with self._reading:  # one at a time: a large picture takes memory, and a second to be searched
            try:
                screen = ScreenReader().read(screen_in(picture))
            except EcsvncError as error:
                return _json(400, what=error.what, hint="Reload the page.")
        if screen is None:
            return _json(422, what="No text was found on the screen.", hint="Save it as a picture instead.")
        return _json(200, text="\n".join(screen.lines).rstrip("\n") + "\n", unknown=screen.unknown)


def _json(status: int, **values: object) -> ServerResponse:
    headers = [("content-type", "application/json"), *HEADERS, *_PART_HEADERS]
    return ServerResponse(status, headers, json.dumps(values).encode())
