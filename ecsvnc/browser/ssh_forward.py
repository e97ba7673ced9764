"""The `ssh -L` command that makes this machine's loopback ports reachable from another machine. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from ecsvnc.http.proxies import DEFAULT_PORTS
from ecsvnc.loopback.names import is_loopback

SSH_VARIABLES = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")

_SSH_PORT = "22"


def is_ssh_session(environ: Mapping[str, str]) -> bool:
    """Whether this process was started over SSH, by the variables that sshd sets (ssh(1), ENVIRONMENT)."""
    return any(environ.get(name) for name in SSH_VARIABLES)


def ssh_command(ports: Iterable[int], *, environ: Mapping[str, str], user: str, host: str) -> str:
    """Make the `ssh -L` command that forwards `ports`, to be run on the user's machine.

    `host` is this machine's name for itself. In an SSH session, the address at which the user's machine reached this
    one is better: SSH_CONNECTION has it, `CLIENT_IP CLIENT_PORT SERVER_IP SERVER_PORT` (ssh(1), ENVIRONMENT).
    """
    words = ["ssh", "-N"]
    for port in dict.fromkeys(ports):
        words += ["-L", f"{port}:127.0.0.1:{port}"]
    connection = environ.get("SSH_CONNECTION", "").split()
    if len(connection) == 4:
        host = connection[2]
        if connection[3] != _SSH_PORT:
            words += ["-p", connection[3]]
    return shlex.join([*words, f"{user}@{host}"])


def loopback_port(url: str) -> int | None:
    """The port of a URL that leads to this machine only; None for any other. A browser elsewhere needs it forwarded."""
    parts = urlsplit(url)
    if not is_loopback(parts.hostname or ""):
        return None
    return parts.port or DEFAULT_PORTS.get(parts.scheme)
