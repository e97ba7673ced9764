"""A small HTTP/1.1 server for loopback, hardened: it carries the handoff, and the embedded ECS.

Every local process can connect to it, so no client is trusted to be quick, small or well-formed. Each connection has
a thread of its own: a slow or silent one keeps nobody waiting. When there are too many, the one that has been idle
longest goes, so that a thousand silent connections cannot keep the thousand-and-first client out.
"""

from __future__ import annotations

import errno
import selectors
import socket
import sys
import threading

from ecsvnc.errors import UsageError
from ecsvnc.loopback.connection import Connection
from ecsvnc.loopback.exchange import Address, Admit, Handler, Limits, ServerRequest, ServerResponse, Upgrade
from ecsvnc.runtime import Runtime

__all__ = ["Admit", "Handler", "Limits", "LoopbackServer", "ServerRequest", "ServerResponse", "Upgrade"]

_BACKLOG = 512
_STOP_WAIT_S = 2.0
_OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
_SPARE_DESCRIPTORS = 8
_ROOM_PAUSE_S = 0.05


def _admit_all(peer: Address, local: Address) -> bool:
    return True


class LoopbackServer:
    """Serve `handler` on `host`:`port`; port 0 lets the system choose a free one.

    `handler` is called on the connection's thread, so many at once. What it raises becomes a 500 and a word on
    stderr. `admit` decides about each new connection; see `Admit`.

    The port is bound at construction (so `port` and `origin` are known), served from `start` to `stop`. Raises
    UsageError if the port cannot be had.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        runtime: Runtime,
        host: str = "127.0.0.1",
        port: int = 0,
        admit: Admit | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._handler = handler
        self._runtime = runtime
        self._admit = admit or _admit_all
        self._limits = limits or Limits()
        self._listener = _listen(host, port)
        self._host = host
        self.port: int = self._listener.getsockname()[1]
        self._wake, self._waker = socket.socketpair()
        self._lock = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}
        self._stopping = False
        self._acceptor = threading.Thread(target=self._accept_until_stopped, name="loopback-accept", daemon=True)

    @property
    def origin(self) -> str:
        """`http://HOST:PORT`."""
        return f"http://[{self._host}]:{self.port}" if ":" in self._host else f"http://{self._host}:{self.port}"

    def start(self) -> None:
        """Begin to answer, on threads that do not keep the process alive."""
        self._acceptor.start()

    def stop(self) -> None:
        """Close the port and every connection; returns when both are closed. May be called twice."""
        with self._lock:
            if self._stopping:
                return
            self._stopping = True
            connections = dict(self._connections)
        self._waker.close()
        if self._acceptor.is_alive():
            self._acceptor.join(_STOP_WAIT_S)
        self._listener.close()
        self._wake.close()
        for connection in connections:
            connection.close()
        deadline = self._runtime.monotonic() + _STOP_WAIT_S
        for thread in connections.values():
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - self._runtime.monotonic()))

    def _accept_until_stopped(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while not self._stopping:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._listener in ready:
                    try:
                        self._accept()
                    except OSError as error:  # else: a client that gave up between select and accept
                        if error.errno in _OUT_OF_DESCRIPTORS:
                            self._make_room()

    def _accept(self) -> None:
        sock, peer = self._listener.accept()
        sock.setblocking(True)
        try:
            local: Address = sock.getsockname()[:2]
        except OSError:
            sock.close()
            return
        connection = Connection(sock, peer=peer[:2], local=local, limits=self._limits, runtime=self._runtime)
        thread = threading.Thread(target=self._run, args=(connection, peer[:2], local), daemon=True)
        with self._lock:
            if self._stopping:
                sock.close()
                return
            if len(self._connections) >= self._limits.connections and not self._send_one_away():
                sock.close()
                return
            self._connections[connection] = thread
        try:
            thread.start()
        except RuntimeError:  # the system has no thread left: this client is out of luck, the server goes on
            with self._lock:
                self._connections.pop(connection, None)
            sock.close()

    def _make_room(self) -> None:
        """Free a descriptor for the client that waits, and others for whatever else this process has to open."""
        with self._lock:
            for _ in range(_SPARE_DESCRIPTORS):
                self._send_one_away()
        # Their threads close them in a moment; whoever waits stays ready, and would be asked for in vain till then.
        self._runtime.sleep(_ROOM_PAUSE_S)

    def _send_one_away(self) -> bool:
        """Close the connection that has been idle longest; False if all are being answered. Needs the lock."""
        idle = [(since, each) for each in self._connections if (since := each.waiting_since) is not None]
        if not idle:
            return False
        _, longest = min(idle, key=lambda pair: pair[0])
        longest.close()
        del self._connections[longest]
        return True

    def _run(self, connection: Connection, peer: Address, local: Address) -> None:
        try:
            connection.run(self._handler, lambda: self._admit(peer, local))
        finally:
            with self._lock:
                self._connections.pop(connection, None)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # There, SO_REUSEADDR would let another process take the port over while we serve it.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"Port {port} on {host} cannot be used: {reason}.",
            hint="Choose another port with --port, or leave it out: a free one is then chosen.",
        ) from None
    return listener
