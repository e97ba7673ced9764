"""The Linux kernel that guests boot: Debian's, installed or only unpacked."""

from __future__ import annotations

import fcntl
import lzma
import os
import re
import struct
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("ECSVNC_TEST_KERNEL", "/"))
"""Where Debian's package linux-image-VERSION-amd64 is installed or unpacked (`dpkg -x`)."""


class Kernel:
    """The newest kernel in FOLDER; without one the calling test is skipped. `shared` is a folder of the test run.

    `image` is the kernel as a boot loader takes it. `elf` is the same unpacked, which QEMU starts directly: that takes
    less than half as long without KVM, but the kernel then has no VGA text mode.
    """

    def __init__(self, shared: Path) -> None:
        images = [each for each in FOLDER.glob("boot/vmlinuz-*") if _modules(each).is_dir()]
        if not images:
            pytest.skip(f"no Linux kernel with its modules in {FOLDER} (.ci/run unpacks one)")
        self.image = max(images, key=lambda each: [int(number) for number in re.findall(r"\d+", each.name)])
        self.shared = shared
        self.elf = shared / "vmlinux"
        with (shared / "vmlinux.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.elf.exists():
                _write_atomically(self.elf, _unpacked(self.image.read_bytes()))
        files = _modules(self.image).rglob("*.ko*")
        self._files = {each.name.partition(".ko")[0].replace("-", "_"): each for each in files}

    def modules(self, name: str) -> dict[str, bytes]:
        """A module and the modules that it needs, by name, in the order in which `insmod` takes them."""
        file = self._files[name]
        content = lzma.decompress(file.read_bytes()) if file.suffix == ".xz" else file.read_bytes()
        # The section .modinfo is a list of `key=value`, each ended by NUL.
        needed = re.search(rb"\0depends=([\w,-]*)\0", content)[1].decode().replace("-", "_")
        found = {}
        for each in filter(None, needed.split(",")):
            found |= self.modules(each)
        return found | {name: content}


def _modules(image: Path) -> Path:
    return FOLDER / "lib/modules" / image.name.removeprefix("vmlinuz-")


def _unpacked(image: bytes) -> bytes:
    """The ELF file in a bzImage (Documentation/arch/x86/boot.rst: `setup_sects`, `payload_offset`)."""
    sector_bytes = 512
    (setup_sectors,) = struct.unpack_from("<B", image, 0x1F1)
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * sector_bytes + offset
    # After the compressed kernel come four bytes with its size.
    return lzma.LZMADecompressor().decompress(image[start : start + length])


def _write_atomically(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(path)
