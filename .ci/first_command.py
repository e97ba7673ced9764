"""Runs the README's first command as a newcomer would: `first_command.py FOLDER`, a fresh copy of the tree.

An empty home, no browser and no display: the command must print an address, the address must lead to a console page,
and Ctrl-C must end it. Raises AssertionError, or whatever went wrong.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support import readme

INSTALL_TIMEOUT_S = 300
END_TIMEOUT_S = 20

# Where packages come from is this machine's affair, not the newcomer's.
KEPT = ("PATH", "LANG", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def main() -> None:
    """Run it."""
    folder = sys.argv[1]
    command = readme.command("Try it")
    print(command, flush=True)
    with tempfile.TemporaryDirectory() as home:
        environ = {name: value for name, value in os.environ.items() if name.upper() in KEPT or name.startswith("PIP_")}
        own_pip_config = Path("~/.config/pip/pip.conf").expanduser()
        if own_pip_config.is_file():
            environ.setdefault("PIP_CONFIG_FILE", str(own_pip_config))
        process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=folder,
            env={**environ, "HOME": home},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        too_slow = threading.Timer(INSTALL_TIMEOUT_S, os.killpg, (process.pid, signal.SIGKILL))
        too_slow.start()
        try:
            address = process.stdout.readline().strip()
            print(address, flush=True)
            assert address.startswith("http://127.0.0.1:"), f"no address on stdout: {address!r}"
            page = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=30)
            assert "/console/" in page.url, f"it does not lead to a console page: {page.url.partition('?')[0]}"
            assert b"<canvas" in page.read()
            assert process.poll() is None, "it did not wait for the console to be closed"
            os.killpg(process.pid, signal.SIGINT)
            process.wait(END_TIMEOUT_S)
            assert process.returncode in (130, -signal.SIGINT), f"Ctrl-C ended it with {process.returncode}"
            assert not list(Path(home).rglob("ecsvnc*")), "it left something in the home folder"
        finally:
            too_slow.cancel()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


if __name__ == "__main__":
    main()
