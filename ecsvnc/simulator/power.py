"""StartInstance and RebootInstance, and the states of the instance and its machine.

    Stopped ── StartInstance ──► Starting ── some seconds ──► Running ── RebootInstance ──► Starting ── …

While it is Starting there is no console: an open one is closed. When it is Running, its machine boots.
Sources: their pages in the ECS API reference.
"""

from __future__ import annotations

import threading
from typing import Any

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.call import Call
from ecsvnc.simulator.consoles import Consoles
from ecsvnc.simulator.fleet import Fleet, Instance, Status
from ecsvnc.simulator.refusals import refused

STARTING_S = 5.0
"""How long an instance is Starting."""

_LOCKED = {"security": "InstanceLockedForSecurity", "financial": "InstanceExpired"}


class Power:
    """Starts and reboots instances. Safe for several threads."""

    def __init__(self, runtime: Runtime, fleet: Fleet, consoles: Consoles) -> None:
        self._runtime = runtime
        self._fleet = fleet
        self._consoles = consoles
        self._lock = threading.Lock()
        self._running_at_s: dict[str, float] = {}

    def start_instance(self, call: Call) -> dict[str, Any]:
        """Start a stopped instance."""
        call.flag("InitLocalDisk")  # no instance here has one
        self._restart(call, frozenset(_LOCKED), allowed="Stopped")
        return {}

    def reboot_instance(self, call: Call) -> dict[str, Any]:
        """Reboot a running instance. ForceStop has no effect: a simulated machine loses nothing."""
        call.flag("ForceStop")
        self._restart(call, frozenset({"security"}), allowed="Running")
        return {}

    def settle(self) -> None:
        """Set instances to Running whose start is over."""
        with self._lock:
            now_s = self._runtime.monotonic()
            for instance_id in [each for each, at_s in self._running_at_s.items() if at_s <= now_s]:
                del self._running_at_s[instance_id]
                instance = self._fleet.get(instance_id)
                if instance is not None and instance.status == "Starting":
                    instance.status = "Running"

    def _restart(self, call: Call, forbidding_locks: frozenset[str], *, allowed: Status) -> None:
        """Check the call, and set the instance to Starting if it is in the state `allowed`.

        These actions have no RegionId: the endpoint determines the region. This endpoint serves all regions, so the
        RegionId that clients send anyway is used.
        """
        call.require("InstanceId")
        is_dry_run = call.flag("DryRun")
        call.require_permission(call.instance_arn(call.parameters["InstanceId"]))
        if is_dry_run:
            raise refused("DryRunOperation")
        instance = call.instance(call.parameters.get("RegionId", ""))
        for reason in instance.lock_reasons:
            if reason in forbidding_locks:
                raise refused(_LOCKED[reason])
        with self._lock:
            if instance.status != allowed:
                raise refused("IncorrectInstanceStatus")
            self._begin(instance)

    def _begin(self, instance: Instance) -> None:
        instance.status = "Starting"
        self._running_at_s[instance.id] = self._runtime.monotonic() + STARTING_S
        machine = self._consoles.machine(instance.id)
        with machine.lock:
            machine.restart(self._runtime.now() + STARTING_S)
