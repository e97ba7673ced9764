"""What a server sends after the handshake, read into a framebuffer: ServerInit, then messages (RFC 6143, section 7.6).

Encodings: raw, and zlib (6; one stream for the whole connection, by the RFB community specification). Pseudo-encodings:
DesktopSize, QEMU's acknowledgement of extended key events, and its keyboard LEDs. Memory is bounded by the largest
screen that is accepted, and by the number of bytes received.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Generator

from ecsvnc.errors import RfbError
from ecsvnc.rfb.convert_pixels import convert_pixels
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.rfb.pixel_format import RGB332, TRUE_COLOUR_32, PixelFormat
from ecsvnc.rfb.server_init import SERVER_INIT_HEAD_BYTES, ServerInit

RAW = 0
ZLIB = 6
DESKTOP_SIZE = -223
QEMU_EXTENDED_KEY_EVENT = -258
QEMU_LED_STATE = -261

READABLE = (ZLIB, RAW, DESKTOP_SIZE, QEMU_EXTENDED_KEY_EVENT, QEMU_LED_STATE)
"""The encodings that can be read, the preferred first: for SetEncodings."""

MAX_CUT_TEXT_BYTES = 16 * 1024 * 1024
MAX_RESIZES = 200
"""In one connection. Each needs a few bytes and clears a whole screen; a reboot has about six."""

_PIECE_BYTES = 64 * 1024
_ZLIB_OVERHEAD_BYTES = 4096
"""How much longer than its pixels a zlib rectangle may be: zlib's own worst case is below a hundredth of them."""

_WITHOUT_PIXELS = (QEMU_EXTENDED_KEY_EVENT, QEMU_LED_STATE)
_CAPS_LOCK_LED = 4

_FRAMEBUFFER_UPDATE, _SET_COLOUR_MAP_ENTRIES, _BELL, _SERVER_CUT_TEXT = range(4)
_RECTANGLE = struct.Struct(">HHHHi")

Parser = Generator[int, bytes, None]
"""Yields how many bytes it needs next, and is sent them."""


def pixel_format(bytes_per_pixel: int) -> PixelFormat:
    """The format to request for a framebuffer with this many bytes a pixel."""
    return RGB332 if bytes_per_pixel == 1 else TRUE_COLOUR_32


class ServerMessages:
    """Reads what one server sends, split in any way. `bytes_per_pixel` is that of the framebuffer.

    `has_own_format`: the server sends pixels in its own format, not in `pixel_format(bytes_per_pixel)`. With zlib that
    is detected.
    """

    def __init__(self, bytes_per_pixel: int, *, has_own_format: bool = False) -> None:
        self.init: ServerInit | None = None
        """The server's first message; None until it was received."""
        self.framebuffer = Framebuffer(0, 0, bytes_per_pixel)
        """The screen as received so far. It is replaced when the server changes the size."""
        self.updates = 0
        """How many whole updates with pixels or another size were received."""
        self.is_in_update = False
        """Whether an update was received in part."""
        self.encodings: set[int] = set()
        """The encodings and pseudo-encodings received so far."""
        self.has_caps_lock: bool | None = None
        """Whether Caps Lock is on in the instance; None while that is not known."""
        self._resizes = 0
        self.has_own_format = has_own_format
        self._inflater = zlib.decompressobj()
        self._buffer = bytearray()
        self._parser = self._parse()
        self._needs = next(self._parser)

    @property
    def may_have_own_format(self) -> bool:
        """Whether the server may be sending raw pixels in its own format, whose length would be misread."""
        is_possible = not self.has_own_format and self._server_bytes() != self.framebuffer.bytes_per_pixel
        return is_possible and self.updates <= 1 and ZLIB not in self.encodings

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        """Read the next bytes. Raises RfbError for what is not RFB or out of bounds; it must not be used after that."""
        self._buffer += data
        at = 0
        while len(self._buffer) - at >= self._needs:
            piece = bytes(self._buffer[at : at + self._needs])
            at += len(piece)
            self._needs = self._parser.send(piece)
        del self._buffer[:at]

    def _parse(self) -> Parser:
        head = yield SERVER_INIT_HEAD_BYTES
        decoded = ServerInit.decode(head)
        if decoded is None:
            name = yield int.from_bytes(head[-4:], "big")
            decoded = ServerInit.decode(head + name)
        if decoded is not None:
            self.init, _ = decoded
            self._resize(self.init.width, self.init.height)
        while True:
            (kind,) = yield 1
            if kind == _FRAMEBUFFER_UPDATE:
                yield from self._update()
            elif kind == _SET_COLOUR_MAP_ENTRIES:
                head = yield 5
                yield from _skip(6 * int.from_bytes(head[3:], "big"))
            elif kind == _SERVER_CUT_TEXT:
                head = yield 7
                yield from _skip(_bounded_text(int.from_bytes(head[3:], "big")))
            elif kind != _BELL:
                raise RfbError(f"The console sent a message of unknown type ({kind}).")

    def _update(self) -> Parser:
        head = yield 3
        self.is_in_update, is_visible = True, False
        count = int.from_bytes(head[1:], "big")
        if not count and self.may_have_own_format:
            raise RfbError("The console sent an update without a rectangle.")  # more probably, black pixels
        for _ in range(count):
            x, y, width, height, encoding = _RECTANGLE.unpack((yield _RECTANGLE.size))
            if encoding not in READABLE:
                raise RfbError(f"The console sent an encoding ({encoding}) that was not requested.")
            self.encodings.add(encoding)
            is_visible = is_visible or encoding not in _WITHOUT_PIXELS
            if encoding == DESKTOP_SIZE:
                self._resize(width, height)
            elif encoding == QEMU_LED_STATE:
                (leds,) = yield 1
                self.has_caps_lock = bool(leds & _CAPS_LOCK_LED)
            elif encoding in (RAW, ZLIB):
                self.framebuffer.check(x, y, width, height)
                yield from (self._raw if encoding == RAW else self._zlib)(x, y, width, height)
        self.is_in_update = False
        self.updates += is_visible

    def _resize(self, width: int, height: int) -> None:
        self._resizes += 1
        if self._resizes > MAX_RESIZES:
            raise RfbError(f"The console changed its size more than {MAX_RESIZES} times.")
        self.framebuffer = Framebuffer(width, height, self.framebuffer.bytes_per_pixel)

    def _raw(self, x: int, y: int, width: int, height: int) -> Parser:
        row_bytes = width * (self._server_bytes() if self.has_own_format else self.framebuffer.bytes_per_pixel)
        rows = max(1, _PIECE_BYTES // max(1, row_bytes))
        for top in range(y, y + height, rows):
            count = min(rows, y + height - top)
            data = yield count * row_bytes
            self._write(x, top, width, count, data)

    def _zlib(self, x: int, y: int, width: int, height: int) -> Parser:
        most = width * height * max(self._server_bytes(), self.framebuffer.bytes_per_pixel)
        left = int.from_bytes((yield 4), "big")
        if left > most + most // 8 + _ZLIB_OVERHEAD_BYTES:
            raise RfbError(f"The console announced {left} bytes of zlib for {width}x{height} pixels.")
        pixels = bytearray()
        while left:
            piece = yield min(left, _PIECE_BYTES)
            left -= len(piece)
            try:
                pixels += self._inflater.decompress(piece, most + 1 - len(pixels))
            except zlib.error:
                raise RfbError("The console sent invalid zlib data.") from None
            if len(pixels) > most or self._inflater.unconsumed_tail or self._inflater.eof:
                raise RfbError(f"The console sent too much zlib data for {width}x{height} pixels, or ended the stream.")
        has_server_format = len(pixels) == width * height * self._server_bytes()
        has_ours = len(pixels) == width * height * self.framebuffer.bytes_per_pixel
        if not (has_server_format if self.has_own_format else has_server_format or has_ours):
            raise RfbError(f"The console sent {len(pixels)} bytes for {width}x{height} pixels.")
        self.has_own_format = self.has_own_format or not has_ours
        self._write(x, y, width, height, pixels)

    def _server_bytes(self) -> int:
        """Bytes of a pixel in the server's own format."""
        return self.init.pixel_format.bits_per_pixel // 8 if self.init is not None else 0

    def _write(self, x: int, y: int, width: int, height: int, data: bytes | bytearray) -> None:
        if self.has_own_format and self.init is not None:
            data = convert_pixels(data, self.init.pixel_format, self.framebuffer.bytes_per_pixel)
        self.framebuffer.write(x, y, width, height, data)


def _skip(count: int) -> Parser:
    while count:
        piece = yield min(count, _PIECE_BYTES)
        count -= len(piece)


def _bounded_text(length: int) -> int:
    if length > MAX_CUT_TEXT_BYTES:
        raise RfbError(f"The console announced a clipboard of {length} bytes; at most {MAX_CUT_TEXT_BYTES} are read.")
    return length
