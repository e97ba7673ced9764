"""How large the program is and how deep its calls go: `python tests/benchmarks/structure.py`.

Prints, for the `ecsvnc` that this interpreter imports:

- the lines of Python in each package;
- how many classes there are, and how many of them are built in at most one place (errors, enums and protocols apart);
- how many calls of our own lie between argv and the connection of a socket, for `url` and `open` (to the API) and
  `proxy` (to the console): the frames on the stack, those of whoever started the thread included.

Exits with 1 if there are more calls than `MOST_CALLS` allows, or none were recorded.

To measure another checkout: `PYTHONPATH=CHECKOUT python tests/benchmarks/structure.py`.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import ecsvnc

PACKAGE = Path(ecsvnc.__file__).parent

MOST_CALLS = {"url": 15, "open": 15, "proxy": 17}

RECORDER = """
import json, os, socket, sys, threading
PACKAGE, LOG = os.environ["STRUCTURE_PACKAGE"], os.environ["STRUCTURE_LOG"]

def own_frames():
    frame, names = sys._getframe(2), []
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(PACKAGE) and code.co_name != "<module>":
            names.append(os.path.relpath(code.co_filename, PACKAGE) + ":" + code.co_name)
        frame = frame.f_back
    return list(reversed(names))

start, connect = threading.Thread.start, socket.socket.connect

def recording_start(thread):
    thread.started_by = getattr(threading.current_thread(), "started_by", []) + own_frames()
    start(thread)

def recording_connect(sock, address):
    if sock.family != socket.AF_UNIX:
        frames = getattr(threading.current_thread(), "started_by", []) + own_frames()
        with open(LOG, "a") as log:
            log.write(json.dumps([address[1], frames]) + "\\n")
    return connect(sock, address)

threading.Thread.start, socket.socket.connect = recording_start, recording_connect
from ecsvnc.__main__ import main
main()
"""

VISIT = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=20).read()"


def lines_per_package() -> Counter[str]:
    """Lines of Python, by package; modules at the top count as `(top)`."""
    lines: Counter[str] = Counter()
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).parts
        lines[parts[0] if len(parts) > 1 else "(top)"] += path.read_text("utf-8").count("\n")
    return lines


def classes() -> tuple[int, list[str]]:
    """How many classes there are, and the names of those that are built in at most one place."""
    trees = [ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")]
    defined = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    calls = Counter(
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    )
    counted = [
        name
        for name, bases in defined.items()
        if not name.endswith(("Error", "Exit")) and not bases & {"Enum", "IntEnum", "IntFlag", "Protocol"}
    ]
    return len(counted), sorted(name for name in counted if calls[name] <= 1)


def depths() -> dict[str, list[str]]:
    """The chain of own calls to a connection, for the ticket of an id (url, open) or its console (proxy)."""
    with tempfile.TemporaryDirectory() as folder, embedded_ecs(folder) as environ:
        listed = subprocess.run(
            [sys.executable, "-P", "-m", "ecsvnc", "list", "web-1"],
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        instance_id = listed.stdout.split()[0]
        browser = f"{sys.executable} {visitor(folder)} %s"
        return {
            "url": max(chains(["url", instance_id, "--os", "linux"], environ, folder), key=len),
            "open": max(chains(["open", instance_id, "--os", "linux", "--browser", browser], environ, folder), key=len),
            "proxy": chains(["proxy", instance_id, "--no-auth"], environ, folder, view=True)[-1],
        }


def visitor(folder: str) -> Path:
    """A stand-in for a browser: a script that visits an address."""
    path = Path(folder, "visit.py")
    path.write_text(VISIT)
    return path


@contextlib.contextmanager
def embedded_ecs(folder: str):
    """The environment of a user of an embedded ECS."""
    environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV") if name in os.environ}
    environ |= {"HOME": folder, "ECSVNC_CONFIG_DIR": folder}
    command = [sys.executable, "-P", "-m", "ecsvnc", "demo", "--serve"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as serving:
        exports = {}
        while len(exports) < 5:
            name, _, value = serving.stdout.readline().removeprefix("export ").partition("=")
            exports[name] = value.strip().strip("'")
        yield environ | exports
        serving.send_signal(signal.SIGINT)


def chains(arguments: list[str], environ: dict[str, str], folder: str, *, view: bool = False) -> list[list[str]]:
    """Run a command, and return the chain to each connection. With `view`, be a viewer on the port that it prints."""
    log = Path(folder, "connects.jsonl")
    log.unlink(missing_ok=True)
    environ = environ | {"STRUCTURE_PACKAGE": str(PACKAGE), "STRUCTURE_LOG": str(log)}
    command = [sys.executable, "-P", "-c", RECORDER, *arguments]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        if view:
            host, _, port = run.stdout.readline().strip().rpartition(":")
            with socket.create_connection((host, int(port))) as viewer:
                viewer.sendall(b"RFB 003.008\n")
                shown = b""
                while len(shown) < 12 + 2 and select.select([viewer], [], [], 10)[0]:
                    shown += viewer.recv(4096)
                viewer.sendall(b"\x01\x01")
                while len(shown) < 12 + 2 + 4 + 24 and select.select([viewer], [], [], 10)[0]:
                    shown += viewer.recv(4096)
            run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
    return [json.loads(line)[1] for line in log.read_text().splitlines()]


def main() -> None:
    """Print all of it."""
    lines = lines_per_package()
    for name, count in sorted(lines.items()):
        print(f"{name:<14}{count:>6}")
    print(f"{'lines':<14}{sum(lines.values()):>6}")
    count, once = classes()
    print(f"\nclasses: {count}; built in at most one place: {len(once)}")
    if "-v" in sys.argv:
        print("  " + ", ".join(once))
    kept = True
    for command, frames in depths().items():
        print(f"calls of our own to the socket, {command}: {len(frames)} (at most {MOST_CALLS[command]})")
        if "-v" in sys.argv:
            print("  " + "\n  ".join(frames))
        kept = kept and 0 < len(frames) <= MOST_CALLS[command]
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
