"""The checks of `config check`: one function each, which turns facts into a result, in the order of `CHECKS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from ecsvnc.browser.choose_browser import choose_browser, this_platform
from ecsvnc.credentials.own_profile import has_stored_key, stored_key
from ecsvnc.diagnosis.facts import Facts, attempt
from ecsvnc.diagnosis.results import Result, Status, failed, note, ok, skipped
from ecsvnc.durations import in_words
from ecsvnc.ecs.describe_instance_vnc_url import DescribeInstanceVncUrl
from ecsvnc.ecs.describe_instances import DescribeInstances
from ecsvnc.ecs.describe_regions import DescribeRegions
from ecsvnc.errors import EcsvncError, LaunchError, RegionNotFoundError, UsageError
from ecsvnc.instances.targets import InstanceId
from ecsvnc.openapi.clock import ALLOWED_OFFSET_S, offset_in_words
from ecsvnc.region_ids import likely_region
from ecsvnc.settings.resolve import OriginKind, Settings
from ecsvnc.settings.secret_store import masked_key_id
from ecsvnc.settings.table import BROWSER, ENDPOINT, REGION, VIEWER
from ecsvnc.settings.vnc_password import stored_vnc_password
from ecsvnc.viewer import viewers
from ecsvnc.viewer.choose_viewer import choose_viewer, this_machine

_IN_SYNC_S = 2.0
"""`Date` has whole seconds, and the answer takes time."""


def run_checks(facts: Facts) -> Iterator[Result]:
    """Each result as soon as it is known. Raises UsageError for a bad option, before the first.

    A fault is reported by the first check that finds it; the others are skipped.
    """
    reported: dict[str, str] = {}
    for name, check in CHECKS.items():
        try:
            with facts.runtime.working(f"Checking {name}"):
                result = check(facts)
        except UsageError:
            raise
        except EcsvncError as error:
            result = failed(error)
        if result is None:
            continue
        if result.status in (Status.NOTE, Status.FAIL) and (first := reported.setdefault(result.message, name)) != name:
            result = skipped(f"fix {first} first")
        yield result._replace(name=name)


def _settings(facts: Facts) -> Result:
    """Which profile of which file is used, and whether the region that is set exists."""
    if facts.settings_error is not None:
        return failed(facts.settings_error)
    settings = facts.settings
    if not facts.missing_region:
        return ok(_profile(settings))
    what = f"Unknown region {facts.missing_region} ({settings.origin(REGION).name})."
    meant = likely_region(facts.missing_region)
    hint = f"Did you mean {meant}?" if meant else "Correct it: ids look like `cn-hangzhou`."
    if settings.explicit_region is not None:
        return failed(RegionNotFoundError(what, hint=hint))
    return note(f"{_profile(settings)} {what} It is ignored, and all regions are searched.", hint)


def _profile(settings: Settings) -> str:
    """The profiles that are used, and the file of each."""
    tools = {"ecsvnc": "", "aliyun": " of the aliyun CLI"}
    in_use = [f"Profile {one.name}{tools[one.tool]} in {one.path}." for one in settings.profiles_in_use]
    path = settings.config.path
    missing = f"No profile {settings.profile_name} in {path}{'' if path.exists() else ' (file does not exist yet)'}."
    return " ".join(in_use) or missing


def _keyring(facts: Facts) -> Result:
    """Whether the profile's secret can be read; if none is in a keyring, which keyring there is."""
    profile = facts.settings.profile
    if not has_stored_key(profile):
        unused = "No secret stored."
        store = attempt(facts.settings.secret_stores.discover)
        if isinstance(store, EcsvncError):
            return note(f"{unused} {store.what}", store.hint)
        name = "a throwaway in-memory keyring" if store.backend == "memory" else store.backend
        return ok(f"{unused} `ecsvnc config login` would use {name}.")
    key = attempt(lambda: stored_key(profile, facts.settings.secret_stores))
    if not isinstance(key, EcsvncError):
        return ok(f"{profile.credentials['keyring_backend']} has the secret of {masked_key_id(key.id)}.")
    return failed(key) if isinstance(facts.found, EcsvncError) else note(key.what, key.hint)


def _vnc_passwords(facts: Facts) -> Result | None:
    """Whether the keyring still has each stored VNC password; no result if none is stored."""
    if facts.settings_error is not None or not (ids := facts.settings.config.vnc_passwords):
        return None
    gone = []
    for instance_id in ids:
        password = attempt(partial(stored_vnc_password, instance_id, facts.settings))
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


def _credentials(facts: Facts) -> Result:
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
    return ok(f"{masked_key_id(found.access_key.id)} from {found.source}, {end}.")


def _account(facts: Facts) -> Result:
    """Which account and identity the credentials have. This needs STS, which consoles do not."""
    if facts.obstacle:
        return skipped(facts.obstacle)
    identity = facts.identity
    if isinstance(identity, EcsvncError):
        return note(f"The account is not known. {identity.what}", "Consoles open without STS.")
    return ok(f"{identity.account_id}, as {identity.arn}.")


def _clock(facts: Facts) -> Result:
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


def _endpoint(facts: Facts) -> Result:
    """Where the API is, and how it was reached."""
    probe = facts.endpoint
    if isinstance(probe, EcsvncError):
        raise probe
    said = f"{probe.origin} answers in {probe.took_s * 1000:.0f} ms"
    if probe.proxy is not None:
        said += f" through the proxy {probe.proxy.name} (from {probe.proxy.variable})"
    if probe.origin.startswith("https:"):
        said += ", its certificate is trusted"
    set_by = f"; set by {facts.settings.origin(ENDPOINT).name}" if facts.settings[ENDPOINT] else ""
    return ok(f"{said}{set_by}.")


def _describe_instances(facts: Facts) -> Result:
    """DescribeInstances, by a dry run. An instance id needs it only for the name and OS of the instance."""
    if facts.obstacle:
        return skipped(facts.obstacle)
    error = facts.instances
    if error is None:
        return ok("Permitted (dry run).")
    return note(error.what, error.hint) if _needs_no_look_up(facts) else failed(error)


def _describe_regions(facts: Facts) -> Result:
    """DescribeRegions, by calling it: it changes nothing. Without it, the regions known to ecsvnc are searched."""
    if facts.obstacle:
        return skipped(facts.obstacle)
    regions = facts.regions
    if isinstance(regions, EcsvncError):
        return note(regions.what, regions.hint)
    return ok(f"Permitted ({len(regions)} regions).")


def _describe_instance_vnc_url(facts: Facts) -> Result:
    """DescribeInstanceVncUrl, which has no dry run: a ticket is taken, and used only to look at the console."""
    target = facts.target
    if target is None:
        return Result(Status.SKIPPED, "not tested: name an INSTANCE to take a ticket, which is not used.")
    if facts.obstacle:
        return skipped(facts.obstacle)
    if facts.missing_region and facts.settings.explicit_region is not None:
        return skipped("fix settings first")
    if facts.instances is not None and not _needs_no_look_up(facts):
        return skipped(f"{target.text} cannot be looked up; `ecsvnc config check` with its id tests this")
    console = facts.ticket
    if isinstance(console, EcsvncError):
        raise console
    name = f"{console.name} ({console.instance_id}, {console.region_id})" if console.name else console.instance_id
    return ok(f"Permitted: took a ticket of {name}{'' if facts.opens_console else ', unused'}.")


def _console(facts: Facts) -> Result | None:
    """The properties of the console, with --console."""
    if not facts.opens_console:
        return None
    if facts.obstacle or isinstance(facts.ticket, EcsvncError):
        return skipped("there is no ticket")
    found = facts.console
    if isinstance(found, EcsvncError):
        raise found
    return ok(found.in_words)


def _browser(facts: Facts) -> Result:
    """What `open` would start."""
    choice = choose_browser(facts.settings, facts.runtime)
    find = this_platform(facts.runtime).find
    if not choice.openers:
        return note(f"{choice.reason} `ecsvnc open` prints the address instead.")
    origin = facts.settings.origin(BROWSER)
    for opener in choice.openers:
        if opener.uses_startfile or find(opener.program) or find(opener.arguments[0]):
            return ok(f"{opener.program}{'' if origin.kind is OriginKind.DEFAULT else f', from {origin.name}'}.")
    return note(
        f"{choice.openers[0].program} (from {origin.name}) was not found. `ecsvnc open` prints the address instead.",
        "Install it, or set another one with `ecsvnc config set browser COMMAND`.",
    )


def _viewers(facts: Facts) -> Result:
    """What `open --viewer` would start, and which other viewers are installed."""
    installed = viewers.installed(this_machine(facts.runtime))
    if facts.settings[VIEWER] is None and not installed:
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


CHECKS: dict[str, Callable[[Facts], Result | None]] = {
    "settings": _settings,
    "keyring": _keyring,
    "vnc-password": _vnc_passwords,
    "credentials": _credentials,
    "endpoint": _endpoint,
    "clock": _clock,
    "account": _account,
    DescribeInstances.ram_action(): _describe_instances,
    DescribeRegions.ram_action(): _describe_regions,
    DescribeInstanceVncUrl.ram_action(): _describe_instance_vnc_url,
    "console": _console,
    "browser": _browser,
    "viewers": _viewers,
}
"""Every check, by its name, in the order in which they are printed."""
