"""Where the messages of a client begin and end, so that a keepalive can be sent between two of them.

Only lengths are read, and in SetEncodings the one pseudo-encoding that changes a length. Sources: RFC 6143, section
7.5, and the RFB community specification, "Client-to-Server Messages".

Left out, so that no message after them can be followed, are messages whose length the specification does not settle
(gii: it contradicts itself on the length of a device's creation) or that only one vendor's viewer sends to its own
server (UltraVNC's file transfer, VMware's). A viewer sends none of them to a server that did not ask for it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ecsvnc.errors import RfbError

SET_PIXEL_FORMAT = 0
SET_ENCODINGS = 2
FRAMEBUFFER_UPDATE_REQUEST = 3
KEY_EVENT = 4
POINTER_EVENT = 5
CLIENT_CUT_TEXT = 6
ENABLE_CONTINUOUS_UPDATES = 150
CLIENT_FENCE = 248
XVP = 250
SET_DESKTOP_SIZE = 251
QEMU = 255

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""The longest message that is accepted: far above any clipboard."""

CLIENT_INIT_BYTES = 1
"""ClientInit, the client's first message after the handshake, is one flag (section 7.3.1)."""

EXTENDED_MOUSE_BUTTONS = struct.pack(">i", -316)
"""A client that lists this pseudo-encoding appends a byte to a PointerEvent that has the highest button bit set."""


@dataclass(frozen=True, slots=True)
class MessageLayout:
    """A message's length: `head_bytes`, and `more(head)` bytes after them."""

    head_bytes: int
    more: Callable[[bytes], int] | None = None

    def length(self, head: bytes) -> int:
        """The whole message's length in bytes; `head` is at least `head_bytes` long where `more` has to look at it."""
        return self.head_bytes + (self.more(head) if self.more else 0)


def _encodings(head: bytes) -> int:
    return 4 * int.from_bytes(head[2:4], "big")


def _cut_text(head: bytes) -> int:
    # The extended clipboard marks its messages by a negative length, whose absolute value counts.
    return abs(int.from_bytes(head[4:8], "big", signed=True))


def _fence(head: bytes) -> int:
    return head[8]


def _screens(head: bytes) -> int:
    return 16 * head[6]


def _extended_buttons(head: bytes) -> int:
    return head[1] >> 7


_QEMU_AUDIO_SET_FORMAT_MORE = 6  # sample format, channels, frequency

MESSAGES: Mapping[bytes, MessageLayout] = {
    bytes([SET_PIXEL_FORMAT]): MessageLayout(20),
    bytes([SET_ENCODINGS]): MessageLayout(4, _encodings),
    bytes([FRAMEBUFFER_UPDATE_REQUEST]): MessageLayout(10),
    bytes([KEY_EVENT]): MessageLayout(8),
    bytes([POINTER_EVENT]): MessageLayout(6),
    bytes([CLIENT_CUT_TEXT]): MessageLayout(8, _cut_text),
    bytes([ENABLE_CONTINUOUS_UPDATES]): MessageLayout(10),
    bytes([CLIENT_FENCE]): MessageLayout(9, _fence),
    bytes([XVP]): MessageLayout(4),
    bytes([SET_DESKTOP_SIZE]): MessageLayout(8, _screens),
    bytes([QEMU, 0]): MessageLayout(12),  # extended key event
    bytes([QEMU, 1, 0, 0]): MessageLayout(4),  # audio: enable
    bytes([QEMU, 1, 0, 1]): MessageLayout(4),  # audio: disable
    bytes([QEMU, 1, 0, 2]): MessageLayout(4 + _QEMU_AUDIO_SET_FORMAT_MORE),
}
"""Each message by the bytes that identify it: its type, and for QEMU's also subtype and operation."""

EXTENDED_MESSAGES: Mapping[bytes, MessageLayout] = {
    **MESSAGES,
    bytes([POINTER_EVENT]): MessageLayout(6, _extended_buttons),
}
"""The same for a client that listed EXTENDED_MOUSE_BUTTONS: it sets the highest bit for nothing else."""

INPUT = frozenset({KEY_EVENT, POINTER_EVENT, CLIENT_CUT_TEXT, QEMU})
"""The types that a person at the viewer causes; a viewer sends the others by itself."""

_PREFIX_LENGTHS = sorted({len(prefix) for prefix in MESSAGES})
_LONGEST_HEAD = max(layout.head_bytes for layout in MESSAGES.values() if layout.more)
_BEGINNINGS = {prefix[:length] for prefix in MESSAGES for length in range(len(prefix) + 1)}


def message_length(head: bytes, *, extended_buttons: bool = False) -> int | None:
    """The length in bytes of the message that begins with `head`, or None while `head` is too short.

    `extended_buttons` says that the client listed EXTENDED_MOUSE_BUTTONS.
    Raises RfbError for a message that is not in the table, or is longer than MAX_MESSAGE_BYTES.
    """
    messages = EXTENDED_MESSAGES if extended_buttons else MESSAGES
    for prefix_length in _PREFIX_LENGTHS:
        beginning = head[:prefix_length]
        layout = messages.get(beginning)
        if layout is not None:
            has_length = layout.more is None or len(head) >= layout.head_bytes
            return _bounded(layout.length(head)) if has_length else None
        if beginning not in _BEGINNINGS:
            raise RfbError(f"The viewer sent a message of unknown length (type {', '.join(map(str, beginning))}).")
        if len(beginning) < prefix_length:
            break
    return None


def lists_extended_buttons(set_encodings: bytes) -> bool:
    """Whether a whole SetEncodings message lists EXTENDED_MOUSE_BUTTONS."""
    return any(
        set_encodings.startswith(EXTENDED_MOUSE_BUTTONS, at)
        for at in range(MESSAGES[bytes([SET_ENCODINGS])].head_bytes, len(set_encodings), 4)
    )


class ClientMessages:
    """Follows what one client sends after the handshake, and knows after each byte whether a message has ended.

    Pass every byte in order to `receive`. It keeps no more than a part of a message's head, and the last SetEncodings
    and FramebufferUpdateRequest. It stops at a message that it cannot parse: `lost_because` is the reason.
    """

    def __init__(self) -> None:
        self.lost_because = ""
        self.inputs = 0
        """How many messages of the types in INPUT have begun."""
        self.encodings = b""
        """The last whole SetEncodings: it replaces those before it (section 7.5.2)."""
        self.unanswered_request = b""
        """The last whole FramebufferUpdateRequest, if the server has sent nothing since."""
        self._head = b""  # the start of a message, while its length is not known
        self._left = CLIENT_INIT_BYTES  # how many bytes of the current message are missing
        self._kept: bytearray | None = None  # the current message, if it is of a type that is kept
        self._extended_buttons = False

    @property
    def is_between_messages(self) -> bool:
        """Whether the next byte begins a message."""
        return not (self._left or self._head or self.lost_because)

    def server_sent(self) -> None:
        """The server sent something. It may be the answer to the request that was unanswered."""
        self.unanswered_request = b""

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        """Follow the next bytes, split in any way. Never raises."""
        view = memoryview(data)
        while view and not self.lost_because:
            if not self._left:
                self._begin(view[: _LONGEST_HEAD - len(self._head)])
            if not self._left:  # the length is not known yet, or it stopped
                return
            piece, view = view[: self._left], view[self._left :]
            self._continue(piece)

    def _begin(self, start: memoryview) -> None:
        head = self._head + start
        try:
            length = message_length(head, extended_buttons=self._extended_buttons)
        except RfbError as error:
            self.lost_because = error.what
            return
        if length is None:
            self._head = head
            return
        # `start` is not consumed here: the message's bytes, but for those kept before, are still in the stream.
        self._left = length - len(self._head)
        self.inputs += head[0] in INPUT
        if head[0] in (SET_ENCODINGS, FRAMEBUFFER_UPDATE_REQUEST):
            self._kept = bytearray(self._head)
        self._head = b""

    def _continue(self, piece: memoryview) -> None:
        self._left -= len(piece)
        if self._kept is None:
            return
        self._kept += piece
        if not self._left:
            message, self._kept = bytes(self._kept), None
            if message[0] == SET_ENCODINGS:
                self.encodings = message
                self._extended_buttons = lists_extended_buttons(message)
            else:
                self.unanswered_request = message


def _bounded(length: int) -> int:
    if length > MAX_MESSAGE_BYTES:
        raise RfbError(f"The viewer announced a message of {length} bytes: more than any clipboard has.")
    return length
