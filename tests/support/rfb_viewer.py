"""A VNC viewer on a blocking socket, for tests: it gets through the handshake and then gives the socket away."""

from __future__ import annotations

import socket

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from ecsvnc.rfb.handshake import ClientHandshake
from ecsvnc.rfb.server_init import ServerInit

TIMEOUT_S = 10.0


def has_ipv6():
    """Whether this machine has a loopback address of IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def revealed(data):
    """The password in a file as `vncpasswd` writes it."""
    key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in (23, 82, 107, 6, 35, 78, 88, 7))
    decryptor = Cipher(TripleDES(key * 3), modes.ECB()).decryptor()
    return (decryptor.update(data) + decryptor.finalize()).rstrip(b"\0").decode()


class RfbViewer:
    """Connects at construction. `sock` is its socket; leaving it as a context closes that."""

    def __init__(self, port, password=None, host="127.0.0.1"):
        self.sock = socket.create_connection((host, port), timeout=TIMEOUT_S)
        self._password = password
        self.rest = b""
        """What came after ServerInit in one piece with it."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def shake_hands(self):
        """Raises RfbError with the reason when it is refused, ConnectionError when it is cut off."""
        handshake = ClientHandshake(password=lambda: self._password)
        while not handshake.is_done:
            data = self.sock.recv(4096)
            if not data:
                raise ConnectionError("cut off during the handshake")
            self.sock.sendall(handshake.receive(data))
        return self

    def open(self):
        """Shake hands and begin: returns the ServerInit."""
        self.shake_hands()
        self.sock.sendall(b"\x01")
        data = b""
        while (found := ServerInit.decode(data)) is None:
            piece = self.sock.recv(4096)
            if not piece:
                raise ConnectionError("cut off before ServerInit")
            data += piece
        self.rest = data[found[1] :]
        return found[0]

    def read_to_end(self):
        """Everything until the proxy closes."""
        data = bytearray(self.rest)
        while piece := self.sock.recv(65536):
            data += piece
        return bytes(data)
