"""An address on this machine that is given to a browser: what the handoff and the local page have in common."""

from __future__ import annotations

import base64
import threading
from abc import ABC, abstractmethod

from ecsvnc.browser import handoff_page
from ecsvnc.loopback.exchange import Admit, Limits, ServerRequest, ServerResponse, Upgrade
from ecsvnc.loopback.server import LoopbackServer
from ecsvnc.runtime import Runtime

_NONCE_BYTES = 32
POLL_S = 0.1
"""The time is the runtime's: wait in pieces, and look at its clock between them."""

HEADERS = [
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("connection", "close"),
]
PAGE_HEADERS = [
    ("content-type", "text/html; charset=utf-8"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    *HEADERS,
]


class ServedAddress(ABC):
    """Serves `http://127.0.0.1:PORT/NONCE` from `start` to `stop`. `admit` decides whose connections are answered.

    The port is bound at construction: raises UsageError if it cannot be used.
    """

    def __init__(
        self, *, runtime: Runtime, port: int = 0, admit: Admit | None = None, limits: Limits | None = None
    ) -> None:
        self._runtime = runtime
        self._nonce = random_token(runtime, _NONCE_BYTES)
        self._failure: Exception | None = None
        self._opened_or_failed = threading.Event()
        self._server = LoopbackServer(self._answer, runtime=runtime, port=port, admit=admit, limits=limits)

    @property
    def address(self) -> str:
        """The address for the browser: the only thing that is ever in a process's arguments."""
        return f"{self._server.origin}/{self._nonce}"

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return self._server.port

    @property
    @abstractmethod
    def visits(self) -> int:
        """How many times the address was visited, and the console opened."""

    @property
    @abstractmethod
    def is_over(self) -> bool:
        """Whether there is nothing more to serve, once the console was opened."""

    @abstractmethod
    def progress(self) -> str:
        """What is being waited for."""

    @abstractmethod
    def wait_shown(self) -> None:
        """After the first visit: wait until the browser shows the console, if that can be known. Raises why not."""

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """Close the port and every connection to it."""
        self._server.stop()

    def wait_opened(self, timeout_s: float) -> bool:
        """Wait at most `timeout_s` for the first visit. Returns whether there was one. Raises its failure."""
        deadline = self._runtime.monotonic() + timeout_s
        while not self._opened_or_failed.wait(max(0.0, min(POLL_S, deadline - self._runtime.monotonic()))):
            if self._runtime.monotonic() >= deadline:
                return False
        self.check()
        return True

    def check(self) -> None:
        """Raise the failure that ended the serving, if there was one."""
        if self._failure is not None:
            raise self._failure

    @abstractmethod
    def _answer(self, request: ServerRequest) -> ServerResponse | Upgrade:
        """Answer one request, on its connection's thread."""


def random_token(runtime: Runtime, count: int) -> str:
    """So many random bytes as text for a path or a cookie."""
    return base64.urlsafe_b64encode(runtime.random_bytes(count)).rstrip(b"=").decode("ascii")


def note(status: int, text: str) -> ServerResponse:
    """One sentence for a person."""
    return ServerResponse(status, PAGE_HEADERS, handoff_page.note_page(text))


WRONG_HOST = "Use 127.0.0.1, localhost or [::1] as the host in this address."
NOT_A_VISIT = "This address opens a console when a browser visits it."
