"""Starts and reboots an instance, after the API has confirmed its name and state in this run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ecsvnc.ecs.instance import Instance
from ecsvnc.ecs.reboot_instance import RebootInstance
from ecsvnc.ecs.start_instance import StartInstance
from ecsvnc.errors import EcsvncError, NetworkError, PermissionDeniedError, ServiceError, StateError
from ecsvnc.instances import lookup_errors
from ecsvnc.instances.finder import InstanceFinder
from ecsvnc.instances.targets import InstanceId, Target
from ecsvnc.openapi.client import Client
from ecsvnc.runtime import Runtime

Confirm = Callable[[str, str], None]
"""Asks the user a question, which the second text explains. Raises StateError unless the answer is yes."""

_FAILING_CODES = frozenset({"InternalError", "ServiceUnavailable", "UnknownError"})


class Power:
    """Starts and reboots instances. Safe for several threads, as far as `confirm` is.

    A name is searched for in all regions in each run: another instance may have got the same name since.
    """

    def __init__(self, client: Client, finder: InstanceFinder, confirm: Confirm, runtime: Runtime) -> None:
        self._client = client
        self._finder = finder
        self._confirm = confirm
        self._runtime = runtime

    def start(self, target: Target) -> Instance:
        """Start the instance if it is stopped, and return it; callers use its id from then on.

        Does not wait. Raises StateError if it may not be started, and what finding it raises.
        """
        instance = self._finder.find(target) if isinstance(target, InstanceId) else self._finder.search(target)
        if instance is None:
            raise PermissionDeniedError(
                f"Cannot start {target.text}: its state is not known without ecs:DescribeInstances.",
                hint="Omit --start, or ask an administrator for that permission (`ecsvnc config policy --for start`).",
            )
        if instance.status == "Stopped":
            self._start(instance)
        return instance

    def reboot(self, target: Target, *, force: bool, or_start: bool = False) -> Instance:
        """Reboot the instance, with `force` by cutting its power. Does not wait.

        With `or_start`, a stopped instance is started.
        """
        instance = self._finder.locate(target) if isinstance(target, InstanceId) else self._finder.search(target)
        if or_start and instance.status == "Stopped":
            self._start(instance)
            return instance
        name = lookup_errors.label(instance)
        if force:
            self._confirm(f"Cut the power of {name} and start it again?", "Data that is not yet on disk is lost.")
        else:
            self._confirm(f"Reboot {name}?", "Everything that runs on it stops.")
        action = RebootInstance(instance.region_id, instance.id, force=force)
        try:
            self._client.call(action, region_id=instance.region_id)
        except StateError as error:
            raise lookup_errors.with_state(error, instance, needed_by="a reboot") from error
        except EcsvncError as error:
            if _may_be_done(error):
                raise _with_doubt(error) from error
            raise
        self._runtime.reporter.notice(f"Rebooting {name}.")
        return instance

    def _start(self, instance: Instance) -> None:
        _check_startable(instance, self._runtime.now())
        name = lookup_errors.label(instance)
        self._confirm(f"{name} is stopped. Start it?", "A running instance may cost more than a stopped one.")
        try:
            self._client.call(StartInstance(instance.region_id, instance.id), region_id=instance.region_id)
        except StateError as error:
            # Its state has changed: another user started it, or an attempt whose answer was lost.
            now = self._finder.describe(instance.id, instance.region_id)
            if error.code != "IncorrectInstanceStatus" or now is None or now.status == "Stopped":
                raise
        self._runtime.reporter.notice(f"Starting {name}.")


def _check_startable(instance: Instance, now: float) -> None:
    """Raise StateError for an instance that has to be unlocked or renewed first."""
    if instance.locks:
        raise lookup_errors.with_state(StateError("", hint="See the instance in the ECS console."), instance)
    # Both are ISO 8601 in UTC, to the second, so they can be compared as texts.
    if instance.expires_at and instance.expires_at <= datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"):
        raise StateError(
            f"The subscription of {lookup_errors.label(instance)} expired at {instance.expires_at}.",
            hint="Renew it in the ECS console first.",
        )


def _may_be_done(error: EcsvncError) -> bool:
    """Whether the service may have carried out the request."""
    is_failing = isinstance(error, ServiceError) and error.code in _FAILING_CODES
    return is_failing or isinstance(error, NetworkError)


def _with_doubt(error: EcsvncError) -> EcsvncError:
    """The error of a request that may have been carried out."""
    return error.reworded(
        f"It is not known whether the instance was rebooted. {error.what}",
        hint="Check its state with `ecsvnc list`, and its screen with `ecsvnc screen`, before you try again.",
    )
