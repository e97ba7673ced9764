"""What a console is, and what the user said about getting one. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ecsvnc.tickets.ticket import Ticket


class Console(NamedTuple):
    """One instance's console, ready to be opened while its ticket lives. `name` is None if it was not learned."""

    instance_id: str
    region_id: str
    name: str | None
    is_windows: bool
    ticket: Ticket


class Wishes(NamedTuple):
    """What the user said about where and how: `region` is never overruled, `home` is only where to look first.

    `is_windows` None asks ECS, unless `os_matters` is False.
    """

    region: str | None = None
    home: str | None = None
    is_windows: bool | None = None
    os_matters: bool = True
