"""One instance's console with its ticket. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ecsvnc.tickets.ticket import Ticket


class Console(NamedTuple):
    """One instance's console, ready to be opened until its ticket expires.

    `name` and `os_type` (`windows` or `linux`) are None if they are not known.
    """

    instance_id: str
    region_id: str
    name: str | None
    os_type: str | None
    ticket: Ticket

    @property
    def is_windows(self) -> bool:
        """Whether the instance is known to run Windows."""
        return self.os_type == "windows"
