"""The WebSocket of the local page: RFB in binary messages, and those of `page_messages` in text."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.protocol import State

from ecsvnc.console.endings import NO_CLOSE_FRAME
from ecsvnc.console.nonblocking import Piece
from ecsvnc.console.websocket import WebSocketStream

if TYPE_CHECKING:
    from websockets.server import ServerProtocol
    from websockets.typing import BytesLike

MAX_MESSAGE_BYTES = 1024 * 1024
"""The longest message that the page may send: a pasted text. A longer one ends the connection."""


class PageStream(WebSocketStream):
    """One page's connection, as `relay_ends.Viewer`. `protocol` is open."""

    def __init__(self, sock: socket.socket, protocol: ServerProtocol) -> None:
        self.texts: list[bytes] = []
        """The text messages that were received; the reader removes them."""
        self.has_spoken = True
        """Whether anything, also a pong, was received since it was last set to False."""
        self._text: bytearray | None = None  # a text message whose end was not received yet
        super().__init__(sock, protocol)

    @property
    def is_broken(self) -> bool:
        """Whether the connection ended without a close frame."""
        return self.close_code == NO_CLOSE_FRAME

    def put(self, pieces: Iterable[Piece]) -> None:
        """Send these as one binary message; without any, send what waits."""
        if data := b"".join(pieces):
            self.send(data)
        else:
            self.flush()

    def tell(self, message: bytes) -> None:
        """Send a text message."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(message)
            self._put(self._protocol.data_to_send())

    def ping(self) -> None:
        """Send a ping: the browser answers it by itself, without the page's scripts."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"")
            self._put(self._protocol.data_to_send())

    def _contents(self, frames: Iterable[Frame]) -> list[BytesLike]:
        """The content of the binary frames; that of the others goes to `texts`."""
        contents: list[BytesLike] = []
        for frame in frames:
            self.has_spoken = True
            if frame.opcode is Opcode.TEXT or (frame.opcode is Opcode.CONT and self._text is not None):
                self._text = bytearray() if self._text is None else self._text
                self._text += frame.data
                if frame.fin:
                    self.texts.append(bytes(self._text))
                    self._text = None
            elif frame.opcode in DATA_OPCODES and frame.data:
                contents.append(frame.data)
        return contents
