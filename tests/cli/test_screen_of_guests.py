"""`ecsvnc screen` on virtual machines, held against what their own kernel has on the screen."""

import gzip
import json
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.parts import need_file
from support.qemu.gateway import NAME, GuestEcs
from support.qemu.guest import Guest
from support.qemu.reading import Reading, differences, random_page

from ecsvnc.runtime import Runtime

FONTS = Path("/usr/share/consolefonts")
SCREENS = {
    "the kernel's log": "dmesg | tail -n 60",
    "a listing in colours": "clear; ls -la --color=always /bin /dev | tail -n 60",
}
"""What a guest shows, by a command that prints it."""


class Judged:
    """What was read wrong, of all screens that a guest showed."""

    def __init__(self, guest, read):
        self._guest = guest
        self._read = read
        self.found = {}

    def screen(self, name, *how):
        truth = None
        while truth != (truth := self._guest.screen()):  # the kernel may have written a message meanwhile
            lines, unknown = self._read(*how)
        found = differences(lines, truth)
        if unknown != sum(line.count("\ufffd") for line in lines):
            found.append(f"{unknown} cells are said to be unknown")
        if found:
            self.found[name] = found[:5]

    def random_page(self, name):
        screen = self._guest.screen()
        self._guest.show(random_page(len(screen.lines[0]), len(screen.lines)))
        self.screen(name)

    def font(self, name):
        self._guest.load_font(gzip.decompress(Path(need_file(f"{FONTS}/{name}.psf.gz")).read_bytes()))
        self.random_page(f"random ASCII in {name}")


@pytest.fixture
def ecs_of():
    @contextmanager
    def ecs_of(guest, **options):
        with GuestEcs(Runtime({}, Path("/nowhere")), guest, **options) as ecs:
            yield ecs

    return ecs_of


@pytest.mark.parametrize(
    ("display", "fonts"),
    [
        ("cirrus", ["Lat15-Fixed16", "Lat15-Terminus24x12"]),
        pytest.param("std", ["Uni2-TerminusBold32x16", "Lat15-VGA8"], marks=pytest.mark.full),
        pytest.param("vga", ["Lat15-Fixed16", "Lat15-Terminus14"], marks=pytest.mark.full),
    ],
)
def test_every_screen_of_a_linux_guest_is_printed_as_its_kernel_has_it(display, fonts, kernel, ecs_of, in_process):
    with Guest.booted(kernel, display) as guest, ecs_of(guest) as ecs:

        def read(*how):
            done = in_process("screen", NAME, "--output", "json", *how, **ecs.exports())
            assert done.status == 0, done.stderr
            answer = json.loads(done.stdout)
            return answer["lines"], answer["unknown"]

        judged = Judged(guest, read)
        judged.screen("the end of the boot, and the login prompt")
        judged.screen("the same, in a screenshot", "--snapshot")
        for name, command in SCREENS.items():
            guest.run(f"({command}) >/dev/tty1")
            judged.screen(name)
        judged.random_page("random ASCII in the font that the screen has at first")
        for font in fonts:
            judged.font(font)
    assert judged.found == {}


@pytest.mark.full
@pytest.mark.timeout(400)
@pytest.mark.parametrize("display", ["cirrus", "std", "virtio", "vga"])
def test_every_font_of_a_linux_guest_is_read(display, kernel, ecs_of):
    fonts = [
        *("Lat15-Fixed16", "Lat15-Fixed13", "Lat15-Fixed18", "Lat15-VGA16", "Lat15-VGA8", "Uni2-VGA16", "Uni3-Fixed16"),
        *("Lat15-Terminus14", "Lat15-Terminus16", "Uni2-TerminusBold16", "FullCyrSlav-Fixed16", "Greek-VGA16"),
    ]
    if display != "vga":  # its text mode has glyphs 8 wide
        fonts += ["Lat15-Terminus12x6", "Lat15-Terminus20x10", "Lat15-TerminusBold24x12", "Lat15-Terminus32x16"]
    with Guest.booted(kernel, display) as guest, ecs_of(guest) as ecs, Reading(ecs) as reading:

        def read():
            # QEMU looks for changes less often the longer nothing has changed: every 3 s at last.
            reading.console.process_for(3.5)
            shot = reading.look()
            return shot.lines, shot.text.unknown

        judged = Judged(guest, read)
        for font in fonts:
            judged.font(font)
    assert judged.found == {}


@pytest.mark.parametrize("has_text_mode", [False, pytest.param(True, marks=pytest.mark.full)])
def test_until_sees_the_login_prompt_through_a_reboot_and_connections_that_break(
    has_text_mode, kernel, ecs_of, in_process
):
    # `--wait` connects some seconds after the reboot: the prompt comes after that connection has been cut.
    guest = Guest.linux(kernel, "cirrus", has_text_mode=has_text_mode, login_after_s=10)
    with guest, ecs_of(guest, cut_after_s=5) as ecs:
        done = in_process("reboot", NAME, "--yes", **ecs.exports())
        assert done.status == 0, done.stderr
        done = in_process("screen", NAME, "--wait", "--until", "login: *$", **ecs.exports())
        assert done.status == 0, done.stderr
        assert done.stdout.rstrip().endswith("guest login:")
        assert "login:" in "\n".join(guest.wait_ready().screen().lines)
        assert ecs.connections > 1
