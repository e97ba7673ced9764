"""Records what QEMU's VNC server sends while a Linux console scrolls: what `tests/benchmarks/attach.py` replays.

    apt-get install qemu-system-x86 kbd busybox-static
    ECSVNC_TEST_KERNEL=FOLDER python tools/record_console.py

It boots Linux with its framebuffer console on QEMU's cirrus adapter (1024x768, 128x48 cells), connects as ecsvnc's own
client does, has the kernel's log printed line by line, and then waits at a cursor that blinks. FOLDER has a kernel of
Debian, as `.ci/run` unpacks one. QEMU is the slower the busier the machine is: run nothing beside it.
"""

from __future__ import annotations

import argparse
import socket
import struct
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.qemu.guest import Guest
from support.qemu.kernel import Kernel
from support.recorded_rfb import Rectangle, Update, save
from support.rfb_updates import QEMU_LEDS, RAW, ZLIB, ZlibStream

from ecsvnc.rfb import client_requests as requests
from ecsvnc.rfb.server_init import SERVER_INIT_HEAD_BYTES
from ecsvnc.rfb.server_messages import READABLE, pixel_format

RECORDING = Path(__file__).parents[1] / "tests" / "vectors" / "dmesg-128x48.rfb.xz"

SIZE = (1024, 768)
BYTES_PER_PIXEL = 1

STILL_S = 0.4
BLINKS_S = 2.5

LOG = """dmesg | head -n 160 | while IFS= read -r line; do echo "$line"; sleep 0.01; done >/dev/tty1"""
"""As fast as an instance that boots: printed at once, it would be over after three updates."""


def main() -> None:
    """Record, and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=RECORDING, help="the recording")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Guest.linux(Kernel(Path(folder)), "cirrus") as guest:
        guest.wait_ready().wait_for("login:")
        with socket.socket(socket.AF_UNIX) as server, server.makefile("rb") as reader:
            server.connect(str(guest.vnc))
            connect(server, reader)
            printing = threading.Timer(STILL_S, guest.run, [LOG])
            printing.start()
            updates, ends_at_s = [], None
            for update in received(server, reader):
                updates.append(update)
                if ends_at_s is None and not printing.is_alive():
                    ends_at_s = update.at_s + BLINKS_S
                elif ends_at_s is not None and update.at_s >= ends_at_s:
                    break
    save(arguments.to, updates)
    seconds, size = updates[-1].at_s, arguments.to.stat().st_size
    print(f"{arguments.to}: {len(updates)} updates in {seconds:.1f} s, {size} bytes")


def connect(server: socket.socket, reader: BinaryIO) -> None:
    """Shake hands, and ask for what ecsvnc asks for."""
    server.sendall(reader.read(12))
    (count,) = reader.read(1)
    reader.read(count)
    server.sendall(b"\1")  # no password
    reader.read(4)
    server.sendall(requests.CLIENT_INIT)
    head = reader.read(SERVER_INIT_HEAD_BYTES)
    if struct.unpack_from(">HH", head) != SIZE:
        raise SystemExit("The guest's screen has another size.")
    reader.read(int.from_bytes(head[-4:], "big"))
    server.sendall(requests.set_pixel_format(pixel_format(BYTES_PER_PIXEL)) + requests.set_encodings(READABLE))
    server.sendall(requests.update_request(*SIZE, is_incremental=False))


def received(server: socket.socket, reader: BinaryIO) -> Iterator[Update]:
    """The updates, each asked for when the last one has come."""
    inflater, packer, began_at_s = zlib.decompressobj(), ZlibStream(), 0.0
    while True:
        kind, count = struct.unpack(">BxH", reader.read(4))
        if kind != 0:
            raise SystemExit(f"The server sent a message of type {kind}.")
        rectangles = tuple(unpacked(read_rectangle(reader), inflater, packer) for _ in range(count))
        now = time.monotonic()
        began_at_s = began_at_s or now
        server.sendall(requests.update_request(*SIZE, is_incremental=True))
        yield Update(now - began_at_s, rectangles)


def unpacked(sent: Rectangle, inflater: zlib._Decompress, packer: ZlibStream) -> Rectangle:
    """The same with its pixels, which the recording has in the place of what zlib made of them."""
    if sent.encoding != ZLIB:
        return sent
    unpacked = sent._replace(data=inflater.decompress(sent.data))
    packed_again = packer.rectangle(*unpacked[:4], unpacked.data)
    if not packed_again.endswith(sent.data):
        raise SystemExit("This Python packs pixels otherwise than this QEMU: their zlib is another.")
    return unpacked


def read_rectangle(reader: BinaryIO) -> Rectangle:
    """One rectangle as it was sent; with zlib, without its length."""
    x, y, width, height, encoding = struct.unpack(">HHHHi", reader.read(12))
    if encoding == ZLIB:
        size = int.from_bytes(reader.read(4), "big")
    else:
        size = {RAW: width * height * BYTES_PER_PIXEL, QEMU_LEDS: 1}.get(encoding, 0)
    return Rectangle(x, y, width, height, encoding, reader.read(size))


if __name__ == "__main__":
    main()
