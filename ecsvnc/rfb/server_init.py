"""ServerInit (RFC 6143, section 7.3.2): the server's first message after the handshake."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ecsvnc.errors import RfbError
from ecsvnc.rfb.pixel_format import PIXEL_FORMAT_BYTES, PixelFormat

MAX_NAME_BYTES = 4096
"""Far above any desktop's name; a longer one is an error."""

_SIZE = struct.Struct(">HH")
_LENGTH = struct.Struct(">I")
SERVER_INIT_HEAD_BYTES = _SIZE.size + PIXEL_FORMAT_BYTES + _LENGTH.size
"""All but the name, whose length is in the last four."""


@dataclass(frozen=True, slots=True)
class ServerInit:
    """Size of the framebuffer in pixels, its natural pixel format, and the desktop's name."""

    width: int
    height: int
    pixel_format: PixelFormat
    name: str

    @classmethod
    def decode(cls, data: bytes) -> tuple[ServerInit, int] | None:
        """Read a ServerInit from the start of `data`: it and its length in bytes, or None if it is incomplete.

        Raises RfbError for an invalid pixel format, or a name longer than MAX_NAME_BYTES.
        """
        if len(data) < SERVER_INIT_HEAD_BYTES:
            return None
        width, height = _SIZE.unpack_from(data)
        pixel_format = PixelFormat.decode(bytes(data[_SIZE.size : _SIZE.size + PIXEL_FORMAT_BYTES]))
        (name_bytes,) = _LENGTH.unpack_from(data, _SIZE.size + PIXEL_FORMAT_BYTES)
        if name_bytes > MAX_NAME_BYTES:
            raise RfbError(
                f"The console announced a desktop name of {name_bytes} bytes; at most {MAX_NAME_BYTES} are read."
            )
        end = SERVER_INIT_HEAD_BYTES + name_bytes
        if len(data) < end:
            return None
        name = bytes(data[SERVER_INIT_HEAD_BYTES:end]).decode("utf-8", errors="replace")
        return cls(width, height, pixel_format, name), end

    def encode(self) -> bytes:
        """The message. A name is cut at MAX_NAME_BYTES."""
        name = self.name.encode("utf-8", errors="replace")[:MAX_NAME_BYTES]
        return b"".join(
            (_SIZE.pack(self.width, self.height), self.pixel_format.encode(), _LENGTH.pack(len(name)), name)
        )
