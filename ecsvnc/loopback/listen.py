"""A listening port with a thread for each connection: under the HTTP server, and under the proxy for viewers.

Every local process can connect, so a slow or silent client must not block others. When there are too many, the one
that is closest to its deadline is closed, so that a thousand silent connections cannot block the next client.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Generic, Protocol, TypeVar

from ecsvnc.background import start_thread
from ecsvnc.errors import ResourceError, UsageError
from ecsvnc.loopback.exchange import Address
from ecsvnc.runtime import Runtime

_BACKLOG = 512
_STOP_WAIT_S = 2.0
_OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
_SPARE_DESCRIPTORS = 8
_ROOM_PAUSE_S = 0.05
_LINGER_S = 1.0
_LINGER_BYTES = 4 * 1024 * 1024
_READ_BYTES = 64 * 1024


class ServedConnection(Protocol):
    """One accepted socket, of any protocol.

    `waiting_until` is the deadline for the client's next bytes, in monotonic seconds; None while it is being served.
    """

    waiting_until: float | None

    def close(self) -> None:
        """End it from another thread: serving it ends soon. May be called more than once."""


C = TypeVar("C", bound=ServedConnection)


class Listener(Generic[C]):
    """Accepts connections on `host`:`port` from `start` to `stop`; port 0 is a free one.

    `make` turns a new socket, the peer's address and the local address into a connection. `serve` serves it to its end,
    on a thread of its own, and closes the socket. There are at most `most` connections at a time. The port is bound at
    construction; `address` is the IP address that it is bound to. Raises UsageError if it cannot be used.
    """

    def __init__(
        self,
        make: Callable[[socket.socket, Address, Address], C],
        serve: Callable[[C], None],
        *,
        host: str,
        port: int,
        most: int,
        runtime: Runtime,
    ) -> None:
        self._make = make
        self._serve = serve
        self._most = most
        self._runtime = runtime
        self._socket = _listen(host, port)
        self.host = host
        self.address: str
        self.port: int
        self.address, self.port = self._socket.getsockname()[:2]
        self._wake, self._waker = socket.socketpair()
        self._lock = threading.Lock()
        self._connections: dict[C, threading.Thread] = {}
        self._is_stopping = False
        self._warned: set[str] = set()
        self._acceptor: threading.Thread | None = None

    def start(self) -> None:
        """Begin to accept, on daemon threads. Raises ResourceError if there can be no thread."""
        self._acceptor = start_thread(self._accept_until_stopped, name="listener")

    def stop(self) -> None:
        """Close the port and every connection; returns when both are closed. May be called twice."""
        with self._lock:
            if self._is_stopping:
                return
            self._is_stopping = True
            connections = dict(self._connections)
        self._waker.close()
        if self._acceptor is not None:
            self._acceptor.join(_STOP_WAIT_S)
        self._socket.close()
        self._wake.close()
        for connection in connections:
            connection.close()
        deadline = self._runtime.monotonic() + _STOP_WAIT_S
        for thread in connections.values():
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(max(0.0, deadline - self._runtime.monotonic()))

    def _accept_until_stopped(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while not self._is_stopping:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._socket in ready and (sock := self._accept()) is not None:
                    self._start_serving(sock)

    def _accept(self) -> socket.socket | None:
        try:
            sock, _ = self._socket.accept()
        except OSError as error:  # else: a client that gave up between select and accept
            if error.errno in _OUT_OF_DESCRIPTORS:
                self._free_descriptors()
            return None
        sock.setblocking(True)
        return sock

    def _start_serving(self, sock: socket.socket) -> None:
        """Serve the connection on a thread of its own, or close it if there can be none."""
        try:
            connection = self._make(sock, sock.getpeername()[:2], sock.getsockname()[:2])
        except OSError:  # the client has disconnected
            sock.close()
            return
        with self._lock:
            self._connections = {each: its for each, its in self._connections.items() if its.is_alive()}
            if self._is_stopping or (len(self._connections) >= self._most and not self._close_one()):
                sock.close()
                return
            try:
                self._connections[connection] = start_thread(partial(self._serve, connection), name="connection")
            except ResourceError as error:
                sock.close()
                self._warn_once(f"A connection was closed: {error.what} {error.hint}")

    def _free_descriptors(self) -> None:
        """Free a descriptor for the client that waits, and some more for this process."""
        with self._lock:
            for _ in range(_SPARE_DESCRIPTORS):
                self._close_one()
        # Their threads close them in a moment. Without a pause, the waiting client would make this loop spin.
        self._runtime.sleep(_ROOM_PAUSE_S)

    def _close_one(self) -> bool:
        """Close the connection with the earliest deadline; False if all are being served. Needs the lock."""
        waiting = [
            (until, each)
            for each, thread in self._connections.items()
            if thread.is_alive() and (until := each.waiting_until) is not None
        ]
        if not waiting:
            return False
        _, first = min(waiting, key=lambda pair: pair[0])
        first.close()
        del self._connections[first]
        self._warn_once("Too many connections: the one that was idle longest was closed.")
        return True

    def _warn_once(self, text: str) -> None:
        """Warn, and from the second time on only with --verbose: it can happen a thousand times a second."""
        tell = self._runtime.reporter.info if text in self._warned else self._runtime.reporter.warn
        tell(text)
        self._warned.add(text)


def lingering_close(sock: socket.socket, runtime: Runtime) -> None:
    """End our side, give the other a moment to read the rest and end its own, then close.

    A socket that is closed while something unread waits in it is reset, and what was sent last may be lost with it
    (RFC 9112, section 9.6).
    """
    deadline = runtime.monotonic() + _LINGER_S
    left_bytes = _LINGER_BYTES
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        while left_bytes > 0 and (left_s := deadline - runtime.monotonic()) > 0:
            sock.settimeout(left_s)
            data = sock.recv(_READ_BYTES)
            if not data:
                break
            left_bytes -= len(data)
    sock.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise _unusable(host, port, error) from None
    try:
        if sys.platform == "win32":
            # There, SO_REUSEADDR would let another process bind the port while it is in use.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address[0], port, *address[2:]))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except (OSError, OverflowError) as error:
        listener.close()
        raise _unusable(host, port, error) from None
    return listener


def _unusable(host: str, port: int, error: Exception) -> UsageError:
    reason = getattr(error, "strerror", None) or str(error)
    another_address = "" if host == "127.0.0.1" else ", or another address with --bind"
    return UsageError(
        f"Cannot listen on {host}, port {port}: {reason}.",
        hint=f"Choose another port with --port (0: a free one){another_address}.",
    )
