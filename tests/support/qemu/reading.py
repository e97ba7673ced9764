"""What ecsvnc reads off a guest's screen, held against what the guest has on it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from support.qemu.gateway import GuestEcs
from support.qemu.guest import GuestScreen

from ecsvnc.capture.console_screen import ConsoleScreen
from ecsvnc.capture.shot import Shot
from ecsvnc.console.client import ConsoleClient, ConsoleOptions
from ecsvnc.runtime import Runtime
from ecsvnc.screen.text_screen import UNKNOWN
from ecsvnc.settings.table import KEEPALIVE
from ecsvnc.tickets.ticket import Ticket, VncUrl

ASCII = "".join(map(chr, range(0x21, 0x7F)))


class Reading:
    """A session with the console of a guest. `look` gives its screen."""

    def __init__(self, ecs: GuestEcs) -> None:
        instance = next(iter(ecs.fleet))
        runtime = Runtime({}, Path("/nowhere"))
        tickets = SimpleNamespace(
            instance_id=instance.id,
            region_id=instance.region_id,
            name=instance.name,
            claim=lambda is_over: True,
            take=lambda: Ticket(VncUrl.parse(ecs.new_vnc_url()), runtime.now(), runtime.monotonic(), "request-id"),
        )
        settings = {KEEPALIVE: 20.0}
        self.console = ConsoleClient(tickets, ConsoleOptions(), settings=settings, runtime=runtime)
        self._screen = ConsoleScreen(self.console, runtime)

    def look(self) -> Shot:
        return self._screen.look()

    def __enter__(self):
        self.console.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self.console.close()


def differences(lines: Sequence[str], truth: GuestScreen) -> list[str]:
    """Every cell that was read wrong, and every ASCII character that was not read."""
    if len(lines) != len(truth.lines):
        return [f"{len(lines)} rows instead of {len(truth.lines)}"]
    found = []
    for row, (line, true_line) in enumerate(zip(lines, truth.lines, strict=True)):
        for column, (character, true_character) in enumerate(zip(line.ljust(len(true_line)), true_line, strict=True)):
            is_ascii = true_character in ASCII + " "
            if character != true_character and (is_ascii or character != UNKNOWN):
                found.append(f"row {row}, column {column}: {true_character!r} was read as {character!r}")
    return found


def random_page(columns: int, rows: int, *, seed: int = 1) -> bytes:
    """A screen full of random ASCII in random colours: what to write to a Linux console."""
    choice = random.Random(seed)
    lines = []
    for row in range(1, rows + 1):
        cells = []
        for _ in range(columns):
            # Where a font has 512 glyphs, the VGA shows bright colours as the dark ones.
            foreground, background = choice.sample(range(8), 2)
            bright = choice.choice((30, 90))
            cells.append(f"\x1b[{bright + foreground};{40 + background}m{choice.choice(ASCII)}")
        lines.append(f"\x1b[{row};1H{''.join(cells)}")
    return f"\x1b[?7l\x1b[2J{''.join(lines)}\x1b[0m\x1b[?7h".encode()
