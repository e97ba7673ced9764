"""A WebSocket server's opening handshake (RFC 6455, section 4.2), on a connection that the HTTP server gave up for it.

The `websockets` library parses every byte, without I/O.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from websockets.http11 import Request
from websockets.protocol import State

if TYPE_CHECKING:
    from websockets.http11 import Response
    from websockets.server import ServerProtocol

# Not a registered logger: if enabled, it would log the path, which contains a ticket or a nonce.
SILENT = logging.Logger("ecsvnc.websocket", level=logging.CRITICAL + 1)  # noqa: LOG001  # see above


def shake_hands(protocol: ServerProtocol, head: bytes, respond: Callable[[Request], Response]) -> bytes:
    """What to send to a client whose request's head, and whatever it sent after it, is `head`.

    `respond` makes the answer. If that accepts, `protocol` is open, and has received what came after the head.
    """
    head, end, rest = head.partition(b"\r\n\r\n")
    protocol.receive_data(head + end)
    for event in protocol.events_received():
        if isinstance(event, Request):
            protocol.send_response(respond(event))
    answer = b"".join(protocol.data_to_send())
    if protocol.state is State.OPEN:
        protocol.receive_data(rest)
    return answer
