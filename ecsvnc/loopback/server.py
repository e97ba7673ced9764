"""A small, hardened HTTP/1.1 server for loopback: for the handoff, and the embedded ECS."""

from __future__ import annotations

import socket

from ecsvnc.loopback.connection import Connection
from ecsvnc.loopback.exchange import Address, Admit, Handler, Limits, ServerRequest, ServerResponse, Upgrade
from ecsvnc.loopback.listen import Listener
from ecsvnc.loopback.names import bracketed
from ecsvnc.runtime import Runtime

__all__ = ["Admit", "Handler", "Limits", "LoopbackServer", "ServerRequest", "ServerResponse", "Upgrade"]


class LoopbackServer(Listener[Connection]):
    """Serve `handler` on `host`:`port` from `start` to `stop`; port 0 is a free one.

    `handler` is called on the connection's thread, so several at once. What it raises becomes a 500 and a line on
    stderr. `admit` decides about each new connection; see `Admit`.

    The port is bound at construction, so `port` and `origin` are known. Raises UsageError if it cannot be used.
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
        limits = limits or Limits()

        def connection(sock: socket.socket, peer: Address, local: Address) -> Connection:
            return Connection(sock, handler, admit, peer=peer, local=local, limits=limits, runtime=runtime)

        super().__init__(connection, Connection.run, host=host, port=port, most=limits.connections, runtime=runtime)

    @property
    def origin(self) -> str:
        """`http://HOST:PORT`."""
        return f"http://{bracketed(self.host)}:{self.port}"
