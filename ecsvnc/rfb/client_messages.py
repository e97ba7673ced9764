"""Where the messages of a client begin and end: what lets someone else speak between two of them.

Nothing here looks at what a message says, but for its length and, in SetEncodings, the one pseudo-encoding that changes
a length. Sources: RFC 6143, section 7.5, and the RFB community specification, "Client-to-Server Messages".

Left out, so that the place in the stream is lost on them, are messages whose length the specification does not settle
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
"""The longest message believed in. Only a clipboard comes near; a longer one is taken for noise."""

CLIENT_INIT_BYTES = 1
"""ClientInit, the client's first word after the handshake, is its shared flag alone (section 7.3.1)."""

EXTENDED_MOUSE_BUTTONS = struct.pack(">i", -316)
"""The pseudo-encoding whose speakers append a byte to a PointerEvent that has the highest button bit set."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A message's length: `head_bytes` always come, and `more(head)` bytes after them."""

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

SHAPES: Mapping[bytes, Shape] = {
    bytes([SET_PIXEL_FORMAT]): Shape(20),
    bytes([SET_ENCODINGS]): Shape(4, _encodings),
    bytes([FRAMEBUFFER_UPDATE_REQUEST]): Shape(10),
    bytes([KEY_EVENT]): Shape(8),
    bytes([POINTER_EVENT]): Shape(6),
    bytes([CLIENT_CUT_TEXT]): Shape(8, _cut_text),
    bytes([ENABLE_CONTINUOUS_UPDATES]): Shape(10),
    bytes([CLIENT_FENCE]): Shape(9, _fence),
    bytes([XVP]): Shape(4),
    bytes([SET_DESKTOP_SIZE]): Shape(8, _screens),
    bytes([QEMU, 0]): Shape(12),  # extended key event
    bytes([QEMU, 1, 0, 0]): Shape(4),  # audio: enable
    bytes([QEMU, 1, 0, 1]): Shape(4),  # audio: disable
    bytes([QEMU, 1, 0, 2]): Shape(4 + _QEMU_AUDIO_SET_FORMAT_MORE),
}
"""Each message by the bytes that tell it from the others: its type, and for QEMU's also subtype and operation."""

EXTENDED_SHAPES: Mapping[bytes, Shape] = {**SHAPES, bytes([POINTER_EVENT]): Shape(6, _extended_buttons)}
"""The same for a client that speaks EXTENDED_MOUSE_BUTTONS: such a client sets the highest bit for nothing else."""

INPUT = frozenset({KEY_EVENT, POINTER_EVENT, CLIENT_CUT_TEXT, QEMU})
"""The kinds that a person at the viewer causes; a viewer sends the others by itself."""

_PREFIX_LENGTHS = sorted({len(prefix) for prefix in SHAPES})
_TELLING_BYTES = max(shape.head_bytes for shape in SHAPES.values() if shape.more)
_BEGINNINGS = {prefix[:length] for prefix in SHAPES for length in range(len(prefix) + 1)}


def message_length(head: bytes, *, extended_buttons: bool = False) -> int | None:
    """The length in bytes of the message that begins with `head`, or None as long as `head` is too short to tell.

    `extended_buttons` says that the client listed EXTENDED_MOUSE_BUTTONS.
    Raises RfbError for a message that is not in the table, or is longer than MAX_MESSAGE_BYTES.
    """
    shapes = EXTENDED_SHAPES if extended_buttons else SHAPES
    for prefix_length in _PREFIX_LENGTHS:
        beginning = head[:prefix_length]
        shape = shapes.get(beginning)
        if shape is not None:
            is_told = shape.more is None or len(head) >= shape.head_bytes
            return _bounded(shape.length(head)) if is_told else None
        if beginning not in _BEGINNINGS:
            raise RfbError(f"The viewer sent a message of a kind ({', '.join(map(str, beginning))}) with no known end.")
        if len(beginning) < prefix_length:
            break
    return None


def lists_extended_buttons(set_encodings: bytes) -> bool:
    """Whether a whole SetEncodings message lists EXTENDED_MOUSE_BUTTONS."""
    return any(
        set_encodings.startswith(EXTENDED_MOUSE_BUTTONS, at)
        for at in range(SHAPES[bytes([SET_ENCODINGS])].head_bytes, len(set_encodings), 4)
    )


class ClientMessages:
    """Follows what one client sends after the handshake, and knows at each byte whether it is between two messages.

    Feed it every byte in order with `receive`. It keeps no more than a part of a message's head, and the last
    SetEncodings and FramebufferUpdateRequest. When it meets a message that it cannot parse it is lost for good, and
    `lost_because` says on what.
    """

    def __init__(self) -> None:
        self.lost_because = ""
        self.inputs = 0
        """How many messages of the kinds in INPUT have begun."""
        self.encodings = b""
        """The last whole SetEncodings: it is the one that holds (section 7.5.2)."""
        self.unanswered_request = b""
        """The last whole FramebufferUpdateRequest, if the server has sent nothing since."""
        self._head = b""  # the start of a message, while it is too short to tell the message's length
        self._left = CLIENT_INIT_BYTES  # how many bytes of the message under way are still to come
        self._kept: bytearray | None = None  # a message of a kind that is kept, while it is under way
        self._extended_buttons = False

    @property
    def is_between_messages(self) -> bool:
        """Whether the next byte begins a message."""
        return not (self._left or self._head or self.lost_because)

    def server_sent(self) -> None:
        """The server sent something. It may be the answer to the request that was unanswered."""
        self.unanswered_request = b""

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        """Follow the next bytes, in whatever pieces they come. Never raises."""
        view = memoryview(data)
        while view and not self.lost_because:
            if not self._left:
                self._begin(view[: _TELLING_BYTES - len(self._head)])
            if not self._left:  # too little to tell, and `_head` has it; or lost
                return
            piece, view = view[: self._left], view[self._left :]
            self._go_on(piece)

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

    def _go_on(self, piece: memoryview) -> None:
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
