"""The messages that ecsvnc itself sends as a client.

Sources: RFC 6143, section 7.5, and for QEMU's message the RFB community specification.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from ecsvnc.rfb import client_messages as kinds
from ecsvnc.rfb.pixel_format import PixelFormat

CLIENT_INIT = b"\x01"
"""Shared: other clients of the server are not disconnected (section 7.3.1)."""

_UPDATE_REQUEST = struct.Struct(">BBHHHH")
_KEY_EVENT = struct.Struct(">BBxxI")
_EXTENDED_KEY_EVENT = struct.Struct(">BBHII")
_EXTENDED_KEY = 0


def set_pixel_format(pixel_format: PixelFormat) -> bytes:
    """SetPixelFormat: the format of all further pixels."""
    return bytes([kinds.SET_PIXEL_FORMAT, 0, 0, 0]) + pixel_format.encode()


def set_encodings(encodings: Iterable[int]) -> bytes:
    """SetEncodings: what the server may use, the preferred first."""
    listed = b"".join(struct.pack(">i", encoding) for encoding in encodings)
    return struct.pack(">BxH", kinds.SET_ENCODINGS, len(listed) // 4) + listed


def update_request(width: int, height: int, *, is_incremental: bool) -> bytes:
    """FramebufferUpdateRequest for `width` by `height` pixels from the upper left corner."""
    return _UPDATE_REQUEST.pack(kinds.FRAMEBUFFER_UPDATE_REQUEST, is_incremental, 0, 0, width, height)


def key_event(keysym: int, *, is_down: bool) -> bytes:
    """KeyEvent."""
    return _KEY_EVENT.pack(kinds.KEY_EVENT, is_down, keysym)


def extended_key_event(keysym: int, scancode: int, *, is_down: bool) -> bytes:
    """QEMU's extended key event: `scancode` is the key's XT scan code, with its 0xe0 prefix as in 0xe01d."""
    # An 0xe0 prefix is the highest bit of a byte here: "keycodes with a prefix of 0xe0 have the high bit set".
    keycode = scancode & 0x7F | 0x80 if scancode >> 8 == 0xE0 else scancode
    return _EXTENDED_KEY_EVENT.pack(kinds.QEMU, _EXTENDED_KEY, is_down, keysym, keycode)
