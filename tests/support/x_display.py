"""An X display without a screen, whose pixels a test can read."""

from __future__ import annotations

import os
import struct
import subprocess

from PIL import Image


class XDisplay:
    """Xvfb on a display of its own choice, from construction to `stop`. `name` is what DISPLAY has to be."""

    def __init__(self, xvfb, folder, *, width=1024, height=768):
        self._file = folder / "Xvfb_screen0"
        read, write = os.pipe()
        self._process = subprocess.Popen(
            [
                xvfb,
                "-displayfd",
                str(write),
                "-fbdir",
                str(folder),
                "-screen",
                "0",
                f"{width}x{height}x24",
                "-nolisten",
                "tcp",
            ],
            pass_fds=[write],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as display:
            self.name = f":{display.readline().strip()}"

    def stop(self):
        self._process.terminate()
        self._process.wait(10)

    def picture(self):
        """What is on the screen now, from the file in XWD's format that Xvfb keeps it in."""
        data = self._file.read_bytes()
        head = struct.unpack_from(">25I", data)
        head_bytes, width, height, bytes_per_line, colours = head[0], head[4], head[5], head[12], head[19]
        pixels = data[head_bytes + 12 * colours :]
        return Image.frombuffer("RGB", (width, height), pixels, "raw", "BGRX", bytes_per_line, 1)

    def xdotool(self, *arguments):
        subprocess.run(["xdotool", *arguments], env={**os.environ, "DISPLAY": self.name}, check=True, timeout=20)
