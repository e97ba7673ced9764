"""Source: a profile in ecsvnc's config.toml.

It has an AccessKey whose secret is in the keyring, or names where credentials come from: `credential_process`,
`ecs_ram_role`, or `role_arn` with a `source_profile` (or with one of the others in the same profile).
"""

from __future__ import annotations

from ecsvnc.credentials.aliyun_cli import credentials_of
from ecsvnc.credentials.assume_role import DEFAULT_SESSION_NAME, Role, assume_role
from ecsvnc.credentials.context import SourceContext
from ecsvnc.credentials.found import Absent, Found, checked_access_key
from ecsvnc.credentials.metadata import role_credentials
from ecsvnc.credentials.process import printed_expiration, run_credential_process
from ecsvnc.errors import ConfigurationError, CredentialsError
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.settings.config_file import Profile
from ecsvnc.settings.profile_keys import STARTING_POINTS
from ecsvnc.settings.secret_store import SecretStores, masked_key_id


def sources_beside_a_key(profile: Profile) -> list[str]:
    """The sources of a profile other than an AccessKey, which cannot be combined with one."""
    return [key for key in STARTING_POINTS if key in profile.credentials and key != "access_key_id"]


def find(context: SourceContext) -> Found | Absent:
    """The credentials of the profile of this run.

    Raises CredentialsError if the keyring is locked, or no longer holds the secret, ConfigurationError if there is no
    such profile.
    """
    settings = context.settings
    config, profile = settings.config, settings.profile
    if profile.credentials:
        return _credentials_of(context, profile, ())._replace(profile=profile.name)
    if profile.name == config.default_profile and (theirs := settings.aliyun.profiles.get(profile.name)) is not None:
        found = credentials_of(context, theirs)  # `ecsvnc config use` accepts profiles of the aliyun CLI too
        return found._replace(profile=theirs.name) if isinstance(found, Found) else found
    if profile.name in config.profiles:
        return Absent(f"it has no credentials in {config.path}")
    return Absent(f"{config.path} has no such profile" if config.profiles else "no AccessKey is stored")


def _credentials_of(context: SourceContext, profile: Profile, path: tuple[str, ...]) -> Found:
    """The credentials of a profile; `path` names the profiles that refer to it."""
    path = (*path, profile.name)
    starting_points = [key for key in STARTING_POINTS if key in profile.credentials]
    if len(starting_points) > 1:
        raise ConfigurationError(
            f"Profile {profile.name!r} names more than one source of credentials: {' and '.join(starting_points)}.",
            hint=f"Keep one of them in {context.settings.config_path}.",
        )
    role_arn = profile.credentials.get("role_arn")
    match starting_points:
        case ["credential_process"]:
            found = _from_process(context, profile)
        case ["ecs_ram_role"]:
            found = role_credentials(context, profile.credentials["ecs_ram_role"], _named(profile))
        case ["source_profile"] if role_arn:
            found = _from_source_profile(context, profile, path)
        case ["access_key_id"]:
            found = _from_keyring(context, profile)
        case _:
            raise _incomplete(profile, starting_points)
    if not role_arn:
        return found
    role = Role(
        role_arn,
        _named(profile),
        session_name=profile.credentials.get("role_session_name") or DEFAULT_SESSION_NAME,
        external_id=profile.credentials.get("external_id", ""),
    )
    return assume_role(context, role, found)


def has_stored_key(profile: Profile) -> bool:
    """Whether a profile has an AccessKey whose secret is in a keyring."""
    return bool(profile.credentials.get("access_key_id") and profile.credentials.get("keyring_backend"))


def stored_key(profile: Profile, stores: SecretStores) -> AccessKey:
    """The AccessKey of a profile, its secret from the keyring.

    Raises CredentialsError if the keyring is locked or does not have it, or if the profile does not name both.
    """
    key_id = profile.credentials.get("access_key_id", "")
    backend = profile.credentials.get("keyring_backend", "")
    if not key_id or not backend:
        raise _incomplete_error(profile, f"has no `{'keyring_backend' if key_id else 'access_key_id'}`")
    secret = stores.named(backend).get(key_id)
    if secret is None:
        raise _incomplete_error(
            profile, f"has no secret for AccessKey {masked_key_id(key_id)} in the keyring ({backend})"
        )
    return checked_access_key(key_id=key_id, secret=secret, source=_named(profile), hint=_log_in_again(profile))


def _from_keyring(context: SourceContext, profile: Profile) -> Found:
    return Found(stored_key(profile, context.settings.secret_stores), f"{_named(profile)}, secret in the keyring")


def _from_process(context: SourceContext, profile: Profile) -> Found:
    source = f"{_named(profile)} (credential_process)"
    printed = run_credential_process(context, profile.credentials["credential_process"], source)
    parts = {key: printed.get(key, "") for key in ("access_key_id", "access_key_secret", "sts_token")}
    if not all(isinstance(part, str) for part in parts.values()):
        raise CredentialsError(
            f"The command of {source} printed a key that is not a string.",
            hint="Run the command by hand and check its output.",
        )
    key = checked_access_key(
        key_id=parts["access_key_id"],
        secret=parts["access_key_secret"],
        token=parts["sts_token"],
        needs_token=printed.get("mode") == "StsToken",
        source=source,
        hint='It has to print {"mode": "AK" or "StsToken", "access_key_id": …, "access_key_secret": …}.',
    )
    return Found(key, source, printed_expiration(printed, source))


def _from_source_profile(context: SourceContext, profile: Profile, path: tuple[str, ...]) -> Found:
    name = profile.credentials["source_profile"]
    if name in path:
        raise ConfigurationError(
            f"The profiles refer to each other in a loop: {' → '.join((*path, name))}.",
            hint=f"Correct the `source_profile` of one of them in {context.settings.config_path}.",
        )
    own = context.settings.config.profiles.get(name)
    if own is not None and own.credentials:
        return _credentials_of(context, own, path)
    aliyun = context.settings.aliyun.profiles.get(name)
    if aliyun is None:
        raise ConfigurationError(
            f"The source profile {name!r} of {_named(profile)} "
            + (
                f"has no credentials in {context.settings.config_path}, and is not in {context.settings.aliyun.path}."
                if own is not None
                else f"is neither in {context.settings.config_path} nor in {context.settings.aliyun.path}."
            ),
            hint=f"Run `ecsvnc config login --profile {name}`. `ecsvnc config profiles` lists the profiles.",
        )
    found = credentials_of(context, aliyun)
    if isinstance(found, Absent):
        raise _incomplete_error(profile, f"has a source profile without credentials: {found.reason}")
    return found


def _named(profile: Profile) -> str:
    return f"ecsvnc's profile {profile.name!r}"


def _log_in_again(profile: Profile) -> str:
    return f"Log in again: `ecsvnc config login --profile {profile.name}`."


def _incomplete(profile: Profile, starting_points: list[str]) -> CredentialsError:
    """The error for a profile without an AccessKey and without a complete other source."""
    name = profile.name
    if starting_points:
        return CredentialsError(
            f"Incomplete credentials: {_named(profile)} has a `source_profile` and no `role_arn`.",
            hint=f"Run `ecsvnc config set role_arn ARN --profile {name}`.",
        )
    if "role_arn" in profile.credentials:
        return CredentialsError(
            f"Incomplete credentials: {_named(profile)} has a `role_arn`, and no credentials to assume it with.",
            hint=f"Run `ecsvnc config set source_profile NAME --profile {name}`, or set credential_process or "
            "ecs_ram_role.",
        )
    return _incomplete_error(profile, "has no `access_key_id`")


def _incomplete_error(profile: Profile, what: str) -> CredentialsError:
    return CredentialsError(f"Incomplete credentials: {_named(profile)} {what}.", hint=_log_in_again(profile))
