"""One instance's console with its ticket. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ecsvnc.tickets.ticket import Ticket


class Console(NamedTuple):
    """One instance's console, ready to be opened until its ticket expires. `name` is None if it is not known."""

    instance_id: str
    region_id: str
    name: str | None
    is_windows: bool
    ticket: Ticket
