"""What `ecsvnc list` costs with 5,000 instances in 30 regions and 100 ms of latency, and whether it keeps its limits.

`python tests/benchmarks/listing.py [ROUNDS]` measures, each the best of ROUNDS:

- when `list` on a terminal shows its first progress, from the start of the process,
- how long all regions take, over how long the slowest region takes alone. A quarter of the instances is in the largest
  region: the pages of a region come one after another, so it is the slowest.

A fleet that is spread evenly is measured too, and not held to the limit. Its slowest region has two pages, which take
0.2 s; all 5,000 instances take about 0.4 s of one processor besides: a third for the JSON (12 MB), a quarter for 70
requests, the rest for making, remembering and printing instances. So the processor sets the pace there, and not the
service. The CPU time of both is printed, which other work on the machine changes less than the wall time.

The embedded ECS is a process of its own. Exits with 1 if a limit is not kept.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.cli import Cli
from support.program import COMMAND
from support.terminal import OnTerminal

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.embedded import EmbeddedEcs
from ecsvnc.simulator.fleet import Fleet, Instance, instance_id

COUNT = 5_000
LATENCY_S = 0.1

FIRST_PROGRESS_LIMIT_S = 0.3
SLOWEST_REGION_LIMIT = 1.3


def uneven_fleet() -> Iterator[Instance]:
    """COUNT instances in 30 regions: the second largest region has half as many as the largest, the third a third, …"""
    generated = list(Fleet.generate(COUNT))
    region_ids = list(dict.fromkeys(each.region_id for each in generated))
    weights = [1 / rank for rank in range(1, len(region_ids) + 1)]
    rest = iter(generated)
    for region_id, weight in zip(region_ids, weights, strict=True):
        for number in range(round(COUNT * weight / sum(weights))):
            instance = next(rest, None)
            if instance is not None:
                yield replace(instance, id=instance_id(region_id, seed=f"{number}"), region_id=region_id)


FLEETS = {"uneven": uneven_fleet, "even": lambda: Fleet.generate(COUNT)}


def serve(spread: str) -> None:
    """Run the embedded ECS with one of FLEETS until stdin ends."""
    fleet = Fleet(FLEETS[spread]())
    with EmbeddedEcs(Runtime.of_this_process(), fleet=fleet, latency_s=LATENCY_S) as ecs:
        largest = max({each.region_id for each in fleet}, key=lambda region_id: len(fleet.in_region(region_id)))
        print(json.dumps({"exports": ecs.exports(), "largest": largest, "count": len(fleet)}), flush=True)
        sys.stdin.read()


@contextmanager
def served(spread: str) -> Iterator[dict]:
    """What `serve` printed, in another process."""
    argv = [sys.executable, __file__, "--serve", spread]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield json.loads(process.stdout.readline())
        process.stdin.close()


class Took(NamedTuple):
    """What a whole `list` took."""

    wall_s: float
    cpu_s: float


def whole(environ: Mapping[str, str], *arguments: str) -> Took:
    """Measure a whole `list`. Raises CalledProcessError if it fails."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([COMMAND, "list", *arguments], env=environ, check=True, stdout=subprocess.DEVNULL)
    wall_s, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def first_progress_s(environ: Mapping[str, str]) -> float:
    """When something is shown on the terminal, from the start of the process."""
    with OnTerminal("list", environ=environ, stdout=subprocess.DEVNULL) as run:
        run.wait_for("Listing instances")
        return run.first_line_s


def measured(spread: str, rounds: int) -> tuple[float, float]:
    """When the first progress was shown, and how many times as long all regions take as the slowest one; prints both.

    Each is the best of `rounds`.
    """
    with tempfile.TemporaryDirectory() as name, served(spread) as ecs:
        environ = {**Cli(Path(name) / "home", {"PYTHONWARNINGS": ""}).environ, **ecs["exports"]}
        whole(environ)  # writes bytecode and fills the cache
        shown_s = min(first_progress_s(environ) for _ in range(rounds))
        largest = ("--region", ecs["largest"])
        rows = [(whole(environ, *largest), whole(environ)) for _ in range(rounds)]
    alone, everywhere = (Took(*map(min, zip(*column, strict=True))) for column in zip(*rows, strict=True))
    print(f"{spread} fleet of {ecs['count']} instances:")
    print(f"{shown_s:8.2f} s   until the first progress")
    print(f"{alone.wall_s:8.2f} s   {' '.join(largest)} ({alone.cpu_s:.2f} s of CPU)")
    print(f"{everywhere.wall_s:8.2f} s   all regions ({everywhere.cpu_s:.2f} s of CPU)")
    print(f"{everywhere.wall_s / alone.wall_s:8.2f} x   all / the slowest region")
    return shown_s, everywhere.wall_s / alone.wall_s


def main() -> None:
    """Measure, print, and exit with 1 if a limit was not kept."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    shown_s, ratio = measured("uneven", rounds)
    measured("even", rounds)
    print(f"limits of the uneven fleet: {FIRST_PROGRESS_LIMIT_S} s, {SLOWEST_REGION_LIMIT} x")
    sys.exit(0 if shown_s <= FIRST_PROGRESS_LIMIT_S and ratio <= SLOWEST_REGION_LIMIT else 1)


if __name__ == "__main__":
    serve(sys.argv[2]) if "--serve" in sys.argv else main()
