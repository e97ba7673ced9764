"""An embedded ECS with one instance, whose console is the screen and keyboard of a virtual machine."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from urllib.parse import parse_qs, urlsplit

from PIL import Image
from support.ecs.extended import ExtendedEcs
from support.qemu.guest import Guest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.fleet import Fleet, Instance, instance_id
from ecsvnc.simulator.framebuffer import Framebuffer
from ecsvnc.simulator.tickets import TicketRefusedError, vnc_url

NAME = "guest-1"
"""The instance's name."""

NEVER_S = 24 * 3600.0
"""A day: longer than any test."""

_READ_BYTES = 64 * 1024
_WEBSOCKET = {"subprotocols": ["binary"], "compression": None, "max_size": None, "ping_interval": None}


class GuestMachine:
    """A virtual machine as the embedded ECS uses its simulated ones: for screenshots, and to reboot it."""

    def __init__(self, guest: Guest) -> None:
        self.lock = threading.Lock()
        self._guest = guest

    def draw(self) -> None:
        picture = Image.open(io.BytesIO(self._guest.picture())).convert("RGB")
        self.framebuffer = Framebuffer(*picture.size)
        self.framebuffer.pixels[:] = picture.tobytes("raw", "BGRX")

    def restart(self, at: float) -> None:
        self._guest.reset()


class GuestEcs(ExtendedEcs):
    """Its tickets open `guest`'s VNC server. Each connection breaks after `cut_after_s`."""

    def __init__(self, runtime: Runtime, guest: Guest, *, cut_after_s: float = NEVER_S) -> None:
        region_id = "cn-hangzhou"
        instance = Instance(instance_id(region_id, seed=NAME), NAME, region_id)
        super().__init__(runtime, fleet=Fleet([instance]))
        self.consoles._machines[instance.id] = GuestMachine(guest)  # where it would put a simulated one
        self.connections = 0
        self._clients: list[ServerConnection] = []
        self._guest = guest
        self._cut_after_s = cut_after_s
        self._relay = serve(self._connect, "127.0.0.1", 0, **_WEBSOCKET)
        self._thread = threading.Thread(target=self._relay.serve_forever)

    def start(self) -> None:
        self._thread.start()
        super().start()

    def stop(self) -> None:
        super().stop()
        self._relay.shutdown()
        self._thread.join()

    def new_vnc_url(self) -> str:
        """A ticket for the instance, as the API gives it."""
        return self._issue_vnc_url(next(iter(self.fleet)).id)

    def cut(self) -> None:
        """Break the connections that are open."""
        for client in self._clients:
            _cut(client)
        self._clients.clear()

    def _issue_vnc_url(self, instance_id: str) -> str:
        host, port = self._relay.socket.getsockname()
        return vnc_url(f"http://{host}:{port}", self.tickets.issue(instance_id))

    def _connect(self, client: ServerConnection) -> None:
        """Relay between a client that has a ticket and the VNC server until one of them closes."""
        try:
            self.tickets.redeem(parse_qs(urlsplit(client.request.path).query)["s"][0])
        except (KeyError, TicketRefusedError):
            client.close(4003)
            return
        self.connections += 1
        self._clients.append(client)
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(str(self._guest.vnc))
            downstream = threading.Thread(target=_send_to_client, args=(server, client))
            downstream.start()
            cut = threading.Timer(self._cut_after_s, _cut, [client])
            cut.start()
            with contextlib.suppress(ConnectionClosed):
                for message in client:
                    server.sendall(message)
            cut.cancel()
            server.shutdown(socket.SHUT_RDWR)
            downstream.join()


def _cut(client: ServerConnection) -> None:
    with contextlib.suppress(OSError):  # it has ended in the same moment
        client.socket.shutdown(socket.SHUT_RDWR)


def _send_to_client(server: socket.socket, client: ServerConnection) -> None:
    # QEMU resets its side if it had not read all when the client went away.
    with contextlib.suppress(ConnectionClosed, ConnectionResetError):
        while data := server.recv(_READ_BYTES):
            client.send(data)
    client.close()
