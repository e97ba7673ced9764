"""The AccessKey of a profile, as `ecsvnc config login` stores it: the id in config.toml, the secret in the keyring."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecsvnc.credentials.found import is_temporary
from ecsvnc.credentials.own_profile import sources_beside_a_key
from ecsvnc.errors import ConfigurationError, EcsvncError, UsageError
from ecsvnc.settings.config_file import edit_config, profile_path
from ecsvnc.settings.secret_store import delete_secret, stored_secret

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.config_file import Config
    from ecsvnc.settings.resolve import Settings
    from ecsvnc.settings.secret_store import SecretStore

# Most ids are `LTAI` and letters and digits; other prefixes exist.
_ACCESS_KEY_ID = re.compile(r"[A-Za-z0-9._-]{4,128}")


def check_access_key_id(text: str) -> str:
    """The id without blanks around it. Raises UsageError, which never quotes the text: it may be the secret."""
    text = text.strip()
    if not _ACCESS_KEY_ID.fullmatch(text):
        raise UsageError(
            "Not an AccessKey id (expected 4 to 128 letters, digits, and . _ -).",
            hint="Give the id (it begins with LTAI), never the secret: that is read at a prompt, or by --secret-stdin.",
        )
    if is_temporary(text):
        raise UsageError(
            "This is the id of a temporary key (STS.…), which needs a security token and cannot be stored.",
            hint="Log in with the AccessKey of a RAM user (LTAI…). Put a temporary one into the environment: "
            "ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN.",
        )
    return text


def check_access_key_secret(text: str) -> str:
    """The secret. Raises UsageError, which never quotes it, for invalid characters."""
    if not re.fullmatch(r"[!-~]+", text):
        raise UsageError(
            "Not an AccessKey secret: it contains blanks or other characters that no secret has.",
            hint="Copy it again: it is one word of letters and digits.",
        )
    return text


def check_profile_can_have_key(config: Config, name: str) -> None:
    """Raise ConfigurationError if a profile takes its credentials from elsewhere."""
    known = config.profiles.get(name)
    others = sources_beside_a_key(known) if known else []
    if others:
        keys = f"`{'` and `'.join(others)}`"
        raise ConfigurationError(
            f"Profile {name} in {config.path} takes its credentials from {keys}, and cannot have an AccessKey too.",
            hint=f"Log in to another profile (--profile NAME), or remove {keys} there first.",
        )


def store_access_key(
    name: str,
    key_id: str,
    secret: str,
    *,
    region: str | None,
    store: SecretStore,
    settings: Settings,
    runtime: Runtime,
) -> None:
    """Store the AccessKey of a profile, and delete the secret of the one that it replaces.

    Raises CredentialsError if the keyring refuses, ConfigurationError if config.toml cannot be changed; then neither
    is changed. If the old secret cannot be deleted, this is only a warning.
    """
    before = settings.config
    with (
        stored_secret(store, key_id, secret, runtime.reporter),
        edit_config(settings.config_path, runtime) as edit,
    ):
        edit.set(profile_path(name), "access_key_id", key_id)
        edit.set(profile_path(name), "keyring_backend", store.backend)
        if region is not None:
            edit.set(profile_path(name), "region", region)
    runtime.reporter.notice(f"Stored the secret of {key_id} in the keyring ({store.backend}), for profile {name}.")
    old_id, backend = _key_and_keyring(before, name)
    if old_id and backend and old_id != key_id and not _other_profiles_with(before, name, old_id):
        try:
            settings.secret_stores.named(backend).delete(old_id)
        except EcsvncError as error:
            runtime.reporter.warn(f"The secret of {old_id}, which was replaced, could not be removed: {error.what}")


def delete_access_key(name: str, *, settings: Settings, runtime: Runtime) -> None:
    """Remove the AccessKey of a profile, and its secret unless another profile uses the same AccessKey.

    Raises ConfigurationError if the profile has none, CredentialsError if the keyring is locked or broken.
    """
    config = settings.config
    key_id, backend = _key_and_keyring(config, name)
    if key_id is None:
        raise ConfigurationError(
            f"Profile {name} has no AccessKey in {config.path}.", hint="`ecsvnc config profiles` lists the profiles."
        )
    others = _other_profiles_with(config, name, key_id)
    # First the secret: if the keyring refuses, config.toml still names it.
    remark = delete_secret(settings.secret_stores, backend, key_id) if backend and not others else ""
    with edit_config(settings.config_path, runtime) as edit:
        for key in ("access_key_id", "keyring_backend"):
            edit.remove(profile_path(name), key)
    if others:
        runtime.reporter.notice(f"Removed {key_id} from profile {name}. Its secret stays for {', '.join(others)}.")
    elif remark:
        runtime.reporter.warn(f"Removed {key_id} from profile {name}, but not its secret. {remark}")
    else:
        runtime.reporter.notice(f"Removed {key_id} from profile {name}, and its secret from the keyring.")


def _key_and_keyring(config: Config, name: str) -> tuple[str | None, str | None]:
    known = config.profiles.get(name)
    return (known.credentials.get("access_key_id"), known.credentials.get("keyring_backend")) if known else (None, None)


def _other_profiles_with(config: Config, name: str, key_id: str) -> list[str]:
    return [
        profile.name
        for profile in config.profiles.values()
        if profile.name != name and profile.credentials.get("access_key_id") == key_id
    ]
