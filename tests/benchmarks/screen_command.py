"""What one `ecsvnc screen` costs beside one `ecsvnc url`: `python tests/benchmarks/screen_command.py`.

Prints CPU time, wall time and peak memory of whole processes, the least of several runs in turns: other work on the
machine only adds. The embedded ECS that answers is a process of its own. Exits with 1 if a limit is not kept.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.cli import PROGRAM, Cli
from support.ecs_process import serving

ROUNDS = 6
"""With the first run, which is not counted, fewer than the 30 consoles that ECS serves in a minute."""

CPU_RATIO = 2.2
WAIT_S = 0.5
"""How much longer it takes than `url` and its own computing: the waits for a screen on which only a cursor blinks."""
MEMORY_MIB = 60.0


class Cost(NamedTuple):
    """Of one run: seconds, and MiB at the most."""

    cpu_s: float
    wall_s: float
    memory_mib: float


def cost(arguments: list[str], environ: Mapping[str, str]) -> Cost:
    """Run the installed command. Raises RuntimeError unless it exits with 0."""
    null = os.open(os.devnull, os.O_RDWR)
    began_s = time.monotonic()
    try:
        process = os.posix_spawn(
            PROGRAM,
            [str(PROGRAM), *arguments],
            environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, null, n) for n in (0, 1, 2)],
        )
        _, status, usage = os.wait4(process, 0)
    finally:
        os.close(null)
    if status != 0:
        raise RuntimeError(f"ecsvnc {' '.join(arguments)} failed with wait status {status}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began_s, usage.ru_maxrss / 1024)


def measured(commands: Mapping[str, list[str]], environ: Mapping[str, str]) -> dict[str, Cost]:
    """The least that each command costs."""
    for arguments in commands.values():
        cost(arguments, environ)  # the first run writes bytecode and warms the page cache
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, arguments in commands.items():
            costs[name].append(cost(arguments, environ))
    return {name: Cost(*map(min, zip(*each, strict=True))) for name, each in costs.items()}


def main() -> None:
    """Measure, print, and exit with 1 if a limit was not kept."""
    with tempfile.TemporaryDirectory() as name:
        cli = Cli(Path(name) / "home", {"PYTHONWARNINGS": ""})
        with serving(Cli(Path(name) / "ecs")) as ecs:
            web = ecs.instance_ids["web-1"]
            costs = measured({"url": ["url", web], "screen": ["screen", web]}, {**cli.environ, **ecs.exports})
    for name, each in costs.items():
        print(f"{each.cpu_s * 1000:7.0f} ms CPU {each.wall_s * 1000:7.0f} ms {each.memory_mib:6.1f} MiB  ecsvnc {name}")
    url, screen = costs.values()
    waits_s = (screen.wall_s - url.wall_s) - (screen.cpu_s - url.cpu_s)
    kept = [
        verdict("CPU time, beside `url`", screen.cpu_s / url.cpu_s, CPU_RATIO, "x"),
        verdict("waits for the screen", waits_s, WAIT_S, "s"),
        verdict("memory", screen.memory_mib, MEMORY_MIB, "MiB"),
    ]
    sys.exit(0 if all(kept) else 1)


def verdict(what: str, value: float, limit: float, unit: str) -> bool:
    """Print a value; whether it is within its limit."""
    kept = value <= limit
    print(f"{value:7.2f} {unit:4} {what} (at most {limit:g}){'' if kept else '  MISSED'}")
    return kept


if __name__ == "__main__":
    main()
