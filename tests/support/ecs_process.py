"""The embedded ECS in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from support.cli import Cli


class EcsProcess(NamedTuple):
    """`ecsvnc demo --serve`: the variables that it printed, and the ids of its instances by name."""

    exports: dict[str, str]
    instance_ids: dict[str, str]


@contextmanager
def serving(cli: Cli, *options: str) -> Iterator[EcsProcess]:
    """Run `ecsvnc demo --serve` until the block is left."""
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
