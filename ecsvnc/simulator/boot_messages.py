"""What the simulated Linux machine writes while it boots: to its screen, and to its serial console."""

from __future__ import annotations

BOOT: list[tuple[float, str]] = [
    (0.0, "Simulated Linux of ecsvnc demo, console tty1"),
    (0.1, "Command line: root=/dev/vda1 ro console=ttyS0 console=tty1"),
    (0.3, "cpu: 2 virtual processors"),
    (0.4, "memory: one text screen, 80x25"),
    (0.6, "input: RFB keyboard and pointer"),
    (0.7, "vda: vda1"),
    (0.9, "OK Mounted /dev/vda1 on /."),
    (1.1, "OK Started Network Time Synchronization."),
    (1.3, "OK Started OpenSSH server daemon."),
    (1.4, "OK Reached target Multi-User System."),
    (1.6, ""),
]
"""Seconds after the start, and the message then."""

BOOT_S = BOOT[-1][0]


def serial_output(name: str, messages: int) -> str:
    r"""The serial console's output after this number of messages.

    As on a real one, lines end in `\r\n`, and colours are escape sequences.
    """
    lines = []
    for due_s, message in BOOT[:messages]:
        if message.startswith("OK "):
            lines.append(f"[  \x1b[0;32mOK\x1b[0m  ] {message[3:]}\r\n")
        elif message:
            lines.append(f"[{due_s:>9.6f}] {message}\r\n")
    if messages == len(BOOT):
        lines.append(f"\r\n{name} login: ")
    return "".join(lines)
