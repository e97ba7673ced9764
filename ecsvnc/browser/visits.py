"""What kind of request an address on this machine was sent. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsvnc.loopback.exchange import ServerRequest

_LOOPBACK_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_PREFETCH_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_PREFETCH_WORDS = ("prefetch", "prerender", "preview")


def is_for_this_machine(request: ServerRequest) -> bool:
    """Whether its `Host` is a loopback name, with any port.

    Through `ssh -L 9000:…` the browser's port is not ours, but a name that was rebound to 127.0.0.1 by DNS is never a
    loopback name.
    """
    return _LOOPBACK_HOST.fullmatch(request.header("host")) is not None


def is_navigation(request: ServerRequest) -> bool:
    """Whether a browser would show the answer to this GET as a page.

    Browsers mark what they fetch ahead (Fetch Metadata: `Sec-Purpose`, and older names), what is no navigation
    (`Sec-Fetch-Mode`) and what is a part of another page (`Sec-Fetch-Dest`). Older browsers and curl send none of
    these. A request with `Upgrade` is a WebSocket's.
    """
    purposes = " ".join(value for name, value in request.headers if name in _PREFETCH_HEADERS).lower()
    return (
        not any(word in purposes for word in _PREFETCH_WORDS)
        and not request.header("upgrade")
        and request.header("sec-fetch-mode", "navigate") == "navigate"
        and request.header("sec-fetch-dest", "document") == "document"
    )
