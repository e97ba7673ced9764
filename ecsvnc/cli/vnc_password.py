"""The VNC password that an instance's console may ask for: the one given for this run, or the stored one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsvnc.errors import CredentialsError
from ecsvnc.settings.stored_vnc_password import stored_vnc_password

if TYPE_CHECKING:
    from ecsvnc.cli.app import App
    from ecsvnc.settings.resolve import Settings


def vnc_password_of(instance_id: str, *, given: str | None, app: App, settings: Settings, may_ask: bool) -> str | None:
    """The password, or None if there is none. Raises CredentialsError, ConfigurationError."""
    if given is not None:
        return given
    try:
        return stored_vnc_password(instance_id, settings, lambda: app.secret_stores(may_ask=may_ask))
    except CredentialsError as error:
        raise error.reworded(
            f"The stored VNC password of {instance_id} cannot be read. {error.what}",
            # The keyring's own hint is about AccessKeys.
            hint="Unlock or repair the keyring. Or give the password with --vnc-password-file, or forget the stored "
            f"one: `ecsvnc config vnc-password {instance_id} --forget`.",
        ) from error
