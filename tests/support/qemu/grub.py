"""A CD with GRUB, as the installation media of distributions have it: a menu, and Linux behind its first entry."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from support.parts import need, need_file
from support.qemu.initramfs import make_initramfs
from support.qemu.kernel import Kernel

MENU = ("Debian GNU/Linux", "Advanced options for Debian GNU/Linux", "UEFI Firmware Settings")

_GFXTERM = """
insmod all_video
set gfxmode=1024x768
loadfont unicode
terminal_output gfxterm
"""


def make_cd(
    folder: Path, kernel: Kernel, *modules: str, platform: str = "i386-pc", gfxterm: bool = False, timeout_s: int = -1
) -> Path:
    """Make its image in `folder`. The menu starts Linux after `timeout_s`, or waits if it is -1.

    `platform` is GRUB's: i386-pc or x86_64-efi. Its screen is the firmware's text, or `gfxterm`'s picture of text.
    """
    modules_of_grub = need_file(f"/usr/lib/grub/{platform}")
    need("xorriso")
    root = folder / "cd"
    (root / "boot/grub").mkdir(parents=True)
    shutil.copy(kernel.image, root / "boot/vmlinuz")
    make_initramfs(folder, kernel, *modules).rename(root / "boot/initramfs")
    entry = "linux /boot/vmlinuz console=tty1 quiet\ninitrd /boot/initramfs\n"
    entries = "".join(f"menuentry '{title}' {{\n{entry}}}\n" for title in MENU)
    config = f"set timeout={timeout_s}\n{_GFXTERM if gfxterm else ''}{entries}"
    (root / "boot/grub/grub.cfg").write_text(config)
    image = folder / "cd.iso"
    command = [need("grub-mkrescue"), "-d", modules_of_grub, "-o", str(image), str(root)]
    subprocess.run(command, capture_output=True, check=True)
    return image
