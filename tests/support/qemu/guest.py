"""A virtual machine: QEMU without KVM, its VNC server on a Unix socket, commands for the guest on its serial line."""

from __future__ import annotations

import base64
import fcntl
import gzip
import json
import os
import select
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple, Self

from support.parts import need
from support.program import wait_until
from support.qemu.initramfs import make_initramfs
from support.qemu.kernel import Kernel

from ecsvnc.pictures import screen_in
from ecsvnc.screen.reader import ScreenReader

MODULES = {"cirrus": ["cirrus"], "std": ["bochs"], "virtio": ["virtio_pci", "virtio_gpu"], "vga": []}
"""The kinds of display, with the kernel modules that drive them. Without any, the screen stays in VGA's text mode."""

USER, PASSWORD = "admin", "S3cret|pass~word"
"""Who can log in on the guest's screen."""

BOOTS_WITHIN_S = 240.0
"""A boot takes 3 to 10 s where nothing else runs, and ten times as long on a machine that is busy with tests."""

ANSWERS_WITHIN_S = 120.0


_GLYPHS_OF_CONTROLS = dict(enumerate(" ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"))
"""What the VGA shows for codes that are control characters elsewhere."""


class GuestScreen(NamedTuple):
    """The text that is on a guest's screen, by the guest's own account. Lines are as wide as the screen."""

    lines: list[str]
    cursor: tuple[int, int] | None
    """Column and row, from 0."""


class Guest:
    """Starts at construction, with any arguments of QEMU; leaving it as a context ends it.

    It also ends with the process that started it, however that ends. `vnc` is its VNC server's Unix socket.
    """

    def __init__(self, *arguments: str, folder: Path | None = None) -> None:
        self.folder = folder or _new_folder()
        self.vnc = self.folder / "vnc"
        self._monitor = self.folder / "qmp"
        self._log = (self.folder / "qemu.log").open("w+")
        self._process = subprocess.Popen(
            [
                need("setpriv"),
                "--pdeathsig=KILL",
                need("qemu-system-x86_64"),
                "-nodefaults",
                *("-accel", "tcg", "-m", "256", "-display", "none"),
                *("-vnc", f"unix:{self.vnc}", "-qmp", f"unix:{self._monitor},server=on,wait=off", "-serial", "stdio"),
                *arguments,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self._read = b""  # of the serial line, and not taken yet
        wait_until(lambda: self.vnc.exists() or self._process.poll() is not None)
        assert self._process.poll() is None, (self.folder / "qemu.log").read_text()

    @classmethod
    def linux(
        cls,
        kernel: Kernel,
        display: str,
        *,
        has_text_mode: bool = False,
        login_after_s: int = 0,
        state: Path | None = None,
    ) -> Self:
        """Boot Linux on a kind of display. Returns at once; `wait_ready` waits for the end.

        The login prompt comes `login_after_s` later. With `has_text_mode`, the screen is in VGA's text mode until the
        display's module is loaded; that takes longer. With a saved `state` of such a guest, it goes on from there.
        """
        folder = _new_folder()
        return cls(
            *("-vga", "std" if display == "vga" else display),
            *("-kernel", str(kernel.image if has_text_mode or display == "vga" else kernel.elf)),
            *("-initrd", str(make_initramfs(folder, kernel, *MODULES[display]))),
            *("-append", f"console=tty1 login_after_s={login_after_s}"),
            *(("-incoming", f"exec:cat {shlex.quote(str(state))}") if state else ()),
            folder=folder,
        )

    @classmethod
    def booted(cls, kernel: Kernel, display: str) -> Self:
        """Linux on a kind of display, at the login prompt, which takes commands.

        The first guest of a test run boots and saves its state, from which the others go on.
        """
        state = kernel.shared / f"booted-{display}"
        with state.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not state.exists():
                with cls.linux(kernel, display) as guest:
                    guest.wait_ready().wait_for("login:")
                    guest.save(state)
        guest = cls.linux(kernel, display, state=state)
        wait_until(lambda: guest._ask("query-status")["status"] == "running", timeout_s=60)
        return guest

    def wait_ready(self) -> Self:
        """Wait until Linux has booted and takes commands."""
        deadline = time.monotonic() + BOOTS_WITHIN_S
        while self._read_line(deadline) != "ready":
            pass
        return self

    def run(self, command: str, stdin: bytes = b"") -> bytes:
        """What a shell command in the guest prints; AssertionError if it fails. It has to read `stdin` from ttyS0."""
        assert "\n" not in command
        self._process.stdin.write(command.encode() + b"\n" + stdin)
        self._process.stdin.flush()
        status, _, packed = self._read_line(time.monotonic() + ANSWERS_WITHIN_S).partition(" ")
        answer = gzip.decompress(base64.b64decode(packed))
        assert status == "0", f"{command[:200]!r} failed in the guest ({status}): {answer.decode(errors='replace')}"
        return answer

    def write_file(self, path: str, content: bytes) -> None:
        """Make a file in the guest."""
        packed = gzip.compress(content)
        # Its shell reads a command byte by byte, which takes long for a large one.
        self.run(f"head -c {len(packed)} </dev/ttyS0 | gunzip >{path}", packed)

    def show(self, content: bytes) -> None:
        """Write to the screen, as a program would."""
        self.write_file("/tmp/shown", content)
        self.run("cat /tmp/shown >/dev/tty1")

    def screen(self) -> GuestScreen:
        """What is on the screen, as the kernel has it."""
        answer = self.run("head -c 4 /dev/vcsa1; cat /dev/vcsu1")
        rows, columns, x, y = answer[:4]
        text = answer[4:].decode("utf-32-le")
        assert len(text) == rows * columns
        return GuestScreen([text[row * columns : (row + 1) * columns] for row in range(rows)], (x, y))

    def text_memory(self) -> GuestScreen:
        """What is on the screen in VGA's text mode, which firmware and boot loaders use; without the cursor.

        Its memory has a character and a colour for each cell.
        """
        file = self.folder / "text_memory"
        columns, rows = 80, 25
        self._ask("pmemsave", val=0xB8000, size=columns * rows * 2, filename=str(file))
        text = file.read_bytes()[::2].decode("cp437").translate(_GLYPHS_OF_CONTROLS)
        return GuestScreen([text[row * columns : (row + 1) * columns] for row in range(rows)], None)

    def wait_for(self, text: str) -> GuestScreen:
        """Wait until the screen shows a text."""
        seen = []
        wait_until(lambda: seen.append(self.screen()) or text in "\n".join(seen[-1].lines), timeout_s=60)
        return seen[-1]

    def load_font(self, psf: bytes) -> None:
        """Give the screen another font, as console-setup does."""
        self.write_file("/tmp/font", psf)
        self.run("setfont -C /dev/tty1 /tmp/font")

    def load_keymap(self, keymap: str) -> None:
        """Give the keyboard another layout, in the language of loadkeys."""
        self.write_file("/tmp/keymap", keymap.encode())
        self.run("loadkeys -q -C /dev/tty1 /tmp/keymap")

    def listen(self) -> None:
        """From now on, what the keyboard types goes to `typed`: on a virtual console where no program runs."""
        self.run("chvt 2; (stty raw -echo; exec cat >/tmp/typed) </dev/tty2 &")
        self.run("until [ -e /tmp/typed ]; do sleep 0.1; done")

    def typed(self) -> bytes:
        """The bytes that were typed since `listen`."""
        return self.run("cat /tmp/typed")

    def press(self, *keys: str) -> None:
        """Press keys together and release them, on the keyboard itself; keys have the names of QEMU's QKeyCode."""
        self._ask("send-key", keys=[{"type": "qcode", "data": key} for key in keys])

    def reset(self) -> None:
        """Push the reset button."""
        self._ask("system_reset")

    def shown(self) -> str:
        """The screen for a message, as ecsvnc reads it in the hypervisor's picture: whatever the guest does."""
        read = ScreenReader().read(screen_in(self.picture()))
        return "\n".join(read.lines).rstrip() if read else "(no text)"

    def picture(self) -> bytes:
        """The screen as a PNG file, as the hypervisor has it."""
        file = self.folder / "screen.png"
        self._ask("screendump", filename=str(file), format="png")
        return file.read_bytes()

    def save(self, state: Path) -> None:
        """Write the guest's state to a file, for `linux`. It stops then."""
        partial = state.with_suffix(".partial")
        self._ask("migrate", uri=f"exec:cat >{shlex.quote(str(partial))}")
        wait_until(lambda: self._ask("query-migrate")["status"] == "completed", timeout_s=60)
        partial.replace(state)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        self._log.close()
        shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _read_line(self, deadline: float) -> str:
        """The next line that the guest sends on its serial line."""
        while b"\n" not in self._read:
            is_there = select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]
            assert is_there, f"the guest is silent after {self._read!r}, with this on its screen:\n{self.shown()}"
            piece = os.read(self._process.stdout.fileno(), 65536)
            assert piece, f"QEMU has ended: {(self.folder / 'qemu.log').read_text()}"
            self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        return line.decode(errors="replace").strip()

    def _ask(self, command: str, **arguments: Any) -> Any:
        """What a command of QMP returns, QEMU's monitor protocol: JSON objects, one a line."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(self._monitor))
            with sock.makefile("rw") as monitor:
                for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                    monitor.write(json.dumps(request) + "\n")
                    monitor.flush()
                answers = [json.loads(monitor.readline())]
                while sum("return" in each for each in answers) < 2:
                    answers.append(json.loads(monitor.readline()))
                    assert "error" not in answers[-1], answers[-1]
        return next(each["return"] for each in reversed(answers) if "return" in each)


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="ecsvnc-guest-"))
