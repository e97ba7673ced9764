"""The checks of `config check`: one function each, which turns facts into a line, in the order of `CHECKS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from ecsvnc.browser.choose_browser import choose_browser, this_platform
from ecsvnc.credentials.found import masked
from ecsvnc.diagnosis.facts import Facts, attempt
from ecsvnc.diagnosis.lines import Line, Mark, failed, note, ok, skipped
from ecsvnc.durations import in_words
from ecsvnc.ecs.describe_instance_vnc_url import DescribeInstanceVncUrl
from ecsvnc.ecs.describe_instances import DescribeInstances
from ecsvnc.ecs.describe_regions import DescribeRegions
from ecsvnc.errors import CredentialsError, EcsvncError, LaunchError, RegionNotFoundError
from ecsvnc.instances.targets import InstanceId
from ecsvnc.openapi.clock import ALLOWED_OFFSET_S, offset_in_words
from ecsvnc.settings.resolve import OriginKind
from ecsvnc.settings.vnc_password import stored_vnc_password
from ecsvnc.viewer import viewers
from ecsvnc.viewer.choose_viewer import choose_viewer, this_machine

_IN_SYNC_S = 2.0
"""`Date` has whole seconds, and its way takes time."""


def run_checks(facts: Facts) -> Iterator[Line]:
    """Each line as soon as it is known. Raises UsageError for a bad option, before the first."""
    for subject, check in CHECKS.items():
        try:
            line = check(facts)
        except EcsvncError as error:
            is_told = facts.settings_error is not None and error.what == facts.settings_error.what
            line = skipped("fix the settings first") if is_told else failed(error)
        if line is not None:
            yield line._replace(subject=subject)


def _settings(facts: Facts) -> Line:
    """Which profile of which file is used, and whether the region that is set exists."""
    if facts.settings_error is not None:
        return failed(facts.settings_error)
    settings = facts.settings
    path = settings.config.path
    missing = "" if path.exists() else " (file does not exist yet)"
    profile = f"Profile {settings.profile_name} in {path}{missing}."
    if not facts.missing_region:
        return ok(profile)
    what = f"Unknown region {facts.missing_region} ({settings.origin('region').name})."
    hint = "Correct it: ids look like `cn-hangzhou` (zone ids such as `cn-hangzhou-h` are not regions)."
    if settings.explicit_region is not None:
        return failed(RegionNotFoundError(what, hint=hint))
    return note(f"{profile} {what} It is ignored, and all regions are searched.", hint)


def _keyring(facts: Facts) -> Line:
    """Whether the profile's secret can be read; if none is in a keyring, which keyring there is."""
    profile = facts.settings.profile
    key_id, backend = profile.credentials.get("access_key_id"), profile.credentials.get("keyring_backend")
    if not key_id or not backend:
        unused = "No secret stored."
        store = attempt(facts.stores.discover)
        if isinstance(store, EcsvncError):
            return note(f"{unused} {store.what}", store.hint)
        name = "a throwaway in-memory keyring" if store.backend == "memory" else store.backend
        return ok(f"{unused} `ecsvnc config login` would use {name}.")
    secret = attempt(lambda: facts.stores.named(backend).get(key_id))
    if isinstance(secret, str):
        return ok(f"{backend} has the secret of {masked(key_id)}.")
    error = secret or CredentialsError(
        f"{backend} has no secret of {masked(key_id)}.",
        hint=f"Run `ecsvnc config login --profile {profile.name}`.",
    )
    return failed(error) if isinstance(facts.found, EcsvncError) else note(error.what, error.hint)


def _vnc_passwords(facts: Facts) -> Line | None:
    """Whether the keyring still has each stored VNC password; no line if none is stored."""
    if facts.settings_error is not None or not (ids := facts.settings.config.vnc_passwords):
        return None
    gone = []
    for instance_id in ids:
        password = attempt(partial(stored_vnc_password, instance_id, facts.settings, lambda: facts.stores))
        if isinstance(password, EcsvncError):
            return note(password.what, password.hint)
        if password is None:
            gone.append(instance_id)
    if gone:
        return note(
            f"The keyring no longer has the VNC password of {', '.join(gone)}.",
            f"Run `ecsvnc config vnc-password {gone[0]}` to store it again, or with --forget to delete the entry.",
        )
    return ok(f"The keyring has the VNC password of {', '.join(ids)}.")


def _credentials(facts: Facts) -> Line:
    """Which key it is, where it comes from, and when it expires."""
    found = facts.credentials
    if isinstance(found, EcsvncError):
        raise found
    if found.expires_at is not None:
        until = datetime.fromtimestamp(found.expires_at, UTC)
        left = in_words(found.expires_at - facts.runtime.now())
        end = f"expires {until:%Y-%m-%d %H:%M:%S} UTC (in {left})"
    elif found.access_key.security_token:
        end = "temporary, expiry unknown"
    else:
        end = "does not expire"
    return ok(f"{masked(found.access_key.id)} from {found.source}, {end}.")


def _clock(facts: Facts) -> Line:
    """How far this machine's clock is from the service's."""
    if isinstance(facts.endpoint, EcsvncError):
        return skipped("the endpoint does not answer")
    offset_s = facts.endpoint.offset_s
    if offset_s is None:
        return skipped("the service's answer has no date")
    if abs(offset_s) <= _IN_SYNC_S:
        return ok(f"In sync (within {_IN_SYNC_S:.0f} s).")
    off = f"This clock is {offset_in_words(offset_s)}"
    allowed = f"{ALLOWED_OFFSET_S / 60:.0f} minutes"
    if abs(offset_s) < ALLOWED_OFFSET_S:
        return ok(f"{off}; the service allows {allowed}.")
    return note(f"{off}, and the service allows {allowed}: each run has to correct it.", "Set the clock (NTP).")


def _endpoint(facts: Facts) -> Line:
    """Where the API is, and how it was reached."""
    probe = facts.endpoint
    if isinstance(probe, EcsvncError):
        raise probe
    said = f"{probe.origin} answers in {probe.took_s * 1000:.0f} ms"
    if probe.proxy is not None:
        said += f" through the proxy {probe.proxy.name} (from {probe.proxy.variable})"
    if probe.origin.startswith("https:"):
        said += ", its certificate is trusted"
    set_by = f"; set by {facts.settings.origin('endpoint').name}" if facts.settings.endpoint else ""
    return ok(f"{said}{set_by}.")


def _describe_instances(facts: Facts) -> Line:
    """DescribeInstances, by a dry run. An instance id needs it only for the name and OS of the instance."""
    if facts.obstacle:
        return skipped(facts.obstacle)
    error = facts.instances
    if error is None:
        return ok("Permitted (dry run).")
    return note(error.what, error.hint) if _needs_no_look_up(facts) else failed(error)


def _describe_regions(facts: Facts) -> Line:
    """DescribeRegions, by calling it: it changes nothing. Without it, the regions known to ecsvnc are searched."""
    if facts.obstacle:
        return skipped(facts.obstacle)
    regions = facts.regions
    if isinstance(regions, EcsvncError):
        return note(regions.what, regions.hint)
    return ok(f"Permitted ({len(regions)} regions).")


def _describe_instance_vnc_url(facts: Facts) -> Line:
    """DescribeInstanceVncUrl, which has no dry run: a ticket is taken, and expires unused."""
    target = facts.target
    if target is None:
        return Line(Mark.SKIPPED, "not tested: name an INSTANCE to take a ticket, which is not used.")
    if facts.obstacle:
        return skipped(facts.obstacle)
    if facts.missing_region and facts.settings.explicit_region is not None:
        return skipped("fix the settings first")
    if facts.instances is not None and not _needs_no_look_up(facts):
        return skipped(f"{target.text} cannot be looked up; `ecsvnc config check` with its id tests this")
    console = facts.access.issuer.open(target)
    name = f"{console.name} ({console.instance_id}, {console.region_id})" if console.name else console.instance_id
    return ok(f"Permitted: took a ticket of {name}, unused.")


def _browser(facts: Facts) -> Line:
    """What `open` would start."""
    choice = choose_browser(facts.settings, facts.runtime)
    find = this_platform(facts.runtime).find
    if not choice.openers:
        return note(f"{choice.reason} `ecsvnc open` prints the address instead.")
    origin = facts.settings.origin("browser")
    for opener in choice.openers:
        if opener.uses_startfile or find(opener.program) or find(opener.arguments[0]):
            return ok(f"{opener.program}{'' if origin.kind is OriginKind.DEFAULT else f', from {origin.name}'}.")
    return note(
        f"{choice.openers[0].program} (from {origin.name}) was not found. `ecsvnc open` prints the address instead.",
        "Install it, or set another one with `ecsvnc config set browser COMMAND`.",
    )


def _viewers(facts: Facts) -> Line:
    """What `open --viewer` would start, and which other viewers are installed."""
    installed = viewers.installed(this_machine(facts.runtime))
    if facts.settings.viewer is None and not installed:
        return note("None found; only `ecsvnc open --viewer` needs one.")
    chosen = attempt(lambda: choose_viewer(facts.settings, facts.runtime))
    if isinstance(chosen, LaunchError):
        return note(chosen.what, chosen.hint)
    if isinstance(chosen, EcsvncError):
        raise chosen
    titles = [chosen.title, *(plan.title for plan in installed if plan.program != chosen.program)]
    return ok(f"{', '.join(titles)}.")


def _needs_no_look_up(facts: Facts) -> bool:
    return facts.target is None or isinstance(facts.target, InstanceId)


CHECKS: dict[str, Callable[[Facts], Line | None]] = {
    "settings": _settings,
    "keyring": _keyring,
    "vnc-password": _vnc_passwords,
    "credentials": _credentials,
    "clock": _clock,
    "endpoint": _endpoint,
    DescribeInstances.ram_action(): _describe_instances,
    DescribeRegions.ram_action(): _describe_regions,
    DescribeInstanceVncUrl.ram_action(): _describe_instance_vnc_url,
    "browser": _browser,
    "viewers": _viewers,
}
"""Every check, by what its line calls it, in the order in which they are printed."""
