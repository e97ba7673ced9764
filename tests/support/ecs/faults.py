"""Failures to order: what a test wants the service to do wrong, and how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from ecsvnc.loopback.server import ServerResponse, Upgrade
from ecsvnc.simulator.refusals import ApiError


@dataclass(slots=True)
class Fault:
    """One failure, for calls that are otherwise good: signed and dated.

    It affects the next `times` calls of `action` (None: any action) to `region_id` (None: any region); `times` None
    means every one from now on. `instead` is answered in place of the real answer: an ApiError, or your own
    bytes; None only delays. `delay_s` comes before the answer.
    """

    instead: ApiError | ServerResponse | Upgrade | None = None
    action: str | None = None
    region_id: str | None = None
    times: int | None = 1
    delay_s: float = 0.0


class Faults:
    """The failures that are still to come. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Plan a failure; of several that fit a call, the one added first is used."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Drop all planned failures."""
        with self._lock:
            self._faults.clear()

    def take(self, action: str, region_id: str | None) -> Fault | None:
        """The failure that affects this call, if any."""
        with self._lock:
            for fault in self._faults:
                if fault.action in (None, action) and fault.region_id in (None, region_id):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._faults.remove(fault)
                    return fault
        return None


def not_ready() -> ApiError:
    """The console is not ready yet: transient, in spite of its status."""
    return ApiError(403, "InstanceNotReady", "Temporarily unable to connect the specified instance,please try later.")
