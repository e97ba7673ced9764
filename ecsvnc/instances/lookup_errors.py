"""The errors for instances that were not found, are not unique, or are not running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ecsvnc.errors import (
    AmbiguousNameError,
    EcsvncError,
    InstanceNotFoundError,
    NotFoundError,
    RegionNotFoundError,
    StateError,
)
from ecsvnc.instances.id_regions import region_of_id
from ecsvnc.instances.targets import ID_LENGTH, Address, InstanceId, Name, Target, looks_like_id

if TYPE_CHECKING:
    from ecsvnc.ecs.instance import Instance

_SHOWN = 20
"""How many candidates an error lists; a pattern can match thousands."""


def not_in_region(error: NotFoundError, instance_id: str, region_id: str) -> NotFoundError:
    """The error for an id that is not in the region of --region, with the region in the id as the hint."""
    pointed = region_of_id(instance_id)
    if isinstance(error, RegionNotFoundError):
        what = f"Unknown region {region_id}."
    elif pointed is None:
        return error
    else:
        what = error.what
    if pointed in (None, region_id):
        return error.reworded(what)
    return error.reworded(
        what, hint=f"The id points to region {pointed}: try --region {pointed}, or leave --region out."
    )


def not_found(
    target: Target,
    failures: Mapping[str, EcsvncError],
    *,
    region: str | None = None,
    account_id: str = "",
    is_any_asked: bool = True,
) -> EcsvncError:
    """The error for a target that no instance matches. `account_id` is "" if it is not known.

    If some regions could not be asked, their failure is the error: the instance may be there.
    """
    account = f"account {account_id}" if account_id else "this AccessKey's account"
    if not failures:
        place = f"region {region}" if region else "any region"
        return InstanceNotFoundError(
            f"No instance {_called(target)} in {place} of {account}.", hint=_hint_for_miss(target, region)
        )
    region_id, failure = next(iter(failures.items()))
    others = f" and {len(failures) - 1} other regions" if len(failures) > 1 else ""
    beginning = (
        f"No instance {_called(target)} in the regions of {account} that answered"
        if is_any_asked
        else f"Cannot tell whether {account} has an instance {_called(target)}"
    )
    return failure.reworded(f"{beginning}; {region_id}{others} could not be asked: {failure.what}")


def ambiguous(target: Target, instances: Sequence[Instance]) -> AmbiguousNameError:
    """The error for several matches, with a list of them."""
    is_pattern = isinstance(target, Name) and target.is_pattern
    summary = f"{len(instances)} instances {f'match {target.text}' if is_pattern else f'are {_called(target)}'}"
    listed = "; ".join(f"{i.id} ({i.name}, {i.region_id}, {i.status})" for i in instances[:_SHOWN])
    more = f"; and {len(instances) - _SHOWN} more" if len(instances) > _SHOWN else ""
    error = AmbiguousNameError(f"{summary}: {listed}{more}.", hint="Give the id of the one you mean, or its --region.")
    error.summary = f"{summary}{f', of which {_SHOWN} are listed' if more else ''}:"
    error.candidates = tuple(candidate(instance) for instance in instances[:_SHOWN])
    return error


def candidate(instance: Instance) -> tuple[str, str, str, str, str]:
    """A row that identifies an instance: its name, id, region, state and address."""
    return (instance.name, instance.id, instance.region_id, instance.status, next(iter(instance.addresses), ""))


def not_asked(failures: Mapping[str, EcsvncError]) -> str:
    """The warning after a match, if some regions could not be asked."""
    region_id, failure = next(iter(failures.items()))
    others = f" and {len(failures) - 1} others" if len(failures) > 1 else ""
    return f"Region {region_id}{others} could not be asked whether it has such an instance too: {failure.what}"


def incomplete(failures: Mapping[str, EcsvncError]) -> EcsvncError:
    """The error for a list that lacks some regions."""
    region_id, failure = next(iter(failures.items()))
    others = f" and {len(failures) - 1} other regions" if len(failures) > 1 else ""
    return failure.reworded(f"The list is not complete: {region_id}{others} could not be asked: {failure.what}")


def label(instance: Instance) -> str:
    """An instance in a message: its name if it has one, its id, its region."""
    return label_of(instance.id, instance.name, instance.region_id)


def label_of(instance_id: str, name: str, region_id: str) -> str:
    """As `label`; `name` is empty if it is not known."""
    return f"{name} ({instance_id}, {region_id})" if name else f"{instance_id} ({region_id})"


def with_state(error: StateError, instance: Instance | None, *, needed_by: str = "a console") -> StateError:
    """The error with the instance's state, if that is known, and what needs it running."""
    if instance is None or not instance.status or (instance.status == "Running" and not instance.locks):
        return error  # the error of ECS says more about a running instance
    named = f"{instance.name} ({instance.id})" if instance.name else instance.id
    if instance.locks:
        what = f"Instance {named} is {instance.status} and locked ({', '.join(instance.locks)})."
        hint = "Remove the lock first (overdue payment, expiry, security): see the instance in the ECS console."
    else:
        what = f"Instance {named} is {instance.status}; {needed_by} needs it running."
        is_starting = instance.status in ("Pending", "Starting")
        hint = "It is starting: try again in a minute, or use --wait." if is_starting else error.hint
    reworded = error.reworded(what, hint=hint)
    reworded.state = f"{named} is {instance.status.lower()}"
    return reworded


def _hint_for_miss(target: Target, region: str | None) -> str:
    if isinstance(target, Name) and looks_like_id(target.text):
        length = len(target.text) - len("i-")
        if length == ID_LENGTH:
            return "It looks like an id, but an id is in lower case throughout."
        return f"An id has {ID_LENGTH} letters or digits after i-; this one has {length}."
    if region is not None:
        return "Leave --region out to look in all regions. `ecsvnc list` shows the instances."
    return "Check the spelling: `ecsvnc list` shows the instances. Check the account: `ecsvnc whoami`."


def _called(target: Target) -> str:
    match target:
        case InstanceId(text):
            return text
        case Address(text):
            return f"at the address {text}"
        case Name(text):
            return f"matching {text}" if target.is_pattern else f"named {text}"
