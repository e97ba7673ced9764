"""What a start costs, in pairs: `python tests/benchmarks/startup.py [ROUNDS]`.

Prints the median CPU time (user and system) of whole processes, and the ratios that the project promises to keep. The
programs take turns, and the embedded ECS that answers `url` is a process of its own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.cli import PROGRAM, Cli
from support.cpu import Command, cpu_times_s
from support.startup import click_program, ecs_process, one_get_program


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cli = Cli(folder / "home", {"PYTHONWARNINGS": ""})
        with ecs_process(cli) as ecs:
            environ = {**cli.environ, **ecs.exports}
            tab = {**environ, "_ECSVNC_COMPLETE": "bash", "_ECSVNC_LINE": "ecsvnc url w"}
            times = cpu_times_s(
                {
                    "python -c pass": Command([sys.executable, "-c", "pass"], environ),
                    "an empty click program": click_program(folder, environ),
                    "ecsvnc --version": Command([str(PROGRAM), "--version"], environ),
                    "ecsvnc --help": Command([str(PROGRAM), "--help"], environ),
                    "ecsvnc url --help": Command([str(PROGRAM), "url", "--help"], environ),
                    "Tab after `ecsvnc url w`": Command([str(PROGRAM)], tab),
                    "import requests, one GET": one_get_program(folder, environ, ecs.exports["ECSVNC_CONSOLE_PAGE"]),
                    "ecsvnc url ID --os linux": Command(
                        [str(PROGRAM), "url", ecs.instance_ids["web-1"], "--os", "linux"], environ
                    ),
                },
                rounds=rounds,
            )
    for name, time_s in times.items():
        print(f"{time_s * 1000:8.1f} ms  {name}")
    for measured, reference, limit in (
        ("ecsvnc --version", "an empty click program", 1.3),
        ("Tab after `ecsvnc url w`", "ecsvnc --version", 1.5),
        ("ecsvnc url ID --os linux", "import requests, one GET", 1.35),
    ):
        print(f"{times[measured] / times[reference]:8.2f} x   {measured} / {reference} (at most {limit})")


if __name__ == "__main__":
    main()
