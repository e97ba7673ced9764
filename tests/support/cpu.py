"""CPU time of whole processes, compared in pairs: what one run costs changes with the machine, the ratio hardly."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Command(NamedTuple):
    """A program to measure, with its whole environment."""

    argv: Sequence[str]
    environ: Mapping[str, str]


def cpu_time_s(command: Command) -> float:
    """User and system time of one run, its output thrown away. Raises RuntimeError unless it exits with 0."""
    null = os.open(os.devnull, os.O_RDWR)
    try:
        process = os.posix_spawn(
            command.argv[0],
            list(command.argv),
            dict(command.environ),
            file_actions=[(os.POSIX_SPAWN_DUP2, null, stream) for stream in (0, 1, 2)],
        )
        _, status, usage = os.wait4(process, 0)
    finally:
        os.close(null)
    if status != 0:
        raise RuntimeError(f"{' '.join(command.argv)} failed with wait status {status}")
    return usage.ru_utime + usage.ru_stime


def cpu_times_s(commands: Mapping[str, Command], *, rounds: int) -> dict[str, float]:
    """The median of each command. They take turns, so that a slow moment of the machine strikes all of them."""
    for command in commands.values():
        cpu_time_s(command)  # the first run writes bytecode and warms the page cache
    samples: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            samples[name].append(cpu_time_s(command))
    return {name: statistics.median(times) for name, times in samples.items()}


def least_ratio(measured: Command, reference: Command, *, limit: float, rounds: int = 11, attempts: int = 4) -> float:
    """How many times the CPU time of `reference` one run of `measured` takes.

    Other work on the machine makes both slower, and not always by the same factor: a ratio over `limit` is measured
    again, up to `attempts` times, and the smallest is returned.
    """
    best = float("inf")
    for _ in range(attempts):
        times = cpu_times_s({"measured": measured, "reference": reference}, rounds=rounds)
        best = min(best, times["measured"] / times["reference"])
        if best <= limit:
            break
    return best
