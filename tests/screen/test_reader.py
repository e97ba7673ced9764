"""A screen that was drawn with a known font is read as what was drawn, wherever the text stands on it."""

from __future__ import annotations

import pytest
from support.rendered import console_font, screen_of

from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.reader import ScreenReader
from ecsvnc.simulator.framebuffer import Framebuffer as DemoFramebuffer
from ecsvnc.simulator.linux_console import LinuxConsole

ASCII = "".join(map(chr, range(33, 127)))
BOOT_LOG = (
    "[    0.000000] Linux version 6.1.0-56-amd64 (gcc-12 (Debian 12.2.0))",
    "[    1.482913] systemd[1]: Detected virtualization kvm.",
    "",
    "Debian GNU/Linux 12 web-1 tty1",
    "",
    ASCII[:47],
    ASCII[47:],
    "web-1 login: root",
)


@pytest.mark.parametrize(
    ("name", "width", "height", "gap", "x", "y"),
    [
        ("vgabios-stdvga-8x16", 720, 400, 1, 0, 0),
        ("vgabios-stdvga-8x8", 720, 400, 1, 0, 0),
        ("Lat15-VGA14", 720, 392, 1, 0, 0),
        ("vgabios-stdvga-8x16", 1024, 768, 0, 0, 0),
        ("Lat15-Fixed16", 1280, 800, 0, 0, 0),
        ("Uni2-Terminus32x16", 1920, 1080, 0, 0, 0),
        ("Lat15-Terminus24x12", 1024, 768, 0, 0, 0),
        ("Lat2-TerminusBold28x14", 1024, 768, 0, 0, 0),
        ("grub-unicode-8x16", 1024, 768, 0, 10, 10),
        ("edk2-LaffStd", 800, 600, 0, 0, 5),
        ("edk2-LaffStd", 1280, 800, 0, 0, 1),
        ("Lat15-Fixed16", 1024, 768, 0, 3, 7),
    ],
)
def test_text_is_read_in_every_place_where_machines_put_it(name, *, width, height, gap, x, y):
    framebuffer = screen_of(console_font(name), BOOT_LOG, width, height, gap=gap, x=x, y=y)
    screen = ScreenReader().read(framebuffer)
    assert screen.lines[: len(BOOT_LOG)] == BOOT_LOG
    assert not any(screen.lines[len(BOOT_LOG) :])
    assert screen.unknown == 0


def test_the_demo_is_read_as_a_real_console_is():
    console = LinuxConsole("web-1", "i-bp1", now=lambda: 1000.0)
    drawn = DemoFramebuffer(console.width, console.height)
    console.draw(drawn)
    screen = ScreenReader().read(Framebuffer(drawn.width, drawn.height, 4, drawn.pixels))
    assert "\n".join(screen.lines).split() == console.text().split()
    assert screen.unknown == 0
