"""Which user owns the other end of a loopback connection. Linux only: other systems do not report it.

The kernel lists every TCP socket of the network namespace with its owner, in `/proc/net/tcp` (IPv4) and
`/proc/net/tcp6` (IPv6, also for IPv4 connections of an IPv6 socket, as `::ffff:127.0.0.1`). The layout is that of
the kernel's `get_tcp4_sock` and `get_tcp6_sock`; see proc_pid_net(5).
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ecsvnc.loopback.exchange import Address, Admit
from ecsvnc.runtime import Runtime

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOOKS = 5
_LOOK_AGAIN_S = 0.02
_ROOT = 0

ByteOrder = Literal["little", "big"]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who created a socket. `is_held`: a process still holds it; if not, the kernel reports root for any user."""

    uid: int
    is_held: bool


def find_owner(table: str, *, near: Address, far: Address, byte_order: ByteOrder = sys.byteorder) -> Owner | None:
    """Find the socket that is bound to `near` and connected to `far`, in one table. None: it is not there.

    Lines in another format are skipped. `byte_order` is the kernel's: it prints each 32-bit word of an
    address as one number.
    """
    wanted = {(_row_address(near, mapped, byte_order), _row_address(far, mapped, byte_order)) for mapped in (0, 1)}
    for line in table.splitlines():
        fields = line.split()
        # sl, local, remote, state, queues, timer, retransmits, uid, timeout, inode
        if len(fields) >= 10 and (fields[1], fields[2]) in wanted and fields[7].isdecimal():
            return Owner(int(fields[7]), is_held=fields[9] != "0")
    return None


def _row_address(address: Address, mapped: int, byte_order: ByteOrder) -> str:
    """`HEX:PORT` as the tables print it; with `mapped`, an IPv4 address as the tcp6 table does."""
    host, port = address
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(host)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    packed = ip.packed
    if mapped and len(packed) == 4:
        packed = b"\0" * 10 + b"\xff\xff" + packed
    words = [int.from_bytes(packed[at : at + 4], byte_order) for at in range(0, len(packed), 4)]
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"


def read_tables() -> list[str]:
    """The kernel's tables as they are now. Raises OSError if they cannot be read."""
    first, *others = _TABLES
    # A kernel without IPv6 has no tcp6.
    return [first.read_text("ascii"), *(table.read_text("ascii") for table in others if table.exists())]


def admit_this_user(runtime: Runtime) -> Admit | None:
    """The `admit` of a loopback server for this user; None on all platforms but Linux, where owners are not known."""
    if runtime.platform != "linux":
        return None
    # On WSL, a browser or viewer may be a Windows program, whose sockets Linux does not list.
    is_wsl = "microsoft" in os.uname().release.lower()
    return only_for({os.getuid(), os.geteuid()}, runtime=runtime, foreign_network=is_wsl)


def only_for(
    uids: Collection[int],
    *,
    runtime: Runtime,
    foreign_network: bool = False,
    tables: Callable[[], Iterable[str]] = read_tables,
) -> Admit:
    """Make the `admit` of a loopback server that answers the users `uids`, and root.

    A listing is not a snapshot: a row can be missing while others change, and is looked for again. A peer that is not
    listed is in another network namespace. It is refused, unless `foreign_network` says that such peers are this
    user's (on WSL, the browser is a Windows program). A socket that no process holds is refused: the kernel lists it
    as root's.
    """
    allowed = {_ROOT, *uids}

    def admit(peer: Address, local: Address) -> bool:
        for look in range(_LOOKS):
            if look:
                runtime.sleep(_LOOK_AGAIN_S)
            try:
                owners = [find_owner(table, near=peer, far=local) for table in tables()]
            except OSError as error:
                runtime.reporter.warn(
                    f"Refused a connection: its owner is unknown (/proc/net/tcp: {error.strerror or 'unreadable'})."
                )
                return False
            owner = next((each for each in owners if each is not None), None)
            if owner is not None:
                is_ours = owner.is_held and owner.uid in allowed
                if not is_ours:
                    runtime.reporter.info(f"Refused a connection of another user (uid {owner.uid}).")
                return is_ours
        if not foreign_network:
            runtime.reporter.info("Refused a connection from outside this machine's network namespace.")
        return foreign_network

    return admit
