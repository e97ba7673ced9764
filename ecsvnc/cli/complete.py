"""Completion of values from the cache and the configuration files, never from the network.

A source that cannot be read completes nothing. `ecsvnc.cli.shell_answers` suppresses all other errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from ecsvnc.runtime import Runtime

OWN_INSTANCES = "ecsvnc.own_instances"
"""The key in a context's `meta` of a function that `ecsvnc demo` puts in place of the cache: it returns names and ids
that begin with a text, each with a description. Profiles are not completed then."""

_MOST = 200
"""Shells are slow to show longer lists."""


def complete_instance(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names and ids of instances in the cache."""
    from itertools import islice

    from click.shell_completion import CompletionItem

    given = ctx.params.get(param.name or "")
    already = given if isinstance(given, tuple) else ()
    known = ctx.meta.get(OWN_INSTANCES, _seen_instances)(incomplete)
    wanted = (
        (word, what)
        for word, what in known
        # Ids only once some text is typed: before that, only names are useful.
        if (incomplete or not word.startswith("i-")) and _can_be_typed(word) and word not in already
    )
    return [CompletionItem(word, help=what) for word, what in sorted(dict(islice(wanted, _MOST)).items())]


def _seen_instances(beginning: str) -> Iterator[tuple[str, str]]:
    from ecsvnc.instances.cache import read_names

    for file in _cache_files():
        yield from read_names(file, beginning)


def _can_be_typed(text: str) -> bool:
    """Whether a name is safe on a command line: printable, and not an option."""
    return text.isprintable() and text[:1] not in ("", "-")


def complete_region(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The known region ids."""
    from click.shell_completion import CompletionItem

    from ecsvnc.region_ids import REGION_IDS

    return [CompletionItem(region_id) for region_id in REGION_IDS if region_id.startswith(incomplete)]


def complete_profile(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The profiles of ecsvnc and of the aliyun CLI."""
    from click.shell_completion import CompletionItem

    names = {} if OWN_INSTANCES in ctx.meta else dict.fromkeys([*_own_profiles(), *_aliyun_profiles()])
    return [CompletionItem(name) for name in names if name.startswith(incomplete) and name.isprintable()]


def complete_layout(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The keyboard layouts."""
    from click.shell_completion import CompletionItem

    from ecsvnc.keyboard.layout_names import LAYOUT_NAMES

    return [CompletionItem(name) for name in LAYOUT_NAMES if name.startswith(incomplete)]


def complete_network(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The networks of the service's endpoints."""
    from typing import get_args

    from click.shell_completion import CompletionItem

    from ecsvnc.settings.values import Network

    return [CompletionItem(name) for name in get_args(Network) if name.startswith(incomplete)]


def complete_key(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of keys, after those that are held down already: `ctrl-alt-` is completed by `ctrl-alt-del`."""
    from click.shell_completion import CompletionItem

    from ecsvnc.keyboard.keys import NAMES

    held, joiner, begun = incomplete.rpartition("-")
    return [CompletionItem(f"{held}{joiner}{name}") for name in NAMES if name.startswith(begun.lower())]


def _own_profiles() -> list[str]:
    # Not through `Settings`, which would add half of the start-up time: only the names are needed, unchecked.
    from ecsvnc.files.read_file import read_file
    from ecsvnc.settings.folders import config_folder
    from ecsvnc.settings.parse_toml import MAX_BYTES, parse_toml

    folder = config_folder(_runtime())
    if folder is None:
        return []
    try:
        return list(parse_toml(read_file(folder / "config.toml", MAX_BYTES)[0])["profiles"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _aliyun_profiles() -> list[str]:
    from ecsvnc.errors import EcsvncError
    from ecsvnc.settings.aliyun_profile import aliyun_config_path, read_aliyun_config

    runtime = _runtime()
    path = aliyun_config_path(runtime)
    if path is None or not path.is_file():  # reading a FIFO, which some use for secrets, may block
        return []
    try:
        return list(read_aliyun_config(runtime).profiles)
    except EcsvncError:
        return []


def _cache_files() -> Iterable[Path]:
    from ecsvnc.settings.folders import cache_folder

    folder = cache_folder(_runtime())
    return folder.glob("instances-*.json") if folder else ()


def _runtime() -> Runtime:
    from ecsvnc.runtime import Runtime

    return Runtime.of_this_process()
