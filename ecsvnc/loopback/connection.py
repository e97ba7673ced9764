"""One client's connection to a loopback server: requests in, answers out, each read bounded in time and size.

h11 parses every byte (RFC 9112). This file reads and writes the socket, and watches the time.
"""

from __future__ import annotations

import contextlib
import socket
import traceback
from email.utils import formatdate
from urllib.parse import urlsplit

import h11

from ecsvnc.loopback.exchange import Address, Admit, Handler, Limits, ServerRequest, ServerResponse, Upgrade
from ecsvnc.loopback.listen import lingering_close
from ecsvnc.runtime import Runtime

_READ_BYTES = 64 * 1024
_PLAIN = ("content-type", "text/plain; charset=utf-8")
_REASONS = {
    200: "OK", 204: "No Content", 302: "Found", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 410: "Gone", 413: "Content Too Large",
    421: "Misdirected Request", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
}  # fmt: skip  # the statuses that ecsvnc sends; a reason phrase is optional (RFC 9112, section 4)


class _TooLargeError(Exception):
    """The request's body is larger than the server accepts."""


class _ClientGoneError(Exception):
    """The client closed its side between two requests, or was silent for too long: no answer is sent."""


class Connection:
    """Serve one accepted socket until either side ends it. See `ServedConnection`.

    `admit` False for the two addresses means that every answer is a 403; None admits all.
    """

    def __init__(
        self,
        sock: socket.socket,
        handler: Handler,
        admit: Admit | None,
        *,
        peer: Address,
        local: Address,
        limits: Limits,
        runtime: Runtime,
    ) -> None:
        self._sock = sock
        self._handler = handler
        self._admit = admit
        self._peer = peer
        self._local = local
        self._limits = limits
        self._runtime = runtime
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)
        self._raw = bytearray()
        self._keep_raw = True
        self.waiting_until: float | None = runtime.monotonic() + limits.idle_s

    def run(self) -> None:
        """Answer requests until the connection ends, then close the socket. A handler's failure is reported."""
        try:
            with contextlib.suppress(OSError, _ClientGoneError):
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._admit is not None and not self._admit(self._peer, self._local):
                    self._handler = _refuse
                while self._serve_one():
                    self._h11.start_next_cycle()
                lingering_close(self._sock, self._runtime)
        except h11.LocalProtocolError as error:  # the handler's answer is not valid HTTP
            self._report(error)
        finally:
            self._sock.close()

    def close(self) -> None:
        """End it from another thread: a read or write of the socket returns at once."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def _serve_one(self) -> bool:
        """Answer one request. Returns whether another one may follow on this connection."""
        try:
            request = self._read_request()
        except _TooLargeError:
            return self._reject(413, "This request is too large.")
        except TimeoutError:
            return self._reject(408, "This request took too long to arrive.")
        except h11.RemoteProtocolError as error:
            return self._reject(error.error_status_hint, "This is not a valid HTTP request.")
        self.waiting_until = None
        answer = self._call_handler(request)
        if isinstance(answer, Upgrade):
            self._upgrade(answer)
            return False
        self._send(request.method, answer)
        self.waiting_until = self._runtime.monotonic() + self._limits.idle_s
        return self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE

    def _read_request(self) -> ServerRequest:
        self._raw = bytearray(self._h11.trailing_data[0])
        self._keep_raw = True
        if not self._raw:
            self._receive(self._limits.idle_s)
        event = self._next_event(self._runtime.monotonic() + self._limits.head_s)
        if not isinstance(event, h11.Request):
            raise _ClientGoneError
        headers = [(name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers]
        self._keep_raw = any(name == "upgrade" for name, _ in headers)
        body = self._read_body(self._runtime.monotonic() + self._limits.body_s)
        target = event.target.decode("ascii")
        path, query = _path_and_query(target)
        return ServerRequest(
            method=event.method.decode("ascii"),
            target=target,
            path=path,
            query=query,
            headers=headers,
            body=body,
            peer=self._peer,
            local=self._local,
            client_is_there=self._client_is_there,
        )

    def _read_body(self, deadline: float) -> bytes:
        body = bytearray()
        while True:
            event = self._next_event(deadline)
            if isinstance(event, h11.Data):
                body += event.data
                if len(body) > self._limits.body_bytes:
                    raise _TooLargeError
            elif isinstance(event, h11.EndOfMessage):
                return bytes(body)

    def _next_event(self, deadline: float) -> object:
        """The next `h11.Event`, or `h11.PAUSED`. Reads until there is one."""
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._h11.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
                self._sock.sendall(self._h11.send(go_on) or b"")
            self._receive(deadline - self._runtime.monotonic())

    def _receive(self, timeout_s: float) -> None:
        """Read once. Raises TimeoutError if a request has begun and is not finished in time."""
        try:
            data = _receive_within(self._sock, timeout_s)
        except TimeoutError:
            if not self._raw and self._h11.their_state is h11.IDLE:
                raise _ClientGoneError from None
            raise
        if self._keep_raw:
            self._raw += data
        self._h11.receive_data(data)

    def _client_is_there(self) -> bool:
        self._sock.settimeout(0)
        try:
            return self._sock.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _call_handler(self, request: ServerRequest) -> ServerResponse | Upgrade:
        try:
            return self._handler(request)
        except Exception as error:  # noqa: BLE001  # a handler's bug must not end the server, and is reported
            self._report(error)
            return ServerResponse(500, [_PLAIN, ("connection", "close")], b"Internal error.\n")

    def _upgrade(self, upgrade: Upgrade) -> None:
        self._sock.settimeout(None)
        try:
            upgrade.serve(self._sock, bytes(self._raw))
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  # as above
            self._report(error)

    def _report(self, error: Exception) -> None:
        self._runtime.reporter.warn(f"The loopback server failed on a request ({type(error).__name__}). This is a bug.")
        # Only the places: the failure's text, and those of its causes, may contain a ticket.
        for place in traceback.extract_tb(error.__traceback__):
            self._runtime.reporter.debug(f"  {place.filename}:{place.lineno} in {place.name}: {place.line}")

    def _reject(self, status: int, text: str) -> bool:
        if self._h11.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send("GET", ServerResponse(status, [_PLAIN, ("connection", "close")], f"{text}\n".encode()))
        return False

    def _send(self, method: str, answer: ServerResponse) -> None:
        """Send head and body in one write: a second small one would wait for the acknowledgement of the first."""
        head = h11.Response(
            status_code=answer.status,
            headers=[*answer.headers, *self._framing(answer)],
            reason=_REASONS.get(answer.status, "").encode(),
        )
        data = self._h11.send(head) or b""
        if answer.body and method != "HEAD":
            data += self._h11.send(h11.Data(data=answer.body)) or b""
        data += self._h11.send(h11.EndOfMessage()) or b""
        sent = answer.sent or _ignore_sent
        self._sock.settimeout(self._limits.send_s)
        try:
            self._sock.sendall(data)
        except OSError:
            sent(False)
            raise
        sent(True)

    def _framing(self, answer: ServerResponse) -> list[tuple[str, str]]:
        given = {name.lower() for name, _ in answer.headers}
        framing = []
        if "date" not in given:
            framing.append(("date", formatdate(self._runtime.now(), usegmt=True)))
        if answer.status not in (204, 304):  # they have no body, and a 204 no length either (RFC 9110, section 8.6)
            framing.append(("content-length", str(len(answer.body))))
        return framing


def _receive_within(sock: socket.socket, timeout_s: float) -> bytes:
    """Read once. Raises TimeoutError also when no time is left, though there may be something to read."""
    if timeout_s <= 0:
        raise TimeoutError
    sock.settimeout(timeout_s)
    return sock.recv(_READ_BYTES)


def _ignore_sent(sent: bool) -> None:  # noqa: FBT001  # the signature of `ServerResponse.sent`
    pass


def _refuse(request: ServerRequest) -> ServerResponse:
    text = "This address only accepts connections from the user who started it, and root.\n"
    return ServerResponse(403, [_PLAIN, ("connection", "close")], text.encode())


def _path_and_query(target: str) -> tuple[str, str]:
    """Both of an origin-form or absolute-form target (RFC 9112, section 3.2), undecoded."""
    if not target.startswith("/"):
        try:
            parts = urlsplit(target)
        except ValueError:
            return target, ""
        return (parts.path or "/", parts.query) if parts.scheme and parts.netloc else (target, "")
    path, _, query = target.partition("?")
    return path, query
