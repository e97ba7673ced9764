"""Checks what `python -m build` made: `check_distributions.py FOLDER`, with one wheel and one sdist in it.

The wheel holds every file of the package, the man page and the completion scripts, and no other. The sdist holds what
is needed to build and to test. The wheel is installed in a fresh environment, and the installed command prints its
version and its completion script. Raises AssertionError.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED_IN_THE_SDIST = ("README.md", "LICENSE", "pyproject.toml", "constraints.txt", "noxfile.py", "tests/conftest.py")

SHARED = {
    "share/man/man1/ecsvnc.1": "man/ecsvnc.1",
    "share/bash-completion/completions/ecsvnc": "completions/ecsvnc.bash",
    "share/zsh/site-functions/_ecsvnc": "completions/_ecsvnc",
    "share/fish/vendor_completions.d/ecsvnc.fish": "completions/ecsvnc.fish",
}
"""What the wheel installs outside the package, and where it is in the tree."""


def main() -> None:
    """Check them."""
    folder = Path(sys.argv[1])
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    check_wheel(wheel)
    check_sdist(sdist)
    check_installed(wheel)
    print(f"{wheel.name} and {sdist.name} are complete.")


def package_files() -> set[str]:
    """Every file of the package in the tree."""
    paths = (path for path in (ROOT / "ecsvnc").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in paths}


def check_wheel(wheel: Path) -> None:
    """The wheel has the package, its data included, and metadata."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    shared = {name for name in names if ".data/data/" in name}
    names -= shared
    assert names == package_files(), f"missing or not wanted: {sorted(names ^ package_files())}"
    assert {name.partition(".data/data/")[2] for name in shared} == set(SHARED)
    assert "ecsvnc/py.typed" in names


def check_sdist(sdist: Path) -> None:
    """The sdist can be built and tested, and has nothing that was made by tools."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    missing = {*NEEDED_IN_THE_SDIST, *package_files()} - names
    assert not missing, f"missing: {sorted(missing)}"
    made = [name for name in names if name.startswith((".venv", ".nox", "dist/", "build/")) or "__pycache__" in name]
    assert not made, f"not wanted: {sorted(made)}"


def check_installed(wheel: Path) -> None:
    """The wheel can be installed, and the command that it installs runs."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder, "bin")
        subprocess.run(
            [programs / "pip", "install", "--quiet", "--no-compile", "--constraint", ROOT / "constraints.txt", wheel],
            check=True,
        )
        version = wheel.name.split("-")[1]
        assert output(programs, "--version") == f"ecsvnc {version}\n"
        script = (ROOT / "completions" / "ecsvnc.fish").read_text("utf-8")
        assert output(programs, "completion", "fish") == script
        for installed, file in SHARED.items():
            assert Path(folder, installed).read_bytes() == (ROOT / file).read_bytes(), installed


def output(programs: Path, *arguments: str) -> str:
    """What the installed command prints."""
    command = [programs / "ecsvnc", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd="/").stdout


if __name__ == "__main__":
    main()
