"""The frames of a WebSocket (RFC 6455, section 5) as a client reads and writes them: bytes in, bytes out. Pure.

A frame's content is passed on as it comes. The `websockets` library collects whole frames and answers each of many
pings; here nothing is collected but the content of a control frame, which has at most 125 bytes.
"""

from __future__ import annotations

BINARY, CLOSE, PING, PONG = 2, 8, 9, 10

MAX_FRAME_BYTES = 256 * 1024 * 1024
"""A frame that announces more is not believed: a screen of 7680 by 4320 pixels, uncompressed, has half as many."""

NO_STATUS_RECEIVED = 1005
"""RFC 6455, section 7.1.5: the close frame held no code."""

_FIN = 0x80
_RESERVED_BITS = 0x70
_MASKED = 0x80
_LENGTH_BYTES = {126: 2, 127: 8}
_MAX_HEAD_BYTES = 10
_MAX_CONTROL_BYTES = 125


def frame(opcode: int, content: bytes | bytearray | memoryview, mask: bytes) -> bytes:
    """One whole frame, masked with these four random bytes as a client's frames have to be (section 5.3)."""
    length = len(content)
    if length <= _MAX_CONTROL_BYTES:
        head = bytes([_FIN | opcode, _MASKED | length])
    elif length < 1 << 16:
        head = bytes([_FIN | opcode, _MASKED | 126]) + length.to_bytes(2, "big")
    else:
        head = bytes([_FIN | opcode, _MASKED | 127]) + length.to_bytes(8, "big")
    # One XOR of two large numbers: the fastest way without a C extension.
    masks = (mask * (length // 4 + 1))[:length]
    masked = int.from_bytes(content, "little") ^ int.from_bytes(masks, "little")
    return head + mask + masked.to_bytes(length, "little")


class FrameReader:
    """Reads the frames of one server. After `close` or `fault` is set, the rest is ignored."""

    def __init__(self) -> None:
        self.ping: bytes | None = None
        """The content of the last ping. Of several only the last needs an answer (section 5.5.3)."""
        self.close: bytes | None = None
        """The content of the close frame, once there was one."""
        self.fault = ""
        """Why this is no WebSocket, once that is known. It quotes nothing that was received."""
        self._head = b""  # the start of a frame's head, while that is not whole
        self._opcode: int | None = None  # of the frame whose content comes now
        self._left = 0  # how many bytes of that content are still to come
        self._control = b""
        self._in_message = False  # whether a fragment came, and not yet the last one

    def receive(self, data: bytes | memoryview) -> list[memoryview]:
        """The content of data frames in `data`, as views of it. Text counts as data, and message ends are ignored."""
        contents = []
        rest = memoryview(data)
        while self.close is None and not self.fault:
            if self._opcode is None:
                head = self._head + rest[: _MAX_HEAD_BYTES - len(self._head)].tobytes()
                length = 2 + _LENGTH_BYTES.get(head[1] & ~_MASKED, 0) if len(head) > 1 else _MAX_HEAD_BYTES
                if len(head) < length:
                    self._head = head
                    break
                rest = rest[length - len(self._head) :]
                self._head = b""
                self._begin(head[:length])
                continue
            content, rest = rest[: self._left], rest[self._left :]
            self._left -= len(content)
            if self._opcode >= CLOSE:
                self._control += content
            elif content:
                contents.append(content)
            if self._left:
                break
            self._end()
        return contents

    def _begin(self, head: bytes) -> None:
        is_final, opcode = bool(head[0] & _FIN), head[0] & 0x0F
        length = int.from_bytes(head[2:], "big") if len(head) > 2 else head[1] & ~_MASKED
        if head[0] & _RESERVED_BITS:
            self.fault = "reserved bits are set"
        elif head[1] & _MASKED:
            self.fault = "a frame is masked"
        elif opcode in (CLOSE, PING, PONG):
            if not is_final or length > _MAX_CONTROL_BYTES:
                self.fault = "a control frame is fragmented or too long"
        elif opcode > BINARY:
            self.fault = f"opcode {opcode} is not defined"
        elif bool(opcode) == self._in_message:
            self.fault = "a message begins inside another" if opcode else "a fragment continues no message"
        elif length > MAX_FRAME_BYTES:
            self.fault = f"a frame announces {length} bytes"
        else:
            self._in_message = not is_final
        self._opcode, self._left = opcode, length

    def _end(self) -> None:
        if self._opcode == PING:
            self.ping = self._control
        elif self._opcode == CLOSE and len(self._control) == 1:
            self.fault = "a close frame holds half a code"
        elif self._opcode == CLOSE:
            self.close = self._control
        self._opcode, self._control = None, b""


def close_code_and_reason(content: bytes) -> tuple[int, str]:
    """What a close frame says (section 5.5.1)."""
    if not content:
        return NO_STATUS_RECEIVED, ""
    return int.from_bytes(content[:2], "big"), content[2:].decode("utf-8", "replace")
