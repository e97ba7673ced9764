"""What a region id may be. Pure."""

from __future__ import annotations

import re

_REGION_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""One DNS label (RFC 1123, section 2.1): a region id becomes part of the name of the host that gets signed calls."""


def is_region_id(text: str) -> bool:
    """Whether it can be a region id. Syntax only: new regions appear, and only the service knows all of them."""
    return _REGION_ID.fullmatch(text) is not None
