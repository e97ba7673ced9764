"""What `ecsvnc list` costs with 5,000 instances in 30 regions and 100 ms of latency, and whether it keeps its limits.

`python tests/benchmarks/listing.py [ROUNDS]` measures, each the best of ROUNDS:

- when `list` on a terminal shows its first progress, from the start of the process,
- how long all regions take, over how long the slowest region takes alone. A quarter of the instances is in the largest
  region: the pages of a region come one after another, so it is the slowest.

In a fleet that is spread evenly, the slowest region has two pages, which take less time than reading the JSON of all
5,000 instances does (12 MB): the processor then sets the pace, and not the service. That is not held to the limit.

The embedded ECS is a process of its own. Exits with 1 if a limit is not kept.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

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


def serve() -> None:
    """Run the embedded ECS until stdin ends."""
    fleet = Fleet(uneven_fleet())
    with EmbeddedEcs(Runtime.of_this_process(), fleet=fleet, latency_s=LATENCY_S) as ecs:
        largest = max({each.region_id for each in fleet}, key=lambda region_id: len(fleet.in_region(region_id)))
        print(json.dumps({"exports": ecs.exports(), "largest": largest, "count": len(fleet)}), flush=True)
        sys.stdin.read()


@contextmanager
def served() -> Iterator[dict]:
    """What `serve` printed, in another process."""
    argv = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield json.loads(process.stdout.readline())
        process.stdin.close()


def whole_time_s(environ: Mapping[str, str], *arguments: str) -> float:
    """The wall time of a whole `list`. Raises CalledProcessError if it fails."""
    began = time.monotonic()
    subprocess.run([COMMAND, "list", *arguments], env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def first_progress_s(environ: Mapping[str, str]) -> float:
    """When something is shown on the terminal, from the start of the process."""
    with OnTerminal("list", environ=environ, stdout=subprocess.DEVNULL) as run:
        run.wait_for("Listing instances")
        return run.first_line_s


def main() -> None:
    """Measure, print, and exit with 1 if a limit was not kept."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as name, served() as ecs:
        environ = {**Cli(Path(name) / "home", {"PYTHONWARNINGS": ""}).environ, **ecs["exports"]}
        whole_time_s(environ)  # writes bytecode and fills the cache
        shown_s = min(first_progress_s(environ) for _ in range(rounds))
        largest = ("--region", ecs["largest"])
        times = [(whole_time_s(environ, *largest), whole_time_s(environ)) for _ in range(rounds)]
        alone_s, whole_s = map(min, zip(*times, strict=True))
    print(f"{shown_s:8.2f} s   until the first progress (at most {FIRST_PROGRESS_LIMIT_S})")
    print(f"{alone_s:8.2f} s   {' '.join(largest)}")
    print(f"{whole_s:8.2f} s   all {ecs['count']} instances")
    print(f"{whole_s / alone_s:8.2f} x   all / the slowest region (at most {SLOWEST_REGION_LIMIT})")
    sys.exit(0 if shown_s <= FIRST_PROGRESS_LIMIT_S and whole_s <= SLOWEST_REGION_LIMIT * alone_s else 1)


if __name__ == "__main__":
    serve() if "--serve" in sys.argv else main()
