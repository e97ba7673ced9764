"""An instance's VNC password, as `ecsvnc config vnc-password` stored it."""

from __future__ import annotations

from collections.abc import Callable

from ecsvnc.settings.resolve import Settings
from ecsvnc.settings.secret_store import SecretStores, vnc_password_account


def stored_vnc_password(instance_id: str, settings: Settings, stores: Callable[[], SecretStores]) -> str | None:
    """The password, or None if none was stored.

    config.toml knows for which instances there is one: only for those the keyring is loaded, by calling `stores`.
    Raises CredentialsError if that keyring is locked or gone, ConfigurationError if config.toml is bad.
    """
    backend = settings.config.vnc_passwords.get(instance_id)
    if backend is None:
        return None
    return stores().named(backend).get(vnc_password_account(instance_id))
