"""A real gnome-keyring on a message bus of its own, in a home of its own; nothing of it outlives the `with` block."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path

import secretstorage
from jeepney import message_bus
from jeepney.io.blocking import open_dbus_connection
from support.parts import need
from support.program import wait_until

PASSWORD = b"keyring-passw0rd"


class KeyringSession:
    """`environ` is what a program needs to find the keyring. It starts unlocked."""

    def __init__(self, home):
        self._home = Path(home)
        self._programs = {name: need(name) for name in ("dbus-run-session", "gnome-keyring-daemon")}
        # The daemon's control socket is in it, and the address of a socket is short.
        self._runtime_folder = Path(tempfile.mkdtemp(prefix="keyring-"))
        self.environ = {
            "XDG_RUNTIME_DIR": str(self._runtime_folder),
            "XDG_DATA_HOME": str(self._home / "data"),
            "HOME": str(self._home),
        }

    def __enter__(self):
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, self._runtime_folder, ignore_errors=True)
            # The bus lives as long as its command: `cat`, until its stdin is closed.
            bus = stack.enter_context(
                self._start("dbus-run-session", "--", "sh", "-c", 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat')
            )
            self.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().decode().strip()
            self._daemon = stack.enter_context(
                self._start("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
            )
            stack.callback(self._daemon.terminate)
            self._daemon.stdin.write(PASSWORD)
            self._daemon.stdin.close()
            self._wait_until_unlocked()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *failure):
        self._stack.close()

    def _start(self, program, *arguments):
        return subprocess.Popen(
            [self._programs[program], *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], **self.environ},
        )

    def _wait_until_unlocked(self):
        wait_until(self._is_on_the_bus)
        wait_until(lambda: not self.is_locked())

    def _is_on_the_bus(self):
        # Asking the name itself for anything would make the bus start another daemon.
        assert self._daemon.poll() is None, "gnome-keyring-daemon ended"
        with closing(self._connect()) as bus:
            return bus.send_and_get_reply(message_bus.NameHasOwner("org.freedesktop.secrets")).body[0]

    def is_locked(self):
        return self._with_collection(lambda collection: collection.is_locked())

    def lock(self):
        """As a desktop does when its user goes away."""
        self._with_collection(lambda collection: collection.lock())

    def unlock(self):
        """As PAM does at a login: operation 1 (unlock) and the password, to the daemon's control socket."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(str(self._runtime_folder / "keyring" / "control"))
            control.sendall(b"\0")  # the kernel adds who we are
            control.sendall(struct.pack(">III", 12 + len(PASSWORD), 1, len(PASSWORD)) + PASSWORD)
            length, result = struct.unpack(">II", control.recv(8))
        assert (length, result) == (8, 0), "the keyring was not unlocked"

    def secrets(self):
        """What the keyring holds for ecsvnc, by account."""

        def read(collection):
            items = collection.search_items({"service": "ecsvnc"})
            return {item.get_attributes()["username"]: item.get_secret().decode() for item in items}

        return self._with_collection(read)

    def forget_all(self):
        """Remove every secret, as somebody else would."""
        self._with_collection(lambda collection: [item.delete() for item in collection.get_all_items()])

    def _with_collection(self, work):
        with closing(self._connect()) as bus:
            return work(secretstorage.get_default_collection(bus))

    def _connect(self):
        return open_dbus_connection(self.environ["DBUS_SESSION_BUS_ADDRESS"])


def daemons_in(home):
    """The processes that have this folder in their environment. Linux only."""
    marker = os.fsencode(str(home))
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if marker in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
