"""The programs that a start is measured against, and the embedded ECS that `url` is measured with."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from support.cli import Cli
from support.cpu import Command

_CLICK = '''\
import click


@click.command()
@click.version_option("1")
def main():
    """Do nothing."""


if __name__ == "__main__":
    main()
'''

_GET = """\
import sys

import requests

requests.get(sys.argv[1], timeout=10)
"""


def click_program(folder: Path, environ: Mapping[str, str]) -> Command:
    """A click program that does nothing, asked for its version as ecsvnc is."""
    script = folder / "nothing.py"
    script.write_text(_CLICK)
    return Command([sys.executable, str(script), "--version"], environ)


def one_get_program(folder: Path, environ: Mapping[str, str], url: str) -> Command:
    """A script that imports requests and makes one GET."""
    script = folder / "get.py"
    script.write_text(_GET)
    return Command([sys.executable, str(script), url], environ)


class EcsProcess(NamedTuple):
    """`ecsvnc demo --serve`: the variables that it printed, and the ids of its instances by name."""

    exports: dict[str, str]
    instance_ids: dict[str, str]


@contextmanager
def ecs_process(cli: Cli, *options: str) -> Iterator[EcsProcess]:
    """An embedded ECS in a process of its own, so that its CPU time is nobody else's."""
    with cli.start("demo", "--serve", *options) as running:
        exports: dict[str, str] = {}
        while len(exports) < 5:
            line = running.stdout.readline()
            found = re.fullmatch(r"export (\w+)='([^']*)'\n", line)
            assert found is not None, f"not an export line: {line!r}"
            exports[found[1]] = found[2]
        listed = cli.with_environ(**exports)("list", "--output", "tsv")
        assert listed.status == 0, listed.stderr
        rows = [line.split("\t") for line in listed.stdout.splitlines()]
        yield EcsProcess(exports, {row[1]: row[0] for row in rows})
        running.terminate()
        running.finish()
