"""The file system that a guest boots into: busybox, the modules of its display, and what loads fonts and keymaps."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from support.parts import need
from support.qemu.kernel import Kernel

INIT = Path(__file__).with_name("init.sh")


def make_initramfs(folder: Path, kernel: Kernel, *modules: str) -> Path:
    """Make it in `folder`, with these modules and the modules that they need."""
    root = folder / "root"
    (root / "bin").mkdir(parents=True)
    (root / "modules").mkdir()
    shutil.copy(INIT, root / "init")
    (root / "init").chmod(0o755)
    shutil.copy(need("busybox"), root / "bin/busybox")
    for program in (need("setfont"), need("loadkeys")):
        for file in (program, *_libraries(program)):
            target = root / file.lstrip("/") if file != program else root / "bin" / Path(file).name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    contents = {}
    for module in modules:
        contents |= kernel.modules(module)
    for name, content in contents.items():
        (root / "modules" / name).write_bytes(content)
    (root / "modules/order").write_text("".join(f"{name}\n" for name in contents))
    names = "\n".join(str(each.relative_to(root)) for each in sorted(root.rglob("*")))
    archive = folder / "initramfs"
    with archive.open("wb") as file:
        subprocess.run(
            [need("busybox"), "cpio", "-o", "-H", "newc"],
            cwd=root,
            input=names.encode(),
            stdout=file,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    return archive


def _libraries(program: str) -> list[str]:
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(", listed)
