"""Completion of values: from the cache and the configuration files alone, never from the network, silent on failure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_MOST = 200
"""A list longer than this helps nobody, and shells are slow to show it."""


def complete_instance(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names and ids of the instances that were seen before."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415  # completion only

    from ecsvnc.settings.instance_cache import read_instances  # noqa: PLC0415

    items: dict[str, CompletionItem] = {}
    try:
        for file in sorted(_cache_folder().glob("instances-*.json")):
            for known in read_instances(file).values():
                for text, help_text in ((known.name, known.id), (known.id, known.name)):
                    if text.startswith(incomplete) and text.isprintable() and text:
                        items[text] = CompletionItem(text, help=f"{help_text} {known.region_id}".strip())
    except OSError:
        return []
    # Ids only once one is begun: with nothing typed, names are what people look for.
    wanted = [item for text, item in sorted(items.items()) if incomplete or not text.startswith("i-")]
    return wanted[:_MOST]


def complete_region(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The known region ids."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415  # completion only

    from ecsvnc.openapi.endpoints import REGION_IDS  # noqa: PLC0415

    return [CompletionItem(region_id) for region_id in REGION_IDS if region_id.startswith(incomplete)]


def complete_profile(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The profiles of ecsvnc and of the aliyun CLI."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415  # completion only

    from ecsvnc.errors import EcsvncError  # noqa: PLC0415
    from ecsvnc.runtime import Runtime  # noqa: PLC0415
    from ecsvnc.settings.resolve import Settings  # noqa: PLC0415

    settings = Settings(Runtime.of_this_process())
    names: list[str] = []
    for read in (lambda: settings.config.profiles, lambda: settings.aliyun.profiles):
        try:
            names += read()
        except EcsvncError:
            continue
    return [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(incomplete) and name.isprintable()]


def _cache_folder() -> Path:
    from ecsvnc.runtime import Runtime  # noqa: PLC0415  # completion only
    from ecsvnc.settings.folders import cache_folder  # noqa: PLC0415

    return cache_folder(Runtime(os.environ, Path.home()))
