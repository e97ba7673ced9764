"""A VNC server on a Unix socket that sends what a test gives it, in the place of a virtual machine's.

with PlayedVnc(folder, 1024, 768) as vnc, GuestEcs(runtime, vnc) as ecs:
    …                                       a program connects
    vnc.send(update(raw(…)))
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from pathlib import Path
from typing import Self

from support.program import wait_until
from support.rfb_updates import server_init

from ecsvnc.rfb import client_messages as kinds

_LENGTHS = {
    kinds.SET_PIXEL_FORMAT: 20,
    kinds.FRAMEBUFFER_UPDATE_REQUEST: 10,
    kinds.KEY_EVENT: 8,
    kinds.POINTER_EVENT: 6,
    kinds.QEMU: 12,
}

_PRESSED = {kinds.KEY_EVENT: struct.Struct(">x?xxI"), kinds.QEMU: struct.Struct(">xxx?I")}
"""Where messages have whether a key is down, and its keysym."""


class PlayedVnc:
    """Takes one client after another, without a password. `vnc` is the socket, as `Guest.vnc` is.

    `requests` counts the updates that were asked for, and `keys` has what was pressed: the time of the monotonic clock,
    and the keysym.
    """

    def __init__(self, folder: Path, width: int, height: int, name: str = "played") -> None:
        self.vnc = folder / "played-vnc"
        self.requests = 0
        self.keys: list[tuple[float, int]] = []
        self._init = server_init(width, height, name)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.vnc))
        self._listener.listen()
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def send(self, data: bytes) -> None:
        """Send bytes to the client that is there, or that comes."""
        wait_until(lambda: self.requests > 0)
        self._client.sendall(data)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(30)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                with client, contextlib.suppress(OSError):
                    self._serve_one(client)

    def _serve_one(self, client: socket.socket) -> None:
        with client.makefile("rb") as reader:
            client.sendall(b"RFB 003.008\n")
            reader.read(12)
            client.sendall(b"\1\1")  # one security type: None
            reader.read(1)
            client.sendall(bytes(4))
            reader.read(1)
            client.sendall(self._init)
            self._client = client
            while kind := reader.read(1):
                if kind[0] == kinds.SET_ENCODINGS:
                    (count,) = struct.unpack(">xH", reader.read(3))
                    reader.read(4 * count)
                    continue
                message = kind + reader.read(_LENGTHS[kind[0]] - 1)
                if kind[0] == kinds.FRAMEBUFFER_UPDATE_REQUEST:
                    self.requests += 1
                elif kind[0] in _PRESSED:
                    is_down, keysym = _PRESSED[kind[0]].unpack_from(message)
                    if is_down:
                        self.keys.append((time.monotonic(), keysym))
