"""The screens that come before an operating system, as real firmware and GRUB draw them."""

import re
from pathlib import Path

import pytest
from support.parts import need_file
from support.program import wait_until
from support.qemu.gateway import GuestEcs
from support.qemu.grub import MENU, make_cd
from support.qemu.guest import Guest
from support.qemu.reading import Reading, differences

from ecsvnc.runtime import Runtime

WORDS_OF_GRUBS_MENU = (
    r"GNU GRUB version \S+ \*"
    + " ".join(MENU)
    + r" Use the [↑▲] and [↓▼] keys to select which entry is highlighted\. Press enter to boot the selected OS, "
    r"`e' to edit the commands before booting or `c' for a command-line\."
)
"""A pattern for all that is on the screen, but for lines and blanks: it is laid out to the screen's width."""


def read(guest, *texts):
    """The screen of a machine, once it shows these texts."""
    shown = []
    with GuestEcs(Runtime({}, Path("/nowhere")), guest) as ecs, Reading(ecs) as reading:

        def is_shown():
            shown.append(reading.look())
            return all(text in "\n".join(shown[-1].lines) for text in texts)

        wait_until(is_shown, timeout_s=60)
    return shown[-1]


def words(screen):
    return " ".join(re.sub(r"[┌─┐│└┘]", " ", " ".join(screen.lines)).split())


def test_seabios_without_a_disk_is_read_as_its_text_memory_has_it():
    with Guest("-vga", "std") as guest:
        screen = read(guest, "No bootable device")
        assert differences(screen.lines, guest.text_memory()) == []


def test_grubs_menu_in_text_mode_is_read_as_its_text_memory_has_it(kernel, tmp_path):
    with Guest("-vga", "std", "-cdrom", str(make_cd(tmp_path, kernel))) as guest:
        screen = read(guest, MENU[-1], "command-line")
        assert differences(screen.lines, guest.text_memory()) == []
    assert re.fullmatch(WORDS_OF_GRUBS_MENU, words(screen))


def test_grubs_menu_in_graphics_is_read_to_the_letter(kernel, tmp_path):
    with Guest("-vga", "std", "-cdrom", str(make_cd(tmp_path, kernel, gfxterm=True))) as guest:
        screen = read(guest, MENU[-1], "command-line")
    assert re.fullmatch(WORDS_OF_GRUBS_MENU, words(screen))


@pytest.mark.full
@pytest.mark.parametrize("gfxterm", [False, True])
def test_grubs_menu_under_uefi_is_read_to_the_letter(gfxterm, kernel, tmp_path):
    cd = make_cd(tmp_path, kernel, platform="x86_64-efi", gfxterm=gfxterm)
    firmware = need_file("/usr/share/OVMF/OVMF_CODE_4M.fd")
    drives = ["-drive", f"if=pflash,format=raw,readonly=on,file={firmware}", "-cdrom", str(cd)]
    with Guest("-vga", "std", *drives) as guest:
        screen = read(guest, MENU[-1], "command-line")
    assert re.fullmatch(WORDS_OF_GRUBS_MENU, words(screen))
