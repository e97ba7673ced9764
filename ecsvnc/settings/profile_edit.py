"""Changes a profile in config.toml, and lists its values, for `ecsvnc config set`, `unset`, `use`, `get` and `list`.

Everything that changes the file raises ConfigurationError if it cannot be read or written, and UsageError for an
invalid key or value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ecsvnc.errors import ConfigurationError, UsageError
from ecsvnc.region_ids import REGION_IDS, likely_region
from ecsvnc.settings import profile_keys
from ecsvnc.settings.config_file import DEFAULT_PROFILE_KEY, edit_config, profile_path
from ecsvnc.settings.profile_keys import LOGIN_KEYS, PROFILE_KEYS_BY_NAME, STARTING_POINTS
from ecsvnc.settings.resolve import OriginKind
from ecsvnc.settings.secret_store import masked_key_id
from ecsvnc.settings.table import BY_KEY, DEFAULT_PROFILE, PROFILE_VARIABLE, REGION, SETTINGS, OtherVariable, Setting

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.config_file import Profile
    from ecsvnc.settings.resolve import Settings

_SECRETS = ("access_key_secret", "security_token", "sts_token", "vnc_password")
"""Keys of other tools, which users may try."""

_HELP = "See `ecsvnc config set --help`."


class ListedValue(NamedTuple):
    """One value, or None, and where it is from. Secrets are masked."""

    key: str
    value: str | int | float | None
    origin: str


def profile_to_write(settings: Settings) -> str:
    """The name of the profile to change or add. Raises UsageError if it is not a valid name."""
    try:
        return profile_keys.profile_name(settings.profile_name)
    except ValueError as rule:
        raise UsageError(f"{settings.profile_origin.name} {rule}.", hint="Choose another name.") from None


def listed_values(settings: Settings) -> list[ListedValue]:
    """Every value in use: the profile, the settings, and the source of its credentials."""
    of_settings = [
        ListedValue(setting.key, _plain(settings[setting]), settings.origin(setting).name) for setting in SETTINGS
    ]
    return [*_listed_profiles(settings), *of_settings, *_listed_credentials(settings)]


def value_of(key: str, settings: Settings) -> str | int | float | None:
    """One of `listed_values`, found without the others; None if there is none. Raises UsageError for an unknown key."""
    if key in BY_KEY:
        return _plain(settings[BY_KEY[key]])
    if key != "profile":
        _check_key(key)
    listed = [*_listed_profiles(settings), *_listed_credentials(settings)]
    return next((one.value for one in listed if one.key == key), None)


def set_value(key: str, text: str, settings: Settings, runtime: Runtime) -> None:
    """Set a key of the profile. Warns of a value that is not used, or that needs another key too."""
    value = _checked_setting(BY_KEY[key], text, runtime) if key in BY_KEY else _checked_profile_key(key, text, settings)
    name = profile_to_write(settings)
    profile = settings.config.profiles.get(name)  # warns of unknown keys in the file; an edit does not
    if key in STARTING_POINTS:
        _refuse_second_starting_point(key, profile, settings)
    with edit_config(settings.config_path, runtime) as edit:
        edit.set(profile_path(name), key, value)
    runtime.reporter.notice(f"Set {key} to {value} in profile {name}.")
    if key in BY_KEY:
        _warn_if_overridden(BY_KEY[key], runtime)
    else:
        _warn_if_incomplete(name, {*(profile.credentials if profile else ()), key}, runtime)


def unset_value(key: str, settings: Settings, runtime: Runtime) -> None:
    """Remove a key from the profile, and the profile if that empties it; no error if it does not have the key."""
    _check_key(key)
    if key in LOGIN_KEYS:
        raise UsageError(f"{key} goes together with the secret.", hint="Run `ecsvnc config logout`.")
    name = profile_to_write(settings)
    profile = settings.config.profiles.get(name)
    if profile is not None and key in (*profile.settings, *profile.credentials):
        with edit_config(settings.config_path, runtime) as edit:
            edit.remove(profile_path(name), key)
        runtime.reporter.notice(f"Removed {key} from profile {name}.")
    else:
        runtime.reporter.notice(f"Profile {name} has no {key}.")
    if key in BY_KEY:
        _warn_if_overridden(BY_KEY[key], runtime)


def use_profile(name: str, settings: Settings, runtime: Runtime) -> None:
    """Make a profile the default, ecsvnc's or one of the aliyun CLI.

    Raises ConfigurationError if neither tool has it. `default` need not exist.
    """
    is_own = name in settings.config.profiles
    if not is_own and name != DEFAULT_PROFILE and name not in settings.aliyun.profiles:
        raise settings.unknown_profile(name, "from the command line")
    with edit_config(settings.config_path, runtime) as edit:
        if name == DEFAULT_PROFILE:
            edit.remove((), DEFAULT_PROFILE_KEY)
        else:
            edit.set((), DEFAULT_PROFILE_KEY, name)
    of_tool = "" if is_own or name not in settings.aliyun.profiles else " of the aliyun CLI"
    runtime.reporter.notice(f"The default is now profile {name}{of_tool}.")
    if runtime.environ.get(PROFILE_VARIABLE):
        runtime.reporter.warn(f"{PROFILE_VARIABLE} is set, and overrides config.toml.")


def _listed_profiles(settings: Settings) -> list[ListedValue]:
    """The profile, and if it is ecsvnc's and has no credentials, the one of the aliyun CLI."""
    origin = settings.profile_origin
    listed: list[ListedValue] = []
    for one in settings.profiles_in_use:
        is_named = one.name == settings.profile_name and origin.kind is not OriginKind.DEFAULT
        found_in = "default" if one.tool == "ecsvnc" else f"the aliyun CLI's {one.path}"
        key = "aliyun_profile" if listed else "profile"
        listed.append(ListedValue(key, one.name, origin.name if is_named else found_in))
    return listed or [ListedValue("profile", settings.profile_name, origin.name)]


def _listed_credentials(settings: Settings) -> list[ListedValue]:
    place = f"profile {settings.profile.name!r} in {settings.config.path}"
    listed = []
    for key, text in settings.profile.credentials.items():
        if key == "access_key_id":
            listed.append(ListedValue(key, masked_key_id(text), place))
        elif key == "keyring_backend":
            listed.append(ListedValue("access_key_secret", "********", f"keyring {text}"))
        else:
            listed.append(ListedValue(key, text, place))
    return listed


def _plain(value: object) -> str | int | float | None:
    """A setting's value as config.toml and JSON have it: whole numbers without a point."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return value if isinstance(value, str | int) else None


def _checked_setting(setting: Setting[Any], text: str, runtime: Runtime) -> str | int | float:
    try:
        parsed = setting.parse(text)
    except ValueError as rule:
        raise UsageError(f"{setting.key} {rule}.", hint=_HELP) from None
    if setting is REGION:
        check_region_exists(text, runtime)
    # A known version of the console page stays a version: a later release may have a newer URL for it.
    number = _plain(parsed) if setting.is_number else None
    return text if number is None else number


def check_region_exists(region_id: str, runtime: Runtime, *, named_by: str = "") -> None:
    """Raise UsageError for a region id that is probably misspelt; warn of one that is not known, but may be new.

    `named_by` follows the id in the error: " (--region)".
    """
    if (meant := likely_region(region_id)) is not None:
        raise UsageError(
            f"Unknown region {region_id}{named_by}.",
            hint=f"Did you mean {meant}? A new region can be written into config.toml (`ecsvnc config path`).",
        )
    if region_id not in REGION_IDS:
        runtime.reporter.warn(
            f"ecsvnc does not know the region {region_id}. If it is not a new one, correct it; `ecsvnc config check` "
            "tests whether it exists."
        )


def _checked_profile_key(key: str, text: str, settings: Settings) -> str:
    _check_key(key)
    if key in LOGIN_KEYS:
        raise UsageError(f"{key} goes together with the secret.", hint="Run `ecsvnc config login`.")
    try:
        value = PROFILE_KEYS_BY_NAME[key].parse(text)
    except ValueError as rule:
        raise UsageError(f"{key} {rule}.", hint=_HELP) from None
    if key == "source_profile":
        _check_source_profile(value, settings)
    return value


def _check_key(key: str) -> None:
    if key in _SECRETS:
        raise UsageError(
            f"{key} is a secret, and no secret is ever in config.toml or in an argument.",
            hint="Run `ecsvnc config login` (or `ecsvnc config vnc-password INSTANCE`), which prompts for it.",
        )
    known = (*BY_KEY, *PROFILE_KEYS_BY_NAME)
    if key not in (*known, *LOGIN_KEYS):
        import difflib  # only for an unknown key

        meant = difflib.get_close_matches(key, known, n=1)
        hint = f"Did you mean {meant[0]}?" if meant else f"Keys: {', '.join(known)}."
        raise UsageError(f"Unknown key {key!r}.", hint=f"{hint} {_HELP}")


def _check_source_profile(name: str, settings: Settings) -> None:
    if name == settings.profile_name:
        raise UsageError("source_profile must be another profile than the one that has it.", hint=_HELP)
    if name not in settings.config.profiles and name not in settings.aliyun.profiles:
        raise settings.unknown_profile(name, "as source_profile")


def _refuse_second_starting_point(key: str, profile: Profile | None, settings: Settings) -> None:
    others = [other for other in STARTING_POINTS if profile and other in profile.credentials and other != key]
    if others:
        raise ConfigurationError(
            f"Profile {settings.profile_name} already takes its credentials from `{others[0]}`, and can have only one "
            "source.",
            hint="Set it in another profile (--profile NAME), or first run "
            + ("`ecsvnc config logout`." if others[0] in LOGIN_KEYS else f"`ecsvnc config unset {others[0]}`."),
        )


def _warn_if_incomplete(name: str, keys: set[str], runtime: Runtime) -> None:
    """Warn of a profile that needs another key for its credentials."""
    starts = [key for key in STARTING_POINTS if key in keys]
    if "source_profile" in starts and "role_arn" not in keys:
        missing = "role_arn"
    elif not starts and "role_arn" in keys:
        missing = "source_profile, credential_process or ecs_ram_role"
    elif not starts:
        missing = "role_arn"
    else:
        return
    runtime.reporter.warn(f"Profile {name} also needs {missing}.")


def _warn_if_overridden(setting: Setting[Any], runtime: Runtime) -> None:
    for variable in (OtherVariable(setting.variable), *setting.before_profile):
        text = variable.translate(runtime.environ.get(variable.name, ""))
        if text:
            runtime.reporter.warn(f"{variable.name} is set, and overrides config.toml.{_fault(setting, text)}")
            return


def _fault(setting: Setting[Any], text: str) -> str:
    try:
        setting.parse(text)
    except ValueError as rule:
        return f" It {rule}: correct it, or unset it."
    return ""
