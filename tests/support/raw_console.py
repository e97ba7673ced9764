"""The far side of a console's WebSocket, for tests: it accepts, and then does what a test wants."""

from __future__ import annotations

from websockets.http11 import Request
from websockets.server import ServerProtocol


class RawConsole:
    """A WebSocket on a connected socket. `request` is the client's handshake."""

    def __init__(self, connection, *, early=b""):
        connection.settimeout(10)
        self.connection = connection
        self.protocol = ServerProtocol(subprotocols=["binary"], max_size=None)
        self.request = None
        while self.request is None:
            self._take()
        self.protocol.send_response(self.protocol.accept(self.request))
        if early:
            self.protocol.send_binary(early)
        self._flush()

    def send(self, data):
        self.protocol.send_binary(data)
        self._flush()

    def close(self, code=1000, reason=""):
        self.protocol.send_close(code, reason)
        self._flush()

    def receive(self):
        """The content of what came next; nothing at the end, or once the client said goodbye."""
        while True:
            events = self._take()
            if events is None or self.protocol.close_rcvd is not None:
                return b""
            data = b"".join(event.data for event in events if getattr(event, "opcode", None) in (0, 1, 2))
            if data:
                return data

    def _take(self):
        data = self.connection.recv(65536)
        if not data:
            return None
        self.protocol.receive_data(data)
        events = self.protocol.events_received()
        self.request = next((event for event in events if isinstance(event, Request)), self.request)
        self._flush()
        return events

    def _flush(self):
        for data in self.protocol.data_to_send():
            if data:
                self.connection.sendall(data)
