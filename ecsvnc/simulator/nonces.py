"""The used nonces, so that a recorded request cannot be sent again."""

from __future__ import annotations

import hashlib
import threading
from collections import deque

from ecsvnc.simulator.refusals import refused

MAX_NONCES = 200_000
"""About 30 MB. A client that sends more within the date window is throttled: no nonce may be dropped earlier."""


class Nonces:
    """Accepts each (AccessKey id, nonce) once, as long as a request with it could pass the check of its date.

    Safe for several threads. Only a digest of a nonce is kept, so its size is fixed.
    """

    def __init__(self, *, window_s: float, maximum: int = MAX_NONCES) -> None:
        self._window_s = window_s
        self._maximum = maximum
        self._lock = threading.Lock()
        self._seen: set[bytes] = set()
        self._in_order: deque[tuple[float, bytes]] = deque()

    def use(self, access_key_id: str, nonce: str, *, now: float) -> bool:
        """Store a nonce; False if it was used before. `now` is POSIX seconds.

        Raises ApiError (throttled) when no more can be stored.
        """
        # A request may be dated one window ahead, and is valid until one window after that.
        digest = hashlib.sha256(f"{access_key_id}\n{nonce}".encode()).digest()[:16]
        with self._lock:
            while self._in_order and self._in_order[0][0] < now - 2 * self._window_s:
                self._seen.discard(self._in_order.popleft()[1])
            if digest in self._seen:
                return False
            if len(self._seen) >= self._maximum:
                raise refused("Throttling.User")
            self._seen.add(digest)
            self._in_order.append((now, digest))
            return True
