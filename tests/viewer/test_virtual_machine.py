"""The proxy in front of QEMU's VNC server, whose guest says what arrived."""

from pathlib import Path

from support.program import Program, wait_until
from support.qemu.gateway import NAME, GuestEcs
from support.qemu.guest import Guest
from support.rfb_viewer import RfbViewer
from support.vnc_client import type_text

from ecsvnc.runtime import Runtime


def test_what_a_viewer_types_through_the_proxy_arrives_in_a_linux_guest(kernel, tmp_path):
    with Guest.booted(kernel, "cirrus") as guest, GuestEcs(Runtime({}, Path("/nowhere")), guest) as ecs:
        program = Program(ecs.exports(), tmp_path)
        proxy = program.start("proxy", NAME, "--no-auth")
        try:
            guest.listen()
            with RfbViewer(int(proxy.address().rpartition(":")[2])) as viewer:
                assert viewer.open().name == "QEMU"
                viewer.sock.sendall(type_text("tail /var/log\n"))
                wait_until(lambda: b"\r" in guest.typed())
                assert guest.typed() == b"tail /var/log\r"
        finally:
            program.end_all()
