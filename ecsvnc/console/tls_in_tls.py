"""TLS through TLS: a console behind an `https://` proxy.

Python's TLS sockets cannot be nested. So a thread passes the bytes on between the outer connection and one end of a
socket pair.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from functools import partial

from ecsvnc.background import start_thread
from ecsvnc.console.nonblocking import READ, WOULD_BLOCK, WRITE, HasFileno, Outbox, wait_ready
from ecsvnc.errors import ResourceError

_READ_BYTES = 64 * 1024


def socket_through(outer: ssl.SSLSocket) -> socket.socket:
    """A socket whose bytes go through `outer`; closing it closes `outer`.

    Raises ResourceError if the system does not allow another thread; the caller has to close `outer` then.
    """
    near, far = socket.socketpair()
    outer.setblocking(False)
    near.setblocking(False)
    try:
        start_thread(partial(_pass_on, outer, near), name="tls-in-tls")
    except ResourceError:
        near.close()
        far.close()
        raise
    return far


def _pass_on(outer: ssl.SSLSocket, near: socket.socket) -> None:
    """Pass bytes on in both directions until either side ends. Each is read only while the other takes them."""
    to_outer, to_near = Outbox(outer), Outbox(near)
    with outer, near, contextlib.suppress(OSError):
        while True:
            wanted: dict[HasFileno, int] = {outer: _events(to_near, to_outer), near: _events(to_outer, to_near)}
            wait_ready(wanted, 0 if outer.pending() and to_near.is_empty else None)
            if not (_move(outer, to_near) and _move(near, to_outer)):
                return


def _events(takes: Outbox, sends: Outbox) -> int:
    """The events to wait for on a socket: its data goes to `takes`, and `sends` is sent on it."""
    return (READ if takes.is_empty else 0) | (0 if sends.is_empty else WRITE)


def _move(source: socket.socket, sink: Outbox) -> bool:
    """Pass on what there is to read; False at the end."""
    sink.flush()
    if not sink.is_empty:
        return True
    try:
        data = source.recv(_READ_BYTES)
    except WOULD_BLOCK:
        return True
    sink.put([data])
    return bool(data)
