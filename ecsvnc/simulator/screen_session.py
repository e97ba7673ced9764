"""One console connection to a simulated machine: a VNC server (RFB 3.3 to 3.8, RFC 6143) as bytes in and bytes out.

    handshake ──► ClientInit ──► messages: the client asks for updates and sends keys; `refresh` answers as the
                                 screen changes

It never sends pixels that were not requested (section 7.5.3). The last pixels that were sent are kept, so an update is
the difference. As in QEMU, nothing is drawn without a session: the first picture of a session, if there was no other,
is black, and the real one follows. All keys are released when a client disconnects, and too many keys are lost.
"""

from __future__ import annotations

import struct

from ecsvnc.errors import RfbError
from ecsvnc.rfb import client_messages as kinds
from ecsvnc.rfb.handshake import ServerHandshake, State
from ecsvnc.rfb.pixel_format import TRUE_COLOUR_32, PixelFormat
from ecsvnc.rfb.server_init import ServerInit
from ecsvnc.simulator import screen_encodings
from ecsvnc.simulator.framebuffer import Framebuffer, Rectangle
from ecsvnc.simulator.machine import Machine
from ecsvnc.simulator.screen_encodings import PixelWriter, Zlib, Zrle

MAX_MESSAGE_BYTES = 1024 * 1024
"""Longer than any message but a large clipboard, which this machine ignores."""

_NOT_OFFERED = frozenset({kinds.ENABLE_CONTINUOUS_UPDATES, kinds.CLIENT_FENCE, kinds.XVP})
_QEMU_AUDIO = bytes([kinds.QEMU, 1])
"""What QEMU 7.2 refuses, since it did not offer it."""

_CAPS_LOCK_LED = 4

_UPDATE_HEAD = struct.Struct(">BxH")
_RECTANGLE_HEAD = struct.Struct(">HHHHi")
_UPDATE_REQUEST = struct.Struct(">xBHHHH")
_KEY_EVENT = struct.Struct(">xBxxI")
_QEMU_KEY_EVENT = struct.Struct(">xxHII")
_POINTER_EVENT = struct.Struct(">xBHH")


class ScreenSession:
    """Shows `machine` to one client.

    `password` is the instance's VNC password, for VNC authentication; None for security
    type None. `challenge` is 16 random bytes, new for each session.
    """

    def __init__(self, machine: Machine, *, password: str | None, challenge: bytes) -> None:
        self.authenticated = False
        """Whether the client passed authentication."""
        self.is_over = False
        """Whether the client was refused: close the connection after sending what `receive` returned."""
        self.messages = 0
        """How many messages were received after the handshake, of any kind."""
        self.unprompted_messages = 0
        """How many of them were not the request that a client sends after each update. Only these count as activity,
        since the clock on the screen causes an update every second."""
        self.input_events = 0
        """How many of them were keys or the pointer."""
        self._machine = machine
        self._handshake = ServerHandshake(password=password, challenge=challenge)
        self._buffer = bytearray()
        self._knows_client_init = False
        self._writer = PixelWriter(TRUE_COLOUR_32)
        self._encoding = screen_encodings.RAW
        self._follows_leds = False
        self._shown_caps_lock: bool | None = None
        self._packers = {screen_encodings.ZLIB: Zlib(), screen_encodings.ZRLE: Zrle()}
        self._extended_buttons = False
        self._wanted: Rectangle | None = None  # incremental request
        self._demanded: Rectangle | None = None  # full request
        self._wants_cursor = False  # the client offered to draw the pointer, and does not have its shape yet
        self._follows_size = False
        self._is_dark = False  # the first picture will be black, since there was no session
        self._reset_shown(machine.framebuffer)

    def greeting(self) -> bytes:
        """What the server sends first."""
        return self._handshake.greeting()

    def receive(self, data: bytes) -> bytes:
        """Process the client's next bytes, in any portions; return what to send.

        Raises RfbError for bytes that are not RFB, a message longer than MAX_MESSAGE_BYTES, or data after a refusal.
        """
        if self.is_over:
            raise RfbError("The viewer sent data after it was refused.")
        answer = bytearray()
        if self._handshake.is_done:
            self._buffer += data
        else:
            answer += self._do_handshake(data)
        if self._handshake.is_done:
            with self._machine.lock:
                answer += self._answer_messages()
                answer += self._update()
        return bytes(answer)

    def leave(self) -> None:
        """The client has disconnected."""
        with self._machine.lock:
            if self._knows_client_init:
                self._machine.watchers -= 1
                self._machine.release_keys()

    def refresh(self) -> bytes:
        """An update, if the client waits for one and the screen changed. To be called a few times a second."""
        with self._machine.lock:
            update = self._update()
            return update + self._led_state()

    def _do_handshake(self, data: bytes) -> bytes:
        answer = self._handshake.receive(data)
        if self._handshake.state is State.VERDICT:
            if self._handshake.knows_password:
                self.authenticated = True
                answer += self._handshake.accept()
                self._buffer += self._handshake.rest
            else:
                self.is_over = True
                answer += self._handshake.refuse("The VNC password is wrong.")
        return answer

    def _answer_messages(self) -> bytes:
        answer = bytearray()
        if not self._knows_client_init and self._buffer:
            # The shared flag of ClientInit is ignored: `consoles` closes the other session.
            del self._buffer[: kinds.CLIENT_INIT_BYTES]
            self._knows_client_init = True
            self._is_dark = self._machine.watchers == 0
            self._machine.watchers += 1
            answer += self._server_init()
        while (message := self._next_message()) is not None:
            self.messages += 1
            self.unprompted_messages += not self._is_prompted(message)
            answer += self._act_on(message)
        return bytes(answer)

    def _next_message(self) -> bytes | None:
        if not self._knows_client_init:
            return None
        length = kinds.message_length(bytes(self._buffer[:64]), extended_buttons=self._extended_buttons)
        if length is not None and length > MAX_MESSAGE_BYTES:
            raise RfbError(f"The viewer announced a message of {length} bytes, more than this machine accepts.")
        if length is None or len(self._buffer) < length:
            return None
        message = bytes(self._buffer[:length])
        del self._buffer[:length]
        return message

    def _server_init(self) -> bytes:
        framebuffer = self._machine.framebuffer
        return ServerInit(framebuffer.width, framebuffer.height, TRUE_COLOUR_32, self._machine.name).encode()

    def _act_on(self, message: bytes) -> bytes:
        """Act on one whole message, and return its answer. Kinds without a meaning here (clipboard, …) are ignored."""
        kind = message[0]
        if kind == kinds.SET_PIXEL_FORMAT:
            self._set_pixel_format(message)
        elif kind == kinds.SET_ENCODINGS:
            return self._set_encodings(message)
        elif kind == kinds.FRAMEBUFFER_UPDATE_REQUEST:
            self._request_update(message)
        elif kind == kinds.KEY_EVENT:
            is_down, keysym = _KEY_EVENT.unpack(message)
            self._key(keysym, is_down=bool(is_down))
        elif kind == kinds.QEMU and message[1] == 0:
            is_down, keysym, scancode = _QEMU_KEY_EVENT.unpack(message)
            self._key(keysym, is_down=bool(is_down), scancode=scancode)
        elif kind == kinds.POINTER_EVENT:
            buttons, x, y = _POINTER_EVENT.unpack(message[: _POINTER_EVENT.size])
            self.input_events += 1
            self._machine.pointer(x, y, buttons)
        elif message[: len(_QEMU_AUDIO)] == _QEMU_AUDIO or kind in _NOT_OFFERED:
            raise RfbError(f"The viewer sent a message of type {kind}, which this machine does not offer.")
        return b""

    def _key(self, keysym: int, *, is_down: bool, scancode: int = 0) -> None:
        self.input_events += 1
        self._machine.key(keysym, is_down=is_down, scancode=scancode)

    def _set_pixel_format(self, message: bytes) -> None:
        pixel_format = PixelFormat.decode(message[4:])
        if not pixel_format.is_true_colour:
            raise RfbError("The viewer requested a colour map; this machine has true colours only.")
        self._writer = PixelWriter(pixel_format)

    def _set_encodings(self, message: bytes) -> bytes:
        offered = [encoding for (encoding,) in struct.iter_unpack(">i", message[4:])]
        usable = (screen_encodings.RAW, *self._packers)
        self._encoding = next((each for each in offered if each in usable), screen_encodings.RAW)
        self._follows_size = screen_encodings.DESKTOP_SIZE in offered
        self._wants_cursor = screen_encodings.CURSOR in offered
        self._extended_buttons = kinds.lists_extended_buttons(message)
        self._follows_leds = screen_encodings.QEMU_LED_STATE in offered
        self._shown_caps_lock = None
        answer = self._led_state()
        if screen_encodings.QEMU_EXTENDED_KEY_EVENT in offered:
            answer += _framebuffer_update([self._pseudo_rectangle(screen_encodings.QEMU_EXTENDED_KEY_EVENT)])
        return answer

    def _led_state(self) -> bytes:
        """The keyboard LEDs, if the client supports them and they have changed."""
        has_caps_lock = self._machine.has_caps_lock
        if not self._follows_leds or has_caps_lock == self._shown_caps_lock:
            return b""
        self._shown_caps_lock = has_caps_lock
        leds = bytes([_CAPS_LOCK_LED if has_caps_lock else 0])
        return _framebuffer_update([self._pseudo_rectangle(screen_encodings.QEMU_LED_STATE) + leds])

    def _is_prompted(self, message: bytes) -> bool:
        """Whether it requests the next update after the last was sent, as every client does automatically."""
        is_waiting = self._wanted is not None or self._demanded is not None
        return message[0] == kinds.FRAMEBUFFER_UPDATE_REQUEST and not is_waiting and self._area(message) is not None

    def _area(self, update_request: bytes) -> Rectangle | None:
        _, *sides = _UPDATE_REQUEST.unpack(update_request)
        return self._machine.framebuffer.whole.common(Rectangle(*sides))

    def _request_update(self, message: bytes) -> None:
        is_incremental = message[1]
        area = self._area(message)
        if area is None:  # a viewer's keepalive
            return
        if is_incremental:
            self._wanted = area.hull(self._wanted) if self._wanted else area
        else:
            # All full requests in one batch get one answer: an answer is 100,000 times as large as a request.
            self._demanded = area.hull(self._demanded) if self._demanded else area

    def _update(self) -> bytes:
        if not self._demanded and not self._wanted:
            return b""
        self._machine.draw()
        framebuffer = self._machine.framebuffer
        resized = b""
        if framebuffer.size != self._size:
            self._reset_shown(framebuffer)
            if self._follows_size:
                resized = _framebuffer_update([self._pseudo_rectangle(screen_encodings.DESKTOP_SIZE)])
        demanded, self._demanded = self._demanded, None
        if demanded and (area := framebuffer.whole.common(demanded)):
            picture = Framebuffer(*framebuffer.size) if self._is_dark else framebuffer
            self._is_dark = False
            return resized + self._encode([area], picture)
        if self._wanted:
            changes = [part for change in self._changes() if (part := self._wanted.common(change))]
            if changes:
                self._wanted = None
                return resized + self._encode(changes, framebuffer)
        return resized

    def _reset_shown(self, framebuffer: Framebuffer) -> None:
        """Forget what the client has been shown."""
        # No picture has this in a pixel's fourth byte.
        self._shown = bytearray(b"\xff" * len(framebuffer.pixels))
        self._shown_version = -1
        self._size = framebuffer.size

    def _changes(self) -> list[Rectangle]:
        """Where the screen differs from what the client has been shown."""
        framebuffer = self._machine.framebuffer
        if framebuffer.version == self._shown_version:
            return []
        changes = framebuffer.changes_since(self._shown)
        if not changes:
            self._shown_version = framebuffer.version
        return changes

    def _encode(self, areas: list[Rectangle], framebuffer: Framebuffer) -> bytes:
        """A FramebufferUpdate with these parts of the screen, which are then what the client has been shown."""
        rectangles = []
        if self._wants_cursor:
            self._wants_cursor = False
            shape, data = screen_encodings.arrow_cursor(self._writer)
            rectangles.append(_RECTANGLE_HEAD.pack(*shape, screen_encodings.CURSOR) + data)
        packer = self._packers.get(self._encoding)
        for area in areas:
            if packer is not None:
                data = packer.encode(framebuffer, area, self._writer)
            else:
                data = self._writer.write(framebuffer.crop(area))
            rectangles.append(_RECTANGLE_HEAD.pack(*area, self._encoding) + data)
            framebuffer.copy_to(self._shown, area)
        return _framebuffer_update(rectangles)

    def _pseudo_rectangle(self, encoding: int) -> bytes:
        """A rectangle without pixels, of the screen's size."""
        return _RECTANGLE_HEAD.pack(*self._machine.framebuffer.whole, encoding)


def _framebuffer_update(rectangles: list[bytes]) -> bytes:
    return _UPDATE_HEAD.pack(0, len(rectangles)) + b"".join(rectangles)
